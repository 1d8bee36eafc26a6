"""anomaly_preview_results: in the definitions by a setting, and run on the local cloud."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from dagster import AssetCheckSeverity, DagsterInstance, DagsterRunStatus, Definitions

from wattif_dagster import keys, schemas
from wattif_dagster.definitions import build_defs
from wattif_dagster.defs.anomaly_preview_results import asset
from wattif_dagster.defs.anomaly_preview_results.asset import NO_ANOMALIES
from wattif_dagster.errors import TransientError
from wattif_dagster.resources.build import STOP, build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.runs import FinishedRun, read_metadata
from wattif_dagster_tests.support.warehouse import add_rows

KEY = keys.ANOMALY_PREVIEW_RESULTS


@pytest.fixture
def preview(settings: Settings) -> Settings:
    """Settings that enable the preview."""
    scan = settings.scan.model_copy(update={"preview": True})
    return settings.model_copy(update={"scan": scan})


def run_preview(settings: Settings, instance: DagsterInstance) -> FinishedRun:
    return run_asset(build_defs(settings), instance)


def run_asset(defs: Definitions, instance: DagsterInstance) -> FinishedRun:
    job = defs.resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(instance=instance, asset_selection=[KEY], raise_on_error=False)
    run = instance.get_run_by_id(result.run_id)
    assert run
    return FinishedRun(instance, run)


def test_asset_is_defined_when_the_setting_enables_it(settings: Settings, preview: Settings):
    assert KEY not in build_defs(settings).resolve_all_asset_keys()
    defined = build_defs(preview).resolve_asset_graph().get(KEY)
    assert defined.parent_keys == {keys.HOURLY_CONSUMPTION}
    assert defined.partitions_def is None


def test_each_run_reports_the_hours_it_scored(preview: Settings, instance: DagsterInstance):
    bigquery = build_resources(preview)["wattif_bigquery"]
    first = datetime(2024, 1, 1, tzinfo=UTC)

    def load(days: range, *, surge_at: int | None = None) -> None:
        rows = [
            {
                "serial": "MAC00000001",
                "time_hour_rolled": (first + timedelta(hours=hour)).isoformat(),
                "consumption_hour_rolled": 9 if hour == surge_at else 1 + 0.001 * (hour % 7),
            }
            for hour in range(days.start * 24, days.stop * 24)
        ]
        add_rows(bigquery, schemas.HOURLY_CONSUMPTION, rows)

    load(range(7))
    clean = run_preview(preview, instance)
    assert clean.evaluations(KEY)[NO_ANOMALIES].passed
    load(range(7, 8), surge_at=7 * 24 + 20)
    surge = run_preview(preview, instance)
    check = surge.evaluations(KEY)[NO_ANOMALIES]
    assert (check.passed, check.severity) == (False, AssetCheckSeverity.WARN)
    assert read_metadata(check)["flagged"] == ["AVG 2024-01-08 20:00", "MAX 2024-01-08 20:00"]
    for run, scored, anomalies in ((clean, 20, 0), (surge, 48, 2)):
        metadata = run.metadata(KEY)
        assert (metadata["scored"], metadata["anomalies"]) == (scored, anomalies)
        assert metadata["without_history"] == 0


def test_run_is_canceled_once_stop_is_set(preview: Settings, instance: DagsterInstance):
    defs = build_defs(preview)
    stop = (defs.resources or {})[STOP]
    assert isinstance(stop, threading.Event)
    stop.set()
    assert run_asset(defs, instance).run.status is DagsterRunStatus.CANCELED


def test_transient_failure_is_not_retried(
    preview: Settings, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise TransientError("The service is not available.")

    monkeypatch.setattr(asset, "run_preview", fail)
    finished = run_asset(build_defs(preview), instance)
    assert finished.run.status is DagsterRunStatus.FAILURE
    assert "The service is not available." in str(finished.failures())
    assert finished.retries() == []
