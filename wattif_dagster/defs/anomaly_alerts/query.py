"""Renders `anomaly_alerts.sql`: the episodes of one day, from the meters' flagged days."""

from datetime import date, timedelta
from pathlib import Path

from wattif_dagster.settings.alerts import AlertRule
from wattif_dagster.sql import render_sql

_TEMPLATE = Path(__file__).with_name("anomaly_alerts.sql")


def find_quarter_start(day: date) -> date:
    """Find the first day of the day's quarter."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def alerts_sql(flagged_days: str, day: date, options: AlertRule, start: date | None = None) -> str:
    """Render a SELECT of the episodes that are open on `day` or closed on it, one row each.

    A meter's day counts when one of its hours reaches the probability and is not provisional. Rules
    and behaviour have episodes of their own. An episode consists of consecutive days on which
    `days` of the last `of_days` count. It closes on the first day after. Its opening is searched
    from the start of the quarter of the day before, so that the `alert_id` does not depend on which
    days are made: an episode that lasts beyond the first day of a quarter is a new one, opened on
    that day, and the old one is never shown as closed. Another `start` of the search may be given.
    The table's name is quoted.
    """
    before = day - timedelta(days=1)
    start = start or find_quarter_start(before)
    return render_sql(
        _TEMPLATE,
        flagged_days=flagged_days,
        day=day.isoformat(),
        day_before=before.isoformat(),
        start=start.isoformat(),
        flagged_start=(start - timedelta(days=options.of_days - 1)).isoformat(),
        offsets=list(range(options.of_days)),
        probability=repr(options.probability),
        days=options.days,
        of_days=options.of_days,
    )


def continued_sql(flagged_days: str, quarter: date, options: AlertRule) -> str:
    """Render a SELECT of `serial` and `kind` of the episodes that are older than the quarter.

    An episode that `alerts_sql` shows as opened on that day is the same one under a new id.
    """
    episodes = alerts_sql(flagged_days, quarter, options, quarter - timedelta(days=1))
    return f"SELECT serial, kind FROM (\n{episodes}) WHERE opened_on < DATE '{quarter}'"
