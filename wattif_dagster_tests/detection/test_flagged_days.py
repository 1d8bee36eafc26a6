"""The days of meters with flagged hours, from scores planted in DuckDB."""

from datetime import UTC, datetime

import duckdb
import pytest

from wattif_dagster import schemas
from wattif_dagster.detection.flagged_days import flagged_days_step
from wattif_dagster.detection.steps import Tables
from wattif_dagster_tests.support.homes import FIRST_DAY, translate

Score = tuple[str, int, float | None, str, bool]
"""Serial, hour, probability, reason, and whether it is provisional."""


def flag(*scores: Score) -> list[tuple[object, ...]]:
    """Flag the day's scores; returns serial, kind, hours, probability, reason, provisional."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            "CREATE TABLE anomaly_scores (serial TEXT, time_hour_rolled TIMESTAMPTZ, "
            "anomaly_probability DOUBLE, reason TEXT, provisional BOOLEAN)"
        )
        day = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
        for serial, hour, *others in scores:
            row = [serial, day.replace(hour=hour), *others]
            connection.execute("INSERT INTO anomaly_scores VALUES (?, ?, ?, ?, ?)", row)
        step = flagged_days_step(Tables(), FIRST_DAY)
        cursor = connection.execute(translate(step.select))
        assert tuple(c[0] for c in cursor.description or ()) == schemas.FLAGGED_DAYS.column_names
        rows = sorted(cursor.fetchall())
    assert {row[0] for row in rows} <= {FIRST_DAY}
    return [row[1:] for row in rows]


def test_rule_and_behaviour_of_a_day_are_two_rows() -> None:
    scores = [
        ("A", 1, 1.0, "rule:stuck", False),
        ("A", 2, 0.99, "day:level7-", False),
        ("A", 3, 0.995, "hour:avg+", False),
        ("A", 4, 0.99, "day:level7-", False),
        ("A", 5, 0.98, "day:peak1-", False),
        ("B", 5, None, "hour:avg+", False),
    ]
    assert flag(*scores) == [
        ("A", "behaviour", 3, 0.995, "day:level7-", False),
        ("A", "rule", 1, 1.0, "rule:stuck", False),
    ]


@pytest.mark.parametrize(
    ("reason", "provisional"),
    [
        ("rule:missing", False),
        ("rule:duplicated", False),
        ("rule:negative", True),
        ("day:level7-", True),
    ],
)
def test_missing_readings_need_no_history(reason: str, provisional: bool) -> None:
    ((*_, found),) = flag(("A", 1, 1.0, reason, True))
    assert found is provisional
