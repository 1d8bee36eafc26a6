"""The Dagster instance of a project: DAGSTER_HOME, or HOME/dagster made from our dagster.yaml."""

import os
import textwrap
from importlib.resources import files
from pathlib import Path

from dagster import DagsterError, DagsterInstance
from dagster._check import CheckError
from yaml import YAMLError

from wattif_dagster.errors import UserError

UNUSABLE = (DagsterError, CheckError, YAMLError, OSError)
"""What Dagster raises for a folder that it cannot use, or for what its dagster.yaml says."""
SAID = 300
"""Characters of Dagster's reason, which may list all that it would have taken."""


def ensure_dagster_home(home: Path) -> Path:
    """DAGSTER_HOME; where it is not set it is made below `home`, and set for child processes.

    A dagster.yaml that is there is left as it is: it may have been edited, and other processes read
    it. An empty variable is none, as for Dagster. Raises UserError when there is no such folder.
    """
    if not os.environ.get("DAGSTER_HOME"):
        os.environ["DAGSTER_HOME"] = str(_made((home / "dagster").resolve()))
    folder = Path(os.path.expanduser(os.environ["DAGSTER_HOME"]))
    if not (folder.is_absolute() and folder.is_dir()):
        raise UserError(
            f"DAGSTER_HOME={os.environ['DAGSTER_HOME']} is not the absolute path of a folder; "
            "make the folder, or unset the variable and have one made"
        )
    return folder


def dagster_instance(home: Path) -> DagsterInstance:
    """The instance, which `dagster dev` shows with the same DAGSTER_HOME.

    Raises UserError when Dagster cannot use the folder or its dagster.yaml.
    """
    folder = ensure_dagster_home(home)
    try:
        return DagsterInstance.get()
    except UNUSABLE as error:
        reason = textwrap.shorten(str(error), SAID, placeholder=" ...")
        raise UserError(
            f"Dagster cannot use {folder}: {reason}; "
            "mend its dagster.yaml, or set DAGSTER_HOME to another folder"
        ) from None


def _made(folder: Path) -> Path:
    """The folder, with our dagster.yaml unless it has one."""
    config = folder / "dagster.yaml"
    partial = folder / f".dagster.yaml.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not config.exists():
            partial.write_bytes((files("wattif_dagster") / "dagster.yaml").read_bytes())
            os.replace(partial, config)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be made ({error.strerror}); set WATTIF_HOME to a folder elsewhere"
        ) from None
    return folder
