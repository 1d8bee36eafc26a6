"""The Dagster instance of a project: DAGSTER_HOME, or HOME/dagster made from our dagster.yaml."""

import os
import re
import textwrap
from importlib.resources import files
from pathlib import Path

from dagster import DagsterInstance
from filelock import FileLock

from wattif_dagster.errors import UserError

MOST_QUOTED = 300
"""Characters of Dagster's reason, which may list all that it would have accepted."""
_NO_SQLITE_PATH = re.compile(r"%[0-9A-Fa-f]{2}|[?#]")
"""What SQLite's URLs give a meaning of their own."""


def ensure_dagster_home(home: Path) -> Path:
    """Find DAGSTER_HOME; where it is not set, make it below `home` and set it for child processes.

    An existing dagster.yaml is left as it is: you may have edited it, and other processes read it.
    An empty variable counts as unset, as for Dagster. Raises UserError when the folder cannot be
    used.
    """
    if not os.environ.get("DAGSTER_HOME"):
        folder = (home / "dagster").resolve()
        _require_sqlite_path(folder, "Set WATTIF_HOME or DAGSTER_HOME to another folder.")
        os.environ["DAGSTER_HOME"] = str(_make(folder))
    folder = Path(os.path.expanduser(os.environ["DAGSTER_HOME"]))
    if not (folder.is_absolute() and folder.is_dir()):
        raise UserError(
            f"DAGSTER_HOME={os.environ['DAGSTER_HOME']} is not the absolute path of a folder. "
            "Make the folder, or unset the variable to have one made."
        )
    _require_sqlite_path(folder, "Set DAGSTER_HOME to another folder.")
    return folder


def dagster_instance(home: Path) -> DagsterInstance:
    """Open the instance, which `dagster dev` shows with the same DAGSTER_HOME.

    Raises UserError when Dagster cannot use the folder or its dagster.yaml.
    """
    folder = ensure_dagster_home(home)
    try:
        # Dagster makes its databases as they are first used; two processes at once break them.
        with FileLock(folder / "instance.lock"):
            instance = DagsterInstance.get()
            instance.get_runs_count()
            instance.all_asset_keys()
            return instance
    except Exception as error:  # Dagster, SQLAlchemy, Alembic and YAML raise errors of many kinds
        reason = textwrap.shorten(str(error), MOST_QUOTED, placeholder=" ...").rstrip(".")
        raise UserError(
            f"Dagster cannot use {folder}: {reason}. Fix its dagster.yaml, or set DAGSTER_HOME to "
            "another folder. If its databases are damaged, remove the folder: the history of runs "
            "is lost, and no data."
        ) from error


def _require_sqlite_path(folder: Path, advice: str) -> None:
    found = _NO_SQLITE_PATH.search(str(folder))
    if found:
        why = f"because of {found[0]!r} in its path"
        raise UserError(f"Dagster cannot use {folder}, {why}. {advice}")


def _make(folder: Path) -> Path:
    """Make the folder, with our dagster.yaml unless it has one."""
    config = folder / "dagster.yaml"
    partial = folder / f".dagster.yaml.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not config.exists():
            partial.write_bytes((files("wattif_dagster") / "dagster.yaml").read_bytes())
            os.replace(partial, config)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be made ({error.strerror}). Set WATTIF_HOME to another folder."
        ) from None
    return folder
