"""The decorator of daily assets: partitions, retries, cancellation and blocking checks."""

import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetKey,
    DagsterInstance,
    DagsterRunStatus,
    Definitions,
    ExecuteInProcessResult,
    MaterializeResult,
)

from wattif_dagster import daily_asset as module
from wattif_dagster.backfill.plan import DayPlan
from wattif_dagster.daily_asset import (
    MAX_RETRIES,
    BuildContext,
    building,
    daily_asset,
    daily_check,
    find_daily_assets,
)
from wattif_dagster.errors import CancelledError, CloudError, TransientError, UserError
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.partitions import partition_day
from wattif_dagster.schemas import METER_READINGS
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.runs import FinishedRun
from wattif_dagster_tests.support.tiny import CHECK, DAYS, FIRST, SECOND, THIRD, Tiny

KEY = AssetKey(["wattif", "readings"])
DAY = "2024-01-02"


@pytest.fixture(autouse=True)
def _no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_DELAY_SECONDS", 0)


def define(
    make: Callable[[date], None],
    settings: Settings | None = None,
    stop: threading.Event | None = None,
) -> Definitions:
    """Define one daily asset, which calls `make` with its day."""

    @daily_asset(
        KEY,
        group="test",
        kinds={"gcs"},
        table=METER_READINGS,
        checks=lambda settings: [daily_check(KEY, "right", "It is right.", settings)],
    )
    def readings(context: AssetExecutionContext) -> MaterializeResult:
        """The asset's description."""
        make(partition_day(context))
        return MaterializeResult(check_results=[AssetCheckResult(check_name="right", passed=True)])

    with building(BuildContext(settings or Settings(), stop or threading.Event())):
        return readings()


def run(defs: Definitions, instance: DagsterInstance, **options: object) -> FinishedRun:
    job = defs.resolve_implicit_global_asset_job_def()
    result: ExecuteInProcessResult = job.execute_in_process(
        instance=instance,
        raise_on_error=False,
        **options,  # type: ignore[arg-type]
    )
    found = instance.get_run_by_id(result.run_id)
    assert found
    return FinishedRun(instance, found)


def raise_always(error: Exception) -> tuple[Callable[[date], None], list[date]]:
    """Make a function that always raises the error, and a list of its calls."""
    calls: list[date] = []

    def make(day: date) -> None:
        calls.append(day)
        raise error

    return make, calls


def test_transient_error_is_retried_twice(instance: DagsterInstance):
    make, calls = raise_always(TransientError("The service is not available."))
    finished = run(define(make), instance, partition_key=DAY)
    assert not finished.success
    assert calls == [date(2024, 1, 2)] * (1 + MAX_RETRIES)
    assert MAX_RETRIES == len(finished.retries()) == 2
    assert "The service is not available." in finished.failures()["wattif__readings"]


def test_success_after_a_retry_is_a_success(instance: DagsterInstance):
    calls: list[date] = []

    def make(day: date) -> None:
        calls.append(day)
        if len(calls) == 1:
            raise TransientError("The service is not available.")

    finished = run(define(make), instance, partition_key=DAY)
    assert finished.partitions(KEY) == [DAY]
    assert len(calls) == 2


@pytest.mark.parametrize("error", [UserError, CloudError, ValueError])
def test_other_errors_are_not_retried(instance: DagsterInstance, error: type[Exception]):
    make, calls = raise_always(error("It would fail again."))
    finished = run(define(make), instance, partition_key=DAY)
    assert len(calls) == 1
    assert "It would fail again." in finished.failures()["wattif__readings"]


def test_cancelled_error_cancels_the_run(instance: DagsterInstance):
    make, calls = raise_always(CancelledError())
    finished = run(define(make), instance, partition_key=DAY)
    assert finished.run.status is DagsterRunStatus.CANCELED
    assert len(calls) == 1


def test_step_does_not_begin_once_stop_is_set(instance: DagsterInstance):
    make, calls = raise_always(AssertionError())
    stop = threading.Event()
    stop.set()
    finished = run(define(make, stop=stop), instance, partition_key=DAY)
    assert finished.run.status is DagsterRunStatus.CANCELED
    assert calls == []


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {
            "dagster/asset_partition_range_start": "2024-01-01",
            "dagster/asset_partition_range_end": "2024-01-02",
        },
    ],
    ids=["no partition", "a range"],
)
def test_run_without_a_single_partition_is_refused(instance: DagsterInstance, tags: dict[str, str]):
    make, calls = raise_always(AssertionError())
    finished = run(define(make), instance, tags=tags)
    assert not finished.success
    assert "Each run makes one day. Choose a partition YYYY-MM-DD" in str(finished.failures())
    assert calls == []


def test_failed_blocking_check_stops_the_run(instance: DagsterInstance, tmp_path: Path):
    tiny = Tiny(instance, tmp_path)
    tiny.faults = {DAYS[0]}
    finished = FinishedRun(instance, tiny.run(DayPlan(DAYS[0], (FIRST, SECOND, THIRD))))
    assert finished.run.status is DagsterRunStatus.FAILURE
    assert finished.failures().keys() == {"wattif__first"}
    assert not finished.evaluations(FIRST)[CHECK].passed
    assert finished.partitions(SECOND) == finished.partitions(THIRD) == []


def test_failed_check_with_a_warning_does_not_stop_the_run(
    instance: DagsterInstance, tmp_path: Path
):
    tiny = Tiny(instance, tmp_path)
    tiny.warnings = {DAYS[0]}
    finished = FinishedRun(instance, tiny.run(DayPlan(DAYS[0], (FIRST, SECOND))))
    assert finished.success
    assert not finished.evaluations(FIRST)[CHECK].passed
    assert finished.partitions(SECOND) == [str(DAYS[0])]


def test_spec_depends_on_the_settings():
    settings = Settings(
        dataset="mine", project="my-project", simulation=Simulation(start_date="2025-03-01")
    )
    defs = define(lambda _day: None, settings)
    assert find_daily_assets(defs) == [KEY]
    asset = defs.resolve_asset_graph().get(KEY)
    assert asset.partitions_def is not None
    assert asset.partitions_def.get_first_partition_key() == "2025-03-01"
    assert asset.metadata["dagster/table_name"] == "my-project.mine.meter_readings"
    assert asset.metadata["partition_expr"] == "timestamp"
    assert asset.description == "The asset's description."
    (check,) = (spec for spec in defs.resolve_asset_graph().asset_check_keys)
    assert check.name == "right"
