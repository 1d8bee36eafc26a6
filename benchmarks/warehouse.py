"""Load and hourly roll-up of a day in the local BigQuery, beside plain DuckDB on the same files."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import duckdb
import numpy as np

from benchmarks.cloud import local_resources
from benchmarks.measurement import Measurement, compare
from wattif_dagster.defs.hourly_consumption.asset import roll_up
from wattif_dagster.defs.meter_readings.load import load_readings
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.ingest.pipeline import land_day
from wattif_dagster.metering.ndjson import DayRenderer
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import Resources

DAY = date(2024, 1, 1)
BASELINE = "DuckDB"
SIMULATION = Simulation()
REPEATS = 3


def run(quick: bool) -> list[Measurement]:
    """Rows per second of both steps, in both databases."""
    meters = 50 if quick else 500
    serials = np.arange(meters, dtype=np.uint32)
    rows = meters * SIMULATION.readings_per_day
    with local_resources() as resources:
        landing = Landing(SIMULATION, DAY, serials, resources["wattif_ingest"])
        manifest = land_day(resources["wattif_gcs"], landing).manifest
        duck = _duckdb(serials)
        local = _local_bigquery(resources, manifest)
        load = {BASELINE: duck[0], "local BigQuery": local[0]}
        rollup = {BASELINE: duck[1], "local BigQuery": local[1]}
    return [
        *compare("load", "rows/s", {k: rows / v for k, v in load.items()}, BASELINE),
        *compare("roll-up", "rows/s", {k: rows / v for k, v in rollup.items()}, BASELINE),
    ]


def _seconds(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(REPEATS):
        began = perf_counter()
        work()
        best = min(best, perf_counter() - began)
    return best


def _local_bigquery(resources: Resources, manifest: Manifest) -> tuple[float, float]:
    gcs, bigquery = resources["wattif_gcs"], resources["wattif_bigquery"]
    return (
        _seconds(lambda: load_readings(gcs, bigquery, manifest)),
        _seconds(lambda: roll_up(bigquery, manifest)),
    )


def _duckdb(serials: np.ndarray) -> tuple[float, float]:
    """The same lines, from files into a table in memory."""
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        renderer = DayRenderer(SIMULATION, DAY)
        for first in range(0, len(serials), 10):
            path = Path(folder) / f"part-{first:05d}.json"
            path.write_bytes(renderer.render(serials[first : first + 10]))
        columns = "{serial: 'VARCHAR', timestamp: 'TIMESTAMPTZ', reading: 'DOUBLE'}"
        source = f"read_json('{folder}/*.json', format='newline_delimited', columns={columns})"
        load = _seconds(
            lambda: connection.execute(f"CREATE OR REPLACE TABLE readings AS FROM {source}")
        )
        rollup = _seconds(
            lambda: connection.execute(
                "CREATE OR REPLACE TABLE hourly AS SELECT serial, "
                "date_trunc('hour', timestamp) AS hour, sum(reading) * 10 / 3600 AS kwh, "
                "avg(reading), max(reading), min(reading), count(*) "
                "FROM readings GROUP BY ALL"
            )
        )
    return load, rollup
