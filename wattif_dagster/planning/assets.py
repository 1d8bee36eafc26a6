"""Estimates what a day of each asset takes and costs, once all the history that it reads exists."""

from dataclasses import dataclass

from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.planning.bigquery import estimate_read, estimate_stored
from wattif_dagster.planning.cost import Amounts, Cost, compute_cost
from wattif_dagster.planning.plan import calibrate_both
from wattif_dagster.planning.prices import Prices
from wattif_dagster.planning.reads import READS
from wattif_dagster.planning.size import READS as OBJECTS_READ
from wattif_dagster.planning.size import compute_size, count_class_a
from wattif_dagster.settings.ingest import IngestOptions

HISTORY_DAYS = max(read.days_before for read in READS)
"""Days before its own of which every query finds what it reads."""
PRICED = (
    "meter_registry",
    "raw_readings",
    "injected_anomalies",
    "meter_readings",
    "hourly_consumption",
    "fleet_anomalies",
    "meter_days",
    "consumption_baseline",
    "anomaly_scores",
    "meter_scan_results",
    "anomaly_alerts",
    "daily_report",
    "detector_evaluation",
)
"""The assets in the order of the daily job. anomaly_scan_results is not one of them: its scan reads
48 rows."""


@dataclass(frozen=True)
class AssetDay:
    """What a day of the asset takes, and costs."""

    asset: str
    amounts: Amounts
    cost: Cost


def plan_asset_days(
    simulation: Simulation, options: IngestOptions, prices: Prices, *, external: bool
) -> list[AssetDay]:
    """Plan a day of the fleet's first meters with HISTORY_DAYS such days behind it.

    The bytes are those of a few objects in one thread, so that the same settings always give the
    same plan. Raises UserError as `make_plan` does.
    """
    options = options.model_copy(update={"render_workers": 1})
    plain, gzip = calibrate_both(simulation, options, 1, seconds=0)
    meters = simulation.meters
    size = compute_size([meters], options, plain, gzip)
    writes = count_class_a(size.objects)
    stored = estimate_stored(meters, size.rows, external)
    read = estimate_read(
        [meters] * (HISTORY_DAYS + 1),
        range(HISTORY_DAYS, HISTORY_DAYS + 1),
        size.rows,
        size.raw_bytes,
        external,
    )
    days = []
    for asset in PRICED:
        amounts = Amounts(
            class_a=writes.get(asset, 0),
            class_b=OBJECTS_READ.get(asset, 0),
            loaded_bytes=size.stored_bytes if asset == "meter_readings" and not external else 0,
            query_bytes=read.get(asset, 0),
            bucket_bytes=size.stored_bytes if asset == "raw_readings" else 0,
            warehouse_bytes=stored.get(asset, 0),
        )
        days.append(AssetDay(asset, amounts, compute_cost(amounts, prices)))
    return days
