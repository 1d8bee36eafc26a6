"""The interval of readings: found from the times, and held against each meter."""

from dataclasses import dataclass
from math import gcd

import duckdb
import numpy as np

from wattif_dagster.errors import UserError
from wattif_dagster.importing.engine import fetch
from wattif_dagster.importing.lines import HIGHEST_KW, MW_PER_KW
from wattif_dagster.importing.spill import Spill
from wattif_dagster.importing.staging import Staging
from wattif_dagster.metering.simulation import SECONDS_PER_HOUR

SAMPLED_METERS, SAMPLED_ROWS = 20, 1_000_000
LEAST_READINGS = 4
"""A meter with fewer readings does not show an interval."""
HIGHEST_MW = HIGHEST_KW * MW_PER_KW
SLOTS = 60
"""Places of readings are looked at modulo this many intervals: the bits of a word hold them."""


def find_interval(
    engine: duckdb.DuckDBPyConnection, staging: Staging, landed: int | None = None
) -> int:
    """Find the interval in seconds: the most frequent time from a reading to the meter's next.

    A file of corrections has few readings. They are of the interval of the `landed` days, where
    they may be. Where there are no rows, an hour will do. Raises UserError when no meter has two
    readings, or the interval divides no hour.
    """
    if not staging.spill.rows:
        return landed or SECONDS_PER_HOUR
    every = max(1, len(staging.serials) // SAMPLED_METERS)
    query = f"SELECT meter, t FROM staged WHERE meter % {every} = 0 LIMIT {SAMPLED_ROWS}"
    rows = fetch(engine, query, staged=staging.spill.read())
    meters, times = (rows.column(name).to_numpy() for name in ("meter", "t"))
    order = np.lexsort((times, meters))
    meters, gaps = meters[order], np.diff(times[order])
    gaps = gaps[(np.diff(meters) == 0) & (gaps > 0)]
    if landed and not (gaps % landed).any():
        return landed
    if not len(gaps):
        raise UserError(
            "No meter has two readings, so the interval is not known. Give it in seconds, "
            "e.g. --interval 1800."
        )
    lengths, counts = np.unique(gaps, return_counts=True)
    found = int(lengths[counts.argmax()])
    if found > SECONDS_PER_HOUR or SECONDS_PER_HOUR % found:
        raise UserError(
            f"Most readings are {found:,} seconds apart, but an interval must divide an hour. "
            "Import readings by the hour or finer, or give the interval in seconds with --interval."
        )
    return found


@dataclass(frozen=True)
class Fit:
    """How the rows fit the interval: the meters with another one, and the bounds of the others.

    Readings are in mW (millionths of a kW).
    """

    other_interval: dict[int, int]
    """The interval in seconds by the number of the meter; 0 where it is finer."""
    lowest: int
    highest: int
    finest: int
    """The greatest power of ten that divides every reading, at most 1,000 mW."""
    unfit: int
    """Rows that are no readings of this interval, or beyond the largest."""


def milliwatts(unit_kw: float) -> str:
    """The SQL of a reading in mW, where a unit of the value is so many kW."""
    return f"CAST(ROUND(value * {unit_kw * 1e6!r}) AS BIGINT)"


def hold_against(
    engine: duckdb.DuckDBPyConnection, spill: Spill, interval: int, unit_kw: float
) -> Fit:
    """Hold each meter against the interval.

    A meter whose readings never lie beside each other has a longer interval, and one with more than
    a quarter of its readings between two intervals has a shorter one.
    """
    rows = fetch(
        engine,
        f"""
        SELECT meter, COUNT(*) AS n, COUNT(*) FILTER (t % {interval} != 0) AS between,
          BIT_OR(1::BIGINT << (t // {interval} % {SLOTS})) FILTER (t % {interval} = 0) AS slots,
          COUNT(*) FILTER (ABS(mw) > {HIGHEST_MW}) AS beyond,
          MIN(mw) FILTER (ABS(mw) <= {HIGHEST_MW}) AS lowest,
          MAX(mw) FILTER (ABS(mw) <= {HIGHEST_MW}) AS highest, BOOL_OR(mw % 1000 != 0) AS milli,
          BOOL_OR(mw % 100 != 0) AS tenth, BOOL_OR(mw % 10 != 0) AS hundredth
        FROM (SELECT meter, t, {milliwatts(unit_kw)} AS mw, seq FROM staged)
        GROUP BY meter
        """,
        staged=spill.read(),
    )
    other: dict[int, int] = {}
    unfit = 0
    fitting: list[dict[str, int]] = []
    for row in rows.to_pylist():
        step = _find_step(row["slots"] or 0)
        if row["n"] >= LEAST_READINGS and row["between"] * 4 > row["n"]:
            other[row["meter"]] = 0
            unfit += row["n"]
        elif row["n"] >= LEAST_READINGS and step > 1:
            other[row["meter"]] = step * interval
            unfit += row["n"]
        else:
            fitting.append(row)
    finest = 1000
    for name, power in (("milli", 100), ("tenth", 10), ("hundredth", 1)):
        if any(row[name] for row in fitting):
            finest = power
    return Fit(
        other_interval=other,
        lowest=min((row["lowest"] or 0 for row in fitting), default=0),
        highest=max((row["highest"] or 0 for row in fitting), default=0),
        finest=finest,
        unfit=unfit + sum(row["between"] + row["beyond"] for row in fitting),
    )


def _find_step(slots: int) -> int:
    """Every how many intervals there is a reading, from the bits of the places that have one."""
    places = [place for place in range(SLOTS) if slots >> place & 1]
    step = SLOTS
    for place in places:
        step = gcd(step, place - places[0])
    return step
