"""Renders `alerts.sql`: the episodes of one day, from the meters' scores."""

from datetime import date, timedelta
from pathlib import Path
from string import Template

from wattif_dagster.detection.alert_options import AlertOptions

_TEMPLATE = Path(__file__).with_name("alerts.sql")


def alerts_sql(anomaly_scores: str, day: date, options: AlertOptions) -> str:
    """A SELECT of the episodes open on `day` or closed on it, one row each.

    A meter's day is flagged when an hour that is not provisional reaches the probability. An
    episode is a run of days on which `days` of the last `of_days` are flagged; it closes on the
    first day after. Only the scores since the start of the quarter of the day before are
    searched for its opening, so that any day alone gives the same `alert_id`: an episode that
    lasts beyond the first day of a quarter is a new one, opened on that day, and the old one is
    never shown as closed. The table's name is quoted.
    """
    before = day - timedelta(days=1)
    start = date(before.year, (before.month - 1) // 3 * 3 + 1, 1)
    return Template(_TEMPLATE.read_text("utf-8")).substitute(
        table=anomaly_scores,
        day=day.isoformat(),
        day_before=before.isoformat(),
        day_end=(day + timedelta(days=1)).isoformat(),
        start=start.isoformat(),
        scores_start=(start - timedelta(days=options.of_days - 1)).isoformat(),
        offsets=list(range(options.of_days)),
        probability=repr(options.probability),
        days=options.days,
        of_days=options.of_days,
    )
