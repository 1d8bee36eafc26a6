"""The stages of a day of homes, each by itself, against the slowest: none is a cliff.

Half of the homes have theft or a fault, of any kind, from the first day on. Rendering and gzip are
on one core; what is landed, loaded and rolled up is compressed.
"""

from collections.abc import Callable

import numpy as np
from wattif_dagster.warehouse.rollup import hourly_consumption_sql

from benchmarks.cloud import local_resources
from benchmarks.measurement import Measurement, compared, per_second
from wattif_dagster import schemas
from wattif_dagster.defs.meter_readings.load import load_readings
from wattif_dagster.ingest.compression import compress
from wattif_dagster.ingest.pipeline import land_day
from wattif_dagster.metering.ndjson import DayRenderer
from wattif_dagster.metering.simulation import Simulation

SIMULATIONS = {
    "uniform load": Simulation(),
    "household load": Simulation(load="household"),
    "household load, theft and faults": Simulation(
        load="household", anomaly_share=0.5, anomaly_onset_day=0, anomaly_onset_days=1
    ),
}
LANDED = SIMULATIONS["household load, theft and faults"]
DAY = LANDED.first_day
METERS_AT_ONCE = 10


def run(quick: bool) -> list[Measurement]:
    """Rows per second of each stage."""
    meters = 50 if quick else 500
    serials = np.arange(meters, dtype=np.uint32)
    stages = {f"render, {name}": _rendering(it, serials) for name, it in SIMULATIONS.items()}
    lines = bytes(DayRenderer(LANDED, DAY).render(serials[:METERS_AT_ONCE]))
    rows = METERS_AT_ONCE * LANDED.readings_per_day
    rates = {name: per_second(work) for name, work in stages.items()}
    rates["gzip"] = per_second(lambda: rows * bool(compress(lines)))
    rates |= _on_the_cloud(serials)
    return compared("stage", "rows/s", rates, min(rates, key=lambda name: rates[name]))


def _rendering(simulation: Simulation, serials: np.ndarray) -> Callable[[], int]:
    renderer = DayRenderer(simulation, DAY)
    objects = serials.reshape(-1, METERS_AT_ONCE)

    def work() -> int:
        return sum(renderer.render(of).nbytes for of in objects) // renderer.bytes_per_row

    return work


def _on_the_cloud(serials: np.ndarray) -> dict[str, float]:
    with local_resources() as resources:
        gcs, bigquery = resources["wattif_gcs"], resources["wattif_bigquery"]
        options = resources["wattif_ingest"].model_copy(update={"compression": "gzip"})
        landed = land_day(gcs, LANDED, DAY, serials, options)
        rows = landed.manifest.total_rows
        select = hourly_consumption_sql(bigquery, DAY, LANDED.interval_seconds)

        def roll_up() -> int:
            bigquery.replace_partition(schemas.HOURLY_CONSUMPTION, DAY, select)
            return rows

        return {
            "land, gzip": rows / landed.seconds,
            "load, gzip": per_second(lambda: load_readings(gcs, bigquery, DAY)),
            "roll up": per_second(roll_up),
        }
