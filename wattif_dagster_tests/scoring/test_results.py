"""Meters are ranked as the evaluation ranks them, and days and meters by what judged them."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from wattif_dagster import schemas
from wattif_dagster.evaluation.ranking import rank_meters
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.scoring.days import remake_tables
from wattif_dagster.scoring.results import (
    find_coverage,
    find_flagged,
    find_worst_day,
    read_curve,
    read_scores,
)
from wattif_dagster.settings.alerts import AlertRule
from wattif_dagster_tests.support.warehouse import Warehouse, add_rows

FIRST = date(2024, 1, 1)
START = datetime(2024, 1, 1, tzinfo=UTC)
METERS, DAYS = 8, 3


@pytest.fixture
def bigquery(warehouse: Warehouse) -> BigQueryWarehouse:
    remake_tables(warehouse.bigquery)
    return warehouse.bigquery


def make_scores(probability: np.ndarray) -> list[dict[str, object]]:
    """A row for each meter and hour. The first day has rules alone, the second is provisional."""
    return [
        {
            "serial": f"home {meter}",
            "time_hour_rolled": (START + timedelta(hours=hour)).isoformat(),
            "score": 1.0,
            "anomaly_probability": float(value),
            "lower": 0.1,
            "upper": 0.9,
            "reason": "rule:stuck" if hour < 24 else "hour:avg+",
            "provisional": hour < 48,
        }
        for meter, row in enumerate(probability)
        for hour, value in enumerate(row)
    ]


def test_meters_are_ranked_as_the_evaluation_does(bigquery: BigQueryWarehouse):
    rng = np.random.default_rng(5)
    probability = rng.choice(
        [0.2, 0.99, 0.999, 1.0], (METERS, 24 * DAYS), p=[0.94, 0.03, 0.02, 0.01]
    )
    probability[3] = 0.5
    add_rows(bigquery, schemas.ANOMALY_SCORES, make_scores(probability))
    flagged = find_flagged(bigquery, AlertRule())
    assert "home 3" not in {meter.serial for meter in flagged}
    days = (probability.reshape(METERS, DAYS, 24).max(axis=2) >= 0.999).sum(axis=1)
    ranked = [
        (days[meter], (probability[meter] >= 0.999).sum()) for meter in rank_meters(probability)
    ]
    found = [int(meter.serial[-1]) for meter in flagged]
    assert [(days[m], (probability[m] >= 0.999).sum()) for m in found] == ranked[: len(found)]
    for meter in flagged:
        row = probability[int(meter.serial[-1])] >= 0.99
        assert meter.hours == row.sum() == sum(meter.reasons.values())
        assert meter.rule_hours == row[:24].sum() == meter.reasons.get("rule:stuck", 0)
        assert meter.alert_days == days[int(meter.serial[-1])]
        assert meter.provisional == (not row[48:].any())
        by_day = row.reshape(DAYS, 24).sum(axis=1)
        worst = FIRST + timedelta(days=DAYS - 1 - int(by_day[::-1].argmax()))
        assert find_worst_day(bigquery, meter.serial) == worst


def test_coverage_tells_days_and_meters_apart(bigquery: BigQueryWarehouse):
    add_rows(bigquery, schemas.ANOMALY_SCORES, make_scores(np.zeros((METERS, 24 * DAYS))))
    history = {"home 0": 42, "home 1": 41, "home 2": 7}
    deviations = [
        {"day": "2024-01-03", "serial": serial, "history_days": days}
        for serial, days in history.items()
    ]
    add_rows(bigquery, schemas.CONSUMPTION_DEVIATIONS, deviations)
    found = find_coverage(bigquery, FIRST)
    assert found.by_rules == (FIRST,)
    assert found.provisional == (FIRST + timedelta(days=1),)
    assert found.settled == (FIRST + timedelta(days=2),)
    assert found.days == tuple(FIRST + timedelta(days=n) for n in range(DAYS))
    assert (found.meters, found.young_meters, found.provisional_meters) == (METERS, METERS - 3, 2)


def test_scores_are_read_with_their_hours(bigquery: BigQueryWarehouse):
    add_rows(bigquery, schemas.ANOMALY_SCORES, make_scores(np.ones((2, 48))))
    hour = {"serial": "home 1", "time_hour_rolled": "2024-01-01T03:00:00Z", "avg_kw": 0.4}
    add_rows(bigquery, schemas.HOURLY_CONSUMPTION, [hour])
    rows = [row for batch in read_scores(bigquery, FIRST) for row in batch.to_pylist()]
    assert [(row["serial"], row["time_hour_rolled"].hour) for row in rows] == [
        (f"home {meter}", hour) for meter in range(2) for hour in range(24)
    ]
    assert [row["avg_kw"] for row in rows if row["avg_kw"] is not None] == [0.4]
    curve = read_curve(bigquery, "home 1", FIRST, FIRST + timedelta(days=1))
    assert len(curve) == 48
    assert curve[3]["avg_kw"] == 0.4
