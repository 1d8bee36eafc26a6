"""The event log with open connections writes what Dagster's own reads, and the reverse."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import AssetExecutionContext, AssetKey, DagsterInstance, asset, materialize
from sqlalchemy import event
from sqlalchemy.engine import Engine

from wattif_dagster.cli.instance import ensure_dagster_home
from wattif_dagster.deploy import event_log
from wattif_dagster.deploy.event_log import SqliteEventLog

LINES = 20
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@asset
def chatty(context: AssetExecutionContext) -> None:
    for line in range(LINES):
        context.log.info(f"line {line}")


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    """The instance of the project's dagster.yaml."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    home = ensure_dagster_home(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(home))  # to be unset after the test
    with DagsterInstance.from_config(str(home)) as instance:
        yield instance


def make_run(instance: DagsterInstance) -> tuple[str, list[str]]:
    """Make a run; returns its id and the messages of its events."""
    run_id = materialize([chatty], instance=instance, run_config=QUIET).run_id
    return run_id, read_messages(instance, run_id)


def read_messages(instance: DagsterInstance, run_id: str) -> list[str]:
    return [log.message for log in instance.all_logs(run_id)]


def test_dagster_reads_the_files_and_continues_them(
    instance: DagsterInstance, tmp_path: Path
) -> None:
    assert isinstance(instance.event_log_storage, SqliteEventLog)
    run_id, messages = make_run(instance)
    assert f"line {LINES - 1}" in " ".join(messages)
    home = tmp_path / "dagster"
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}")
    with DagsterInstance.from_config(str(home)) as theirs:
        assert not isinstance(theirs.event_log_storage, SqliteEventLog)
        assert read_messages(theirs, run_id) == messages
        other_id, other_messages = make_run(theirs)
    assert read_messages(instance, other_id) == other_messages
    event = instance.get_latest_materialization_event(AssetKey("chatty"))
    assert event is not None
    assert event.run_id == other_id


def test_connections_stay_open(instance: DagsterInstance) -> None:
    make_run(instance)
    opened: list[str] = []

    def count(connection: object, _: object) -> None:
        [(_, _, path)] = connection.execute("PRAGMA database_list").fetchall()  # type: ignore[attr-defined]
        if Path(path).parent.name == "runs":
            opened.append(path)

    event.listen(Engine, "connect", count)
    try:
        make_run(instance)
    finally:
        event.remove(Engine, "connect", count)
    assert 0 < len(opened) < LINES  # only to make the run's database


def test_closed_databases_are_opened_again(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "DATABASES_KEPT", 2)
    runs = [make_run(instance) for _ in range(2)]
    assert [read_messages(instance, run_id) for run_id, _ in runs] == [
        messages for _, messages in runs
    ]


def test_events_are_wiped(instance: DagsterInstance) -> None:
    run_id, _ = make_run(instance)
    instance.event_log_storage.wipe()
    assert read_messages(instance, run_id) == []
    assert instance.get_latest_materialization_event(AssetKey("chatty")) is None
    assert make_run(instance)[1]
