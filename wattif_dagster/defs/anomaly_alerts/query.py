"""Renders `anomaly_alerts.sql`: the episodes of one day, from the meters' scores."""

from datetime import date, timedelta
from pathlib import Path

from wattif_dagster.settings.alerts import AlertRule
from wattif_dagster.sql import render_sql

_TEMPLATE = Path(__file__).with_name("anomaly_alerts.sql")


def quarter_start(day: date) -> date:
    """First day of the day's quarter."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def alerts_sql(
    anomaly_scores: str, day: date, options: AlertRule, start: date | None = None
) -> str:
    """A SELECT of the episodes open on `day` or closed on it, one row each.

    A meter's day is flagged when an hour that is not provisional reaches the probability. An
    episode is a run of days on which `days` of the last `of_days` are flagged; it closes on the
    first day after. Only the scores since the start of the quarter of the day before are
    searched for its opening, so that any day alone gives the same `alert_id`: an episode that
    lasts beyond the first day of a quarter is a new one, opened on that day, and the old one is
    never shown as closed. Another `start` of the search may be given. The table's name is quoted.
    """
    before = day - timedelta(days=1)
    start = start or quarter_start(before)
    return render_sql(
        _TEMPLATE,
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


def continued_sql(anomaly_scores: str, quarter: date, options: AlertRule) -> str:
    """A SELECT of the `serial` of meters whose episode of the quarter's first day is older.

    What `alerts_sql` has as opened on that day is, for them, the same episode under a new id.
    """
    episodes = alerts_sql(anomaly_scores, quarter, options, quarter - timedelta(days=1))
    return f"SELECT serial FROM (\n{episodes}) WHERE opened_on < DATE '{quarter}'"
