"""The days of the assets add up to a day of the plan, and are the same each time."""

from itertools import pairwise
from pathlib import Path

import pytest

from wattif_dagster.definitions import build_defs
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.planning.assets import HISTORY_DAYS, PRICED, AssetDay, plan_asset_days
from wattif_dagster.planning.bigquery import READS, estimate_warehouse
from wattif_dagster.planning.prices import load_prices
from wattif_dagster.settings import Settings
from wattif_dagster.settings.ingest import IngestOptions

METERS, ROWS = 500, 500 * 1440


@pytest.fixture
def options(tmp_path: Path) -> IngestOptions:
    return IngestOptions(spool_dir=str(tmp_path / "spool"))


def plan(options: IngestOptions, external: bool = False) -> list[AssetDay]:
    simulation = Simulation(meters=METERS, interval_seconds=60)
    return plan_asset_days(simulation, options, load_prices(), external=external)


def test_assets_are_those_of_the_daily_job(options: IngestOptions) -> None:
    defs = build_defs(Settings())
    assets = {key.path[-1] for key in defs.resolve_asset_graph().materializable_asset_keys}
    assert {*PRICED, "anomaly_scan_results"} == assets
    assert [day.asset for day in plan(options)] == list(PRICED)
    assert {read.asset for read in READS} <= set(PRICED)


@pytest.mark.parametrize("external", [False, True], ids=["native", "external"])
def test_assets_add_up_to_a_day_of_the_plan(options: IngestOptions, external: bool) -> None:
    days = plan(options, external)
    bucket_bytes = sum(day.amounts.bucket_bytes for day in days)
    before, after = (
        estimate_warehouse([METERS] * n, ROWS * n, bucket_bytes * n, external)
        for n in (HISTORY_DAYS, HISTORY_DAYS + 1)
    )
    assert bucket_bytes > 70 * ROWS
    assert sum(day.amounts.query_bytes for day in days) == pytest.approx(
        after.query_bytes - before.query_bytes, abs=len(READS)
    )
    stored = sum(day.amounts.warehouse_bytes for day in days)
    assert stored == after.stored_bytes - before.stored_bytes
    loaded = {day.asset for day in days if day.amounts.loaded_bytes}
    assert loaded == (set() if external else {"meter_readings"})


def test_history_is_as_long_as_a_query_reads() -> None:
    total = [
        estimate_warehouse([METERS] * days, 0, 0, external=False).query_bytes
        for days in range(HISTORY_DAYS - 1, HISTORY_DAYS + 3)
    ]
    short, steady, later = (day - before for before, day in pairwise(total))
    assert short < steady == later


def test_same_settings_give_the_same_plan(options: IngestOptions) -> None:
    with_threads = options.model_copy(update={"compression": "gzip", "render_workers": 3})
    one = options.model_copy(update={"compression": "gzip", "render_workers": 1})
    assert plan(with_threads) == plan(one)
