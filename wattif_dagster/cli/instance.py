"""The Dagster instance of a project: DAGSTER_HOME, or HOME/dagster made from our dagster.yaml."""

import os
from importlib.resources import files
from pathlib import Path

from dagster import DagsterInstance


def ensure_dagster_home(home: Path) -> Path:
    """DAGSTER_HOME; where it is not set it is made below `home`, and set for child processes."""
    if "DAGSTER_HOME" not in os.environ:
        folder = (home / "dagster").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        text = (files("wattif_dagster") / "dagster.yaml").read_text()
        (folder / "dagster.yaml").write_text(text)
        os.environ["DAGSTER_HOME"] = str(folder)
    return Path(os.environ["DAGSTER_HOME"])


def dagster_instance(home: Path) -> DagsterInstance:
    """The instance, which `dagster dev` shows with the same DAGSTER_HOME."""
    ensure_dagster_home(home)
    return DagsterInstance.get()
