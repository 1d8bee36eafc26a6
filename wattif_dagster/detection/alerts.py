"""Renders `alerts.sql`: the episodes of one day, from the meters' scores."""

from datetime import date, timedelta
from pathlib import Path
from string import Template

from wattif_dagster.errors import UserError
from wattif_dagster.schemas import ANOMALY_SCORES

_TEMPLATE = Path(__file__).with_name("alerts.sql")


def alerts_sql(
    project: str, dataset: str, day: date, probability: float, days: int, of_days: int
) -> str:
    """A SELECT of the episodes open on `day` or closed on it, one row each.

    A meter's day is flagged when an hour that is not provisional reaches `probability`. An
    episode is a run of days on which `days` of the last `of_days` are flagged; it closes on the
    first day after. Only the scores since the start of the quarter of the day before are
    searched for its opening, so that any day alone gives the same `alert_id`: an episode that
    lasts beyond the first day of a quarter is a new one, opened on that day. Raises UserError
    for arguments out of range.
    """
    if not 0 < probability <= 1:
        raise UserError(f"probability={probability} is out of range; use above 0, up to 1")
    if not 1 <= days <= of_days <= 31:
        raise UserError(f"{days} of {of_days} days is out of range; use 1 <= days <= of_days <= 31")
    before = day - timedelta(days=1)
    start = date(before.year, (before.month - 1) // 3 * 3 + 1, 1)
    return Template(_TEMPLATE.read_text("utf-8")).substitute(
        table=f"{project}.{dataset}.{ANOMALY_SCORES.name}",
        day=day.isoformat(),
        day_before=before.isoformat(),
        day_end=(day + timedelta(days=1)).isoformat(),
        start=start.isoformat(),
        scores_start=(start - timedelta(days=of_days - 1)).isoformat(),
        offsets=list(range(of_days)),
        probability=repr(float(probability)),
        days=days,
        of_days=of_days,
    )
