"""The stages of a day of homes, each by itself, compared with the slowest.

Half of the homes have theft or a fault of any kind from the first day on. Rendering and gzip use
one core. What is landed, loaded and rolled up is compressed.
"""

from collections.abc import Callable

import numpy as np

from benchmarks.cloud import local_resources
from benchmarks.measurement import Measurement, compare, per_second
from wattif_dagster.defs.hourly_consumption.asset import roll_up
from wattif_dagster.defs.meter_readings.load import load_readings
from wattif_dagster.ingest.compression import compress
from wattif_dagster.ingest.landing import Landing
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
    stages = {
        f"render, {name}": _rendering(simulation, serials)
        for name, simulation in SIMULATIONS.items()
    }
    lines = bytes(DayRenderer(LANDED, DAY).render(serials[:METERS_AT_ONCE]))
    rows = METERS_AT_ONCE * LANDED.readings_per_day
    rates = {name: per_second(work) for name, work in stages.items()}
    rates["gzip"] = per_second(lambda: rows * bool(compress(lines)))
    rates |= _on_the_cloud(serials)
    return compare("stage", "rows/s", rates, min(rates, key=lambda name: rates[name]))


def _rendering(simulation: Simulation, serials: np.ndarray) -> Callable[[], int]:
    renderer = DayRenderer(simulation, DAY)
    objects = serials.reshape(-1, METERS_AT_ONCE)

    def work() -> int:
        return sum(renderer.render(part).nbytes for part in objects) // renderer.bytes_per_row

    return work


def _on_the_cloud(serials: np.ndarray) -> dict[str, float]:
    with local_resources() as resources:
        gcs, bigquery = resources["wattif_gcs"], resources["wattif_bigquery"]
        options = resources["wattif_ingest"].model_copy(update={"compression": "gzip"})
        landed = land_day(gcs, Landing(LANDED, DAY, serials, options))
        manifest = landed.manifest
        rows = manifest.total_rows

        def roll_up_day() -> int:
            roll_up(bigquery, manifest)
            return rows

        return {
            "land, gzip": rows / landed.seconds,
            "load, gzip": per_second(lambda: load_readings(gcs, bigquery, manifest)),
            "roll up": per_second(roll_up_day),
        }
