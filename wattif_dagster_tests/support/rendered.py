"""Readings as they stand in the rendered lines."""

from collections import defaultdict
from datetime import date

import numpy as np
import orjson

from wattif_dagster.metering.ndjson import render_day
from wattif_dagster.metering.simulation import Simulation

Rows = list[tuple[str, int]]
"""Timestamp and watts."""


def rows_by_serial(simulation: Simulation, day: date, serials: np.ndarray) -> dict[str, Rows]:
    """Each meter's rows in the order of the lines."""
    rows: dict[str, Rows] = defaultdict(list)
    for line in bytes(render_day(simulation, day, serials)).splitlines():
        row = orjson.loads(line)
        rows[row["serial"]].append((row["timestamp"], round(row["reading"] * 1000)))
    return rows


def kilowatt_hours(simulation: Simulation, rows: Rows) -> float:
    """Energy of all the rows."""
    return sum(watts for _, watts in rows) * simulation.interval_seconds / 3.6e6
