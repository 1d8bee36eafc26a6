"""Local hours in SQL are those of the time zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
import sqlglot

from wattif_dagster.detection.local_hours import render_local_hours
from wattif_dagster.local_time import LocalTime

FIRST, LAST = date(2024, 3, 1), date(2024, 4, 11)
NEW_YEAR = date(2024, 1, 1)


def read_hours(local_time: LocalTime, first: date, last: date) -> list[tuple[int, bool]]:
    """Evaluate the expressions for each hour (UTC) from `first` to `last`."""
    values = render_local_hours(local_time, first, last)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    listed = ", ".join(f"DATE '{day}'" for day in days)
    sql = (
        f"SELECT {values['local_hour']}, {values['is_weekend']} FROM (SELECT *, "
        f"{values['local_minutes']} AS local_minutes FROM UNNEST([{listed}]) AS a_day "
        "CROSS JOIN UNNEST(GENERATE_ARRAY(0, 23)) AS hour)"
    ).replace("d.day", "a_day")
    (statement,) = sqlglot.transpile(sql, read="bigquery", write="duckdb")
    rows = duckdb.execute(statement).fetchall()
    return sorted((int(hour), bool(weekend)) for hour, weekend in rows)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kolkata"])
def test_local_hours_are_those_of_the_zone(zone: str) -> None:
    expected = []
    for number in range(24 * ((LAST - FIRST).days + 1)):
        instant = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
        local = (instant + timedelta(hours=number)).astimezone(ZoneInfo(zone))
        expected.append((local.hour, local.weekday() >= 5))
    assert read_hours(LocalTime(zone), FIRST, LAST) == sorted(expected)


def test_a_holiday_is_like_a_weekend() -> None:
    assert all(weekend for _, weekend in read_hours(LocalTime("UTC", "DE"), NEW_YEAR, NEW_YEAR))
    assert not any(weekend for _, weekend in read_hours(LocalTime(), NEW_YEAR, NEW_YEAR))
