"""A Dagster instance in files: a run has a second thread, for which one in memory is too weak."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from dagster import DagsterInstance


@contextmanager
def open_instance(home: Path) -> Iterator[DagsterInstance]:
    """Make an instance in this folder, with the event log and the pools of our dagster.yaml."""
    home.mkdir(parents=True)
    config = {
        "telemetry": {"enabled": False},
        "event_log_storage": {
            "module": "wattif_dagster.deploy.event_log",
            "class": "SqliteEventLog",
            "config": {"dagster_home": str(home)},
        },
        "concurrency": {"pools": {"granularity": "op", "default_limit": 1}},
    }
    (home / "dagster.yaml").write_text(yaml.safe_dump(config))
    with DagsterInstance.from_config(str(home)) as instance:
        yield instance
