"""Renders `fleet_anomalies.sql`: one day of the fleet against its history.

Measured on simulated clean fleets of 100 meters with uniform load:

- A day has 48 values (24 hours, AVG and MAX). At the threshold 0.99 a clean AVG is flagged 1.0% of
  the time, and MAX, whose distribution leans to the right, 1.5%. That is 0.6 false flags a day, and
  at least one on nearly every second clean day. The scan rules therefore allow single flags.
- With 7 or 8 days of history the fence (below) drops a few good values: 1.2% and 1.8%.
- AVG over many meters is very stable (s of 100 meters is about 0.3% of the mean), so an outage of a
  few percent of the fleet is clearly visible. MAX depends on the largest meters, and an outage does
  not change it.
"""

import re
from datetime import date, timedelta
from pathlib import Path

from wattif_dagster.detection.fleet import HISTORY_DAYS
from wattif_dagster.detection.local_hours import render_local_hours
from wattif_dagster.detection.steps import UTC
from wattif_dagster.errors import UserError
from wattif_dagster.local_time import LocalTime
from wattif_dagster.schemas import FLEET_HOURS
from wattif_dagster.sql import render_sql
from wattif_dagster.student_t import critical_value
from wattif_dagster.threshold import THRESHOLD

MAX_HISTORY_DAYS = 366

MIN_HISTORY = 5
"""Past hours that bounds and a probability need."""

FULL_HISTORY = 7
"""Past hours that weekdays or weekend days need to have a baseline of their own, without past
incidents. With fewer, both share one baseline, and no value is left out."""

FENCE = 5.0
"""Past values further than this many interquartile ranges outside the quartiles are left out
(Tukey's fences, which use 3 for "far out"; 5 drops 1% of clean cells of 8 days where 3 drops 5%).
The fence lies at 7.4 standard deviations of a normal sample. Fleet incidents go far beyond."""

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
    local_time: LocalTime = UTC,
) -> str:
    """Render a SELECT of one day's rows of `schemas.FLEET_ANOMALIES`, in the order of its columns.

    The history is the existing ones of the `history_days` days before `day`. Hours of day, weekends
    and holidays are those of `local_time`. Bounds, probability
    and flag are NULL with fewer than MIN_HISTORY past hours. A value lies outside the bounds
    exactly when its probability is above the threshold. An hour without any reading of the fleet
    has no row. Raises UserError for arguments out of range.
    """
    if not _PROJECT.fullmatch(project) or not _DATASET.fullmatch(dataset):
        raise UserError(f"{project}.{dataset} is not the name of a BigQuery dataset.")
    if not MIN_HISTORY <= history_days <= MAX_HISTORY_DAYS:
        raise UserError(
            f"history_days={history_days} is out of range. Use {MIN_HISTORY} to {MAX_HISTORY_DAYS}."
        )
    if not 0.5 <= threshold < 1:
        raise UserError(f"threshold={threshold} is out of range. Use 0.5 or more, and less than 1.")
    first = day - timedelta(days=history_days)
    return render_sql(
        _TEMPLATE,
        None,
        table=f"{project}.{dataset}.{FLEET_HOURS.name}",
        day=day.isoformat(),
        day_end=(day + timedelta(days=1)).isoformat(),
        history_start=first.isoformat(),
        history_days=history_days,
        threshold=repr(float(threshold)),
        t_critical=[critical_value(threshold, df) for df in range(1, history_days)],
        min_history=MIN_HISTORY,
        full_history=FULL_HISTORY,
        fence=FENCE,
        relative_floor=RELATIVE_FLOOR,
        absolute_floor=ABSOLUTE_FLOOR,
        **render_local_hours(local_time, first, day),
    )
