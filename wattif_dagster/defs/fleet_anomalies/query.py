"""Renders `fleet_anomalies.sql`: one day of the fleet against its history.

What to expect of it, measured on simulated clean fleets of uniform load, 100 meters:

- A day has 48 tests (24 hours, AVG and MAX). At the threshold 0.99 a clean AVG is flagged 1.0% of
  the time; MAX, whose distribution leans to the right, 1.5%. That is 0.6 false flags a day, and
  at least one on nearly every second clean day: one flag is no incident, as the scan rules say.
- With 7 or 8 days of history the fence (below) drops the odd good value: 1.2% and 1.8%.
- AVG over many meters is very stable (100 meters: s is about 0.3% of the mean), so an outage of a
  few percent of the fleet stands out. MAX moves only when the top meters do: an outage leaves it.
"""

import re
from datetime import date, timedelta
from pathlib import Path

from wattif_dagster.defs.fleet_anomalies.student_t import critical_value
from wattif_dagster.detection.threshold import THRESHOLD
from wattif_dagster.errors import UserError
from wattif_dagster.schemas import HOURLY_CONSUMPTION
from wattif_dagster.sql import render_sql

HISTORY_DAYS = 28
MAX_HISTORY_DAYS = 366

MIN_HISTORY = 5
"""Past hours below which no bounds and no probability are given."""

FULL_HISTORY = 7
"""Past hours from which a day class trains by itself, and past incidents are left out. Below, the
weekdays and the weekends train together, and nothing is left out. 28 days hold 8 weekend days."""

FENCE = 5.0
"""Past values further than this many interquartile ranges outside the quartiles are left out
(Tukey's fences, which use 3 for "far out"; 5 drops 1% of clean cells of 8 days where 3 drops 5%).
A normal sample reaches 7.4 standard deviations there; a fleet incident goes well beyond."""

RELATIVE_FLOOR = 1e-4
"""The standard deviation is taken to be at least this share of the mean ..."""

ABSOLUTE_FLOOR = 1e-6
"""... and this many kWh: a constant history then flags changes, but not rounding."""

_TEMPLATE = Path(__file__).with_name("fleet_anomalies.sql")
_PROJECT = re.compile(r"[a-z][a-z0-9:.-]{0,61}[a-z0-9]")
_DATASET = re.compile(r"[A-Za-z0-9_]{1,1024}")


def fleet_anomalies_sql(
    project: str,
    dataset: str,
    day: date,
    history_days: int = HISTORY_DAYS,
    threshold: float = THRESHOLD,
) -> str:
    """A SELECT of one day's rows of `schemas.FLEET_ANOMALIES`, in its columns' order.

    The history is the `history_days` days before `day`, as far as they are there. Bounds,
    probability and flag are NULL with fewer than MIN_HISTORY past hours. A value lies outside the
    bounds exactly when its probability is above the threshold. An hour without any reading of
    the fleet has no row. Raises UserError for arguments out of range.
    """
    if not _PROJECT.fullmatch(project) or not _DATASET.fullmatch(dataset):
        raise UserError(f"{project}.{dataset} is not the name of a BigQuery dataset")
    if not MIN_HISTORY <= history_days <= MAX_HISTORY_DAYS:
        raise UserError(
            f"history_days={history_days} is out of range; use {MIN_HISTORY} to {MAX_HISTORY_DAYS}"
        )
    if not 0.5 <= threshold < 1:
        raise UserError(f"threshold={threshold} is out of range; use 0.5 up to, not with, 1")
    return render_sql(
        _TEMPLATE,
        table=f"{project}.{dataset}.{HOURLY_CONSUMPTION.name}",
        day=day.isoformat(),
        day_end=(day + timedelta(days=1)).isoformat(),
        history_start=(day - timedelta(days=history_days)).isoformat(),
        history_days=history_days,
        threshold=repr(float(threshold)),
        t_critical=[critical_value(threshold, df) for df in range(1, history_days)],
        min_history=MIN_HISTORY,
        full_history=FULL_HISTORY,
        fence=FENCE,
        relative_floor=RELATIVE_FLOOR,
        absolute_floor=ABSOLUTE_FLOOR,
    )
