"""Renders SQL that tells the local hour and the class of the day of an hour in UTC."""

from datetime import date, timedelta

from wattif_dagster.local_time import LocalTime

EPOCH = date(1970, 1, 1)
"""A Thursday. UNIX_DATE counts the days from it."""


def render_local_hours(local_time: LocalTime, first: date, last: date) -> dict[str, str]:
    """Render expressions for the hours (UTC) from `first` to `last`.

    `local_minutes`, of `d.day` and `hour`, counts the minutes of local time since the epoch. Of it
    follow `local_hour`, 0 to 23, and `is_weekend`, which is also true on holidays. Offsets are
    literals, because they change at most a few times while the rows are many.
    """
    (_, minutes), *changes = local_time.offsets(first, last)
    offset = str(minutes)
    for instant, later in changes:
        hour = 24 * (instant.date() - EPOCH).days + instant.hour + (instant.minute > 0)
        offset = f"IF(24 * UNIX_DATE(d.day) + hour >= {hour}, {later}, {offset})"
    holidays = local_time.holidays(first - timedelta(days=1), last + timedelta(days=1))
    listed = ", ".join(str((day - EPOCH).days) for day in holidays)
    local_day = "DIV(local_minutes, 1440)"
    weekend = f"MOD({local_day} + 3, 7) >= 5"
    return {
        "local_minutes": f"1440 * UNIX_DATE(d.day) + 60 * hour + {offset}",
        "local_hour": "DIV(MOD(local_minutes, 1440), 60)",
        "is_weekend": f"({weekend} OR {local_day} IN ({listed}))" if listed else f"({weekend})",
    }
