"""The event log with its connections kept is Dagster's own to all who read it."""

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
def spoken(context: AssetExecutionContext) -> None:
    for line in range(LINES):
        context.log.info(f"line {line}")


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    """As the project's dagster.yaml has it."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    home = ensure_dagster_home(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(home))  # so that it is unset after the test
    with DagsterInstance.from_config(str(home)) as instance:
        yield instance


def spoken_in(instance: DagsterInstance) -> tuple[str, list[str]]:
    """A run, and all that its event log says of it."""
    run_id = materialize([spoken], instance=instance, run_config=QUIET).run_id
    return run_id, said_of(instance, run_id)


def said_of(instance: DagsterInstance, run_id: str) -> list[str]:
    return [log.message for log in instance.all_logs(run_id)]


def test_dagster_itself_reads_what_is_written_and_goes_on(
    instance: DagsterInstance, tmp_path: Path
) -> None:
    assert isinstance(instance.event_log_storage, SqliteEventLog)
    run_id, said = spoken_in(instance)
    assert f"line {LINES - 1}" in " ".join(said)
    home = tmp_path / "dagster"
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}")
    with DagsterInstance.from_config(str(home)) as theirs:
        assert not isinstance(theirs.event_log_storage, SqliteEventLog)
        assert said_of(theirs, run_id) == said
        other_id, other_said = spoken_in(theirs)
    assert said_of(instance, other_id) == other_said
    event = instance.get_latest_materialization_event(AssetKey("spoken"))
    assert event is not None
    assert event.run_id == other_id


def test_connections_are_kept(instance: DagsterInstance) -> None:
    spoken_in(instance)
    opened: list[str] = []

    def count(connection: object, _: object) -> None:
        [(_, _, path)] = connection.execute("PRAGMA database_list").fetchall()  # type: ignore[attr-defined]
        if Path(path).parent.name == "runs":
            opened.append(path)

    event.listen(Engine, "connect", count)
    try:
        spoken_in(instance)
    finally:
        event.remove(Engine, "connect", count)
    assert 0 < len(opened) < LINES  # to make the run's database; it is written to by one


def test_databases_are_let_go_and_opened_again(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "DATABASES_KEPT", 2)
    runs = [spoken_in(instance) for _ in range(2)]
    assert [said_of(instance, run_id) for run_id, _ in runs] == [said for _, said in runs]


def test_events_are_wiped(instance: DagsterInstance) -> None:
    run_id, _ = spoken_in(instance)
    instance.event_log_storage.wipe()
    assert said_of(instance, run_id) == []
    assert instance.get_latest_materialization_event(AssetKey("spoken")) is None
    assert spoken_in(instance)[1]
