"""Plans a backfill: calibrates, computes its size, compares it with quotas, and prices it."""

from dataclasses import dataclass

import numpy as np

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.metering.fleet_size import meters_by_day
from wattif_dagster.metering.issuing import SerialsExhaustedError
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.planning.bigquery import Warehouse, estimate_warehouse
from wattif_dagster.planning.calibration import Calibration, calibrate
from wattif_dagster.planning.cost import Amounts, Cost, compute_cost
from wattif_dagster.planning.prices import Prices
from wattif_dagster.planning.quotas import find_warnings
from wattif_dagster.planning.size import Size, compute_size
from wattif_dagster.settings.ingest import IngestOptions

LOADED_TABLES = 3
"""Tables that a load job of each day fills: meter_registry, meter_readings, injected_anomalies."""


@dataclass(frozen=True)
class Plan:
    """What the backfill takes. `calibration` is that of the compression that is set."""

    calibration: Calibration
    size: Size
    load_jobs: int
    load_jobs_of_a_table: int
    warehouse: Warehouse
    cost: Cost
    warnings: tuple[str, ...]


def make_plan(
    simulation: Simulation,
    options: IngestOptions,
    days: int,
    prices: Prices,
    *,
    external: bool,
    seconds: float,
) -> Plan:
    """Plan the fleet's first `days`, after a calibration of so many seconds for plain and for gzip.

    `external` says whether meter_readings is a table over the objects. Raises UserError when there
    are too many meters, when objects are too large, or when the spool cannot be used.
    """
    try:
        meters = meters_by_day(simulation, days)
    except SerialsExhaustedError as error:
        raise UserError(str(error)) from None
    plain, gzip = calibrate_both(simulation, options, days, seconds)
    size = compute_size(meters, options, plain, gzip)
    warehouse = estimate_warehouse(meters, size.rows, size.raw_bytes, external)
    return Plan(
        calibration=gzip if options.compression == "gzip" else plain,
        size=size,
        load_jobs=(LOADED_TABLES - external) * days,
        load_jobs_of_a_table=days,
        warehouse=warehouse,
        cost=compute_cost(_list_amounts(size, warehouse, external), prices),
        warnings=tuple(find_warnings(size, simulation, options, external)),
    )


def calibrate_both(
    simulation: Simulation, options: IngestOptions, days: int, seconds: float
) -> tuple[Calibration, Calibration]:
    """Calibrate for so many seconds without compression, and with gzip.

    Raises UserError when objects are too large, or when the spool cannot be used.
    """
    no_meters = np.empty(0, np.uint32)
    Landing(simulation, simulation.first_day, no_meters, options).check()

    def run(compression: str) -> Calibration:
        as_set = options.model_copy(update={"compression": compression})
        return calibrate(simulation, as_set, days, seconds)

    return run("none"), run("gzip")


def _list_amounts(size: Size, warehouse: Warehouse, external: bool) -> Amounts:
    return Amounts(
        class_a=size.class_a,
        class_b=size.class_b,
        loaded_bytes=0 if external else size.stored_bytes,
        query_bytes=warehouse.query_bytes,
        bucket_bytes=size.stored_bytes,
        warehouse_bytes=warehouse.stored_bytes,
    )
