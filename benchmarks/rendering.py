"""Rendering a day of readings as NDJSON: WattIf beside a row at a time, DuckDB and Polars.

All use one core and write the three fields of the data contract. DuckDB and Polars get their rows
ready in memory and only write them. The others draw their readings too, unless the name says so.
"""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import orjson
import polars as pl

from benchmarks.measurement import Measurement, compare, per_second
from wattif_dagster.metering.lines import DayLines
from wattif_dagster.metering.load import UniformLoad
from wattif_dagster.metering.ndjson import DayRenderer
from wattif_dagster.metering.serials import serial_text
from wattif_dagster.metering.simulation import Simulation

DAY = date(2024, 1, 1)
SIMULATION = Simulation()
HOUSEHOLDS = Simulation(load="household")

BASELINE = "dict and orjson, a row at a time"


def run(quick: bool) -> list[Measurement]:
    """Rows per second of each way."""
    few, many = (2, 20) if quick else (10, 200)
    rates = {
        BASELINE: per_second(lambda: row_at_a_time(few)),
        "Polars write_ndjson, rows ready": per_second(polars_writer(few)),
        "DuckDB COPY (FORMAT json), 1 thread, rows ready": per_second(duckdb_writer(few)),
        "WattIf": per_second(wattif(SIMULATION, many)),
        "WattIf, household load": per_second(wattif(HOUSEHOLDS, many)),
        "WattIf, readings ready": per_second(wattif_lines_only(many)),
    }
    return compare("rendering", "rows/s", rates, BASELINE)


def row_at_a_time(meters: int) -> int:
    """Render as the predecessor did, with the serial in the row."""
    midnight = datetime.combine(DAY, datetime.min.time())
    out = BytesIO()
    rows = 0
    for serial in range(meters):
        for reading in range(SIMULATION.readings_per_day):
            timestamp = midnight + timedelta(seconds=reading * SIMULATION.interval_seconds)
            row = {
                "serial": f"MAC{serial:08d}",
                "timestamp": f"{timestamp.isoformat()}Z",
                "reading": round(random.uniform(0.0, 0.9), 3),
            }
            out.write(orjson.dumps(row) + b"\n")
            rows += 1
    return rows


def wattif(simulation: Simulation, meters: int) -> Callable[[], int]:
    """Ten meters an object, as the pipeline renders them."""
    renderer = DayRenderer(simulation, DAY)
    objects = np.arange(meters).reshape(-1, min(10, meters))

    def work() -> int:
        sizes = [renderer.render(serials).nbytes for serials in objects]
        return sum(sizes) // renderer.bytes_per_row

    return work


def wattif_lines_only(meters: int) -> Callable[[], int]:
    """The same without drawing the readings."""
    lines = DayLines(DAY, SIMULATION.interval_seconds, 0, UniformLoad.highest)
    at_once = np.arange(4)
    watts = UniformLoad(SIMULATION, DAY, len(at_once)).watts(at_once)
    buffer = lines.blank(len(at_once))

    def work() -> int:
        for first in range(0, meters, len(at_once)):
            lines.fill(buffer, at_once + first, watts)
        return meters * SIMULATION.readings_per_day

    return work


def polars_writer(meters: int) -> Callable[[], int]:
    """Polars, from a frame, into memory."""
    rows = frame(meters)

    def work() -> int:
        rows.write_ndjson(BytesIO())
        return rows.height

    return work


def duckdb_writer(meters: int) -> Callable[[], int]:
    """DuckDB, from a table, into a file."""
    rows = frame(meters).to_arrow()
    connection = duckdb.connect(config={"threads": 1})
    connection.register("rows", rows)
    connection.execute("CREATE TABLE readings AS SELECT * FROM rows")

    def work() -> int:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "readings.json"
            connection.execute(f"COPY readings TO '{path}' (FORMAT json)")
        return rows.num_rows

    return work


def frame(meters: int) -> pl.DataFrame:
    """A day's readings of some meters; timestamps as text, as they are to be written."""
    serials = np.arange(meters)
    watts = UniformLoad(SIMULATION, DAY, meters).watts(serials)
    seconds = np.arange(0, 86_400, SIMULATION.interval_seconds)
    times = np.datetime_as_string(np.datetime64(DAY, "s") + seconds, timezone="UTC")
    return pl.DataFrame(
        {
            "serial": np.repeat(serial_text(serials), len(times)),
            "timestamp": np.tile(times, meters),
            "reading": watts.ravel() / 1000,
        }
    )
