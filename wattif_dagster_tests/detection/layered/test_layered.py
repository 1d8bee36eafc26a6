"""The layered detector on a small fleet with planted anomalies of clear kinds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
import sqlglot

from wattif_dagster import schemas
from wattif_dagster.detection.layered.queries import (
    baseline_steps,
    meter_days_step,
    scores_steps,
)
from wattif_dagster.errors import UserError
from wattif_dagster_tests.support.homes import (
    READINGS,
    TABLES,
    Homes,
    Row,
    Warehouse,
    find_date,
    select_flagged,
    select_meter,
)

METERS, DAYS = 120, 60
TODAY = DAYS - 1
RECENT = slice(TODAY - 4, DAYS)

MISSING, DUPLICATED, NEGATIVE, OVERLOAD, STUCK, OVERNIGHT = range(6)
SPIKE, THEFT, CONSTANT, AWAY, NEW, YOUNG, GONE, CONTAMINATED = range(6, 14)
ODD = range(14)


@pytest.fixture(scope="module")
def warehouse() -> Warehouse:
    homes = Homes.clean(METERS, DAYS)
    homes.count[MISSING, TODAY, 3:5] = 0
    homes.count[MISSING, TODAY, 5] = READINGS - 1
    homes.count[DUPLICATED, TODAY, 7] = 2 * READINGS
    homes.min[NEGATIVE, TODAY, 9] = -0.2
    homes.max[OVERLOAD, TODAY, 11] = 23.5
    homes.set(STUCK, TODAY, slice(4, 7), 0.0)
    homes.set(STUCK, TODAY, slice(20, 22), 0.0)
    homes.set(OVERNIGHT, TODAY - 1, slice(22, 24), 0.3)
    homes.set(OVERNIGHT, TODAY, slice(0, 1), 0.3)
    homes.set(OVERNIGHT, TODAY, slice(1, 2), 0.4)
    homes.avg[SPIKE, TODAY, 3] = 8.0
    homes.max[SPIKE, TODAY, 3] = 9.0
    homes.scale(THEFT, RECENT, 0.3)
    for day in range(TODAY - 4, DAYS):
        homes.set(CONSTANT, day, slice(0, 24), 0.4)
    homes.away(AWAY, slice(TODAY - 6, DAYS))
    homes.installed = {NEW: TODAY - 5, YOUNG: TODAY - 20}
    homes.count[GONE, TODAY] = 0
    homes.scale(CONTAMINATED, slice(TODAY - 10, DAYS), 10.0)
    return Warehouse(homes, range(TODAY, DAYS))


@pytest.fixture(scope="module")
def today(warehouse: Warehouse) -> list[Row]:
    return warehouse.score(TODAY)


def find_broken_rules(rows: list[Row]) -> dict[int, str]:
    """Find the broken rules by hour."""
    return {
        row["time_hour_rolled"].hour: row["reason"]
        for row in rows
        if (row["reason"] or "").startswith("rule:")
    }


def test_every_expected_meter_and_hour_has_a_row(today: list[Row]) -> None:
    assert tuple(today[0]) == schemas.ANOMALY_SCORES.column_names
    assert len(today) == METERS * 24
    assert len({(row["serial"], row["time_hour_rolled"]) for row in today}) == len(today)


@pytest.mark.parametrize(
    ("meter", "broken"),
    [
        (MISSING, dict.fromkeys((3, 4, 5), "rule:missing")),
        (DUPLICATED, {7: "rule:duplicated"}),
        (NEGATIVE, {9: "rule:negative"}),
        (OVERLOAD, {11: "rule:overload"}),
        (STUCK, dict.fromkeys((4, 5, 6), "rule:stuck")),  # two hours, 20 and 21, are no run
        (OVERNIGHT, {0: "rule:stuck"}),  # began the day before; another value at 1
        (CONSTANT, dict.fromkeys(range(24), "rule:stuck")),
        (GONE, dict.fromkeys(range(24), "rule:missing")),
    ],
)
def test_a_broken_rule_is_certain(today: list[Row], meter: int, broken: dict[int, str]) -> None:
    rows = select_meter(today, meter)
    assert find_broken_rules(rows) == broken
    for row in rows:
        if row["time_hour_rolled"].hour in broken:
            assert row["anomaly_probability"] == 1
            assert row["score"] is None


def test_a_spike_is_one_hour_beyond_its_bounds(today: list[Row]) -> None:
    (row,) = [
        row
        for row in select_flagged(select_meter(today, SPIKE))
        if row["reason"].startswith("hour:")
    ]
    assert row["time_hour_rolled"].hour == 3
    assert row["reason"] == "hour:avg+"
    assert row["score"] > 4
    assert 0 < row["lower"] < row["upper"] < 8


def test_lasting_anomaly_flags_all_hours_by_the_day(today: list[Row]) -> None:
    found = select_flagged(select_meter(today, THEFT))
    assert len(found) == 24
    assert sum(row["reason"].startswith("day:") for row in found) > 12


def test_a_theft_lowers_the_level_or_the_floor(today: list[Row]) -> None:
    assert {row["reason"] for row in select_meter(today, THEFT)} & {
        "day:level1-",
        "day:level7-",
        "day:floor1-",
        "day:floor7-",
        "day:peak1-",
    }


def test_an_empty_home_is_no_anomaly(today: list[Row]) -> None:
    assert not select_flagged(select_meter(today, AWAY))


def test_new_meter_is_scored_by_the_rules_alone(today: list[Row]) -> None:
    for row in select_meter(today, NEW):
        assert row["anomaly_probability"] is row["score"] is row["lower"] is row["reason"] is None
        assert row["provisional"]


def test_a_young_meter_is_scored_provisionally(today: list[Row]) -> None:
    assert all(
        row["provisional"] and row["anomaly_probability"] is not None
        for row in select_meter(today, YOUNG)
    )
    assert not any(row["provisional"] for row in select_meter(today, SPIKE))


def test_clean_meters_are_rarely_flagged(today: list[Row]) -> None:
    clean = [row for row in today if int(row["serial"][3:]) not in ODD]
    # Of 106 meters about 0.5% of the days and of the hours: one flagged day is 0.9% of the hours.
    assert len(select_flagged(clean)) / len(clean) < 0.03
    outside = [h for h in clean if h["anomaly_probability"] >= 0.99 and h["reason"][:4] == "hour"]
    assert len(outside) < 0.015 * len(clean)


def test_scores_and_baseline_do_not_see_later_days(warehouse: Warehouse, today: list[Row]) -> None:
    table = "hourly_consumption"
    warehouse.connection.execute("BEGIN")
    warehouse.connection.execute(
        f"INSERT INTO {table} SELECT * REPLACE (time_hour_rolled + INTERVAL 1 DAY AS "
        f"time_hour_rolled, 50 AS avg_kw) FROM {table} "
        f"WHERE time_hour_rolled >= '{find_date(TODAY)}'"
    )
    rows = warehouse.score(TODAY)
    warehouse.connection.execute("ROLLBACK")
    assert [row["reason"] for row in rows] == [row["reason"] for row in today]
    for column in ("score", "anomaly_probability", "lower", "upper"):
        assert [row[column] for row in rows] == pytest.approx([row[column] for row in today])


def test_the_bounds_hold_most_clean_hours(warehouse: Warehouse, today: list[Row]) -> None:
    loads = {
        (row["serial"], row["time_hour_rolled"]): row["avg_kw"]
        for row in warehouse.query(
            "SELECT serial, time_hour_rolled, avg_kw FROM hourly_consumption "
            f"WHERE time_hour_rolled >= TIMESTAMP '{find_date(TODAY)}'"
        )
    }
    clean = [row for row in today if int(row["serial"][3:]) not in ODD]
    inside = [
        row["lower"] <= loads[row["serial"], row["time_hour_rolled"]] <= row["upper"]
        for row in clean
    ]
    assert 0.97 < sum(inside) / len(inside) < 1


def test_meters_of_the_registry_are_expected(warehouse: Warehouse) -> None:
    warehouse.connection.execute(
        "CREATE OR REPLACE TABLE meter_registry AS "
        f"SELECT 'MAC99999999' AS serial, DATE '{find_date(TODAY)}' AS registry_date"
    )
    tables = replace(TABLES, registry=True)
    rows = warehouse.score(TODAY, tables)
    assert [row["serial"] for row in rows] == ["MAC99999999"] * 24
    assert {row["reason"] for row in rows} == {"rule:missing"}


def test_baseline_is_fitted_on_the_earliest_days_of_its_window(warehouse: Warehouse) -> None:
    rows = warehouse.query(
        f"SELECT * FROM consumption_baseline WHERE day = DATE '{find_date(TODAY)}'"
    )
    assert tuple(rows[0]) == schemas.CONSUMPTION_BASELINE.column_names
    assert [row["fit_days"] for row in select_meter(rows, SPIKE)] == [28]
    assert {row["history_days"] for row in select_meter(rows, YOUNG)} == {20}
    assert not select_meter(rows, NEW)


def test_few_meters_have_no_probability_except_from_rules() -> None:
    homes = Homes.clean(2, DAYS)
    homes.count[0, TODAY, 3] = 1
    homes.count[:, : TODAY - 7] = 0
    rows = Warehouse(homes, range(TODAY, DAYS)).score(TODAY)
    assert {row["anomaly_probability"] for row in rows} == {None, 1}
    assert find_broken_rules(rows) == {3: "rule:missing"}


@pytest.mark.slow
def test_heated_homes_are_no_anomaly_in_a_cold_spell() -> None:
    heated = 15
    cold = 8 + 3 * np.sin(np.arange(DAYS) * 0.9) + np.random.default_rng(5).normal(0, 1, DAYS)
    cold[-2:] = 14
    homes = Homes.clean(METERS, DAYS, heated, cold)
    warehouse = Warehouse(homes, range(TODAY, DAYS))
    rows = warehouse.score(TODAY)
    followers = [row for meter in range(heated) for row in select_meter(rows, meter)]
    # From the fleet's mean alone, two in five of their hours would be flagged.
    assert len(select_flagged(followers)) / len(followers) < 0.25
    assert len(select_flagged(rows)) / len(rows) < 0.05


@pytest.mark.slow
def test_anomalies_in_the_calibration_do_not_hide_new_ones() -> None:
    homes = Homes.clean(METERS, DAYS)
    for meter in range(8):
        homes.scale(meter, slice(TODAY - 12 + meter, DAYS), 0.3)
    homes.scale(8, slice(TODAY - 2, DAYS), 0.3)
    rows = Warehouse(homes, range(TODAY, DAYS)).score(TODAY)
    assert len(select_flagged(select_meter(rows, 8))) == 24


def test_steps_store_the_columns_of_their_tables() -> None:
    arguments = TABLES, find_date(TODAY), READINGS
    for step in (
        meter_days_step(*arguments),
        *baseline_steps(*arguments),
        *scores_steps(*arguments),
    ):
        query: Any = sqlglot.parse_one(step.select, read="bigquery")
        assert "$" not in step.select
        assert tuple(query.named_selects) == step.table.column_names


def test_steps_read_only_their_window() -> None:
    day = find_date(TODAY)
    fit, *_ = baseline_steps(TABLES, day, READINGS)
    assert "DATE '2024-01-18'" in fit.select  # 42 days before
    *_, scaled, _, tails, _ = scores_steps(TABLES, day, READINGS)
    assert "DATE '2024-01-26'" in scaled.select  # 34 days before
    assert "DATE '2024-02-01'" in tails.select  # 28 days before


@pytest.mark.parametrize("steps", [meter_days_step, baseline_steps, scores_steps])
def test_an_hour_of_no_readings_is_refused(steps: Callable[..., object]) -> None:
    with pytest.raises(UserError, match=r"expected_readings=0 is out of range\. Use 1 or more\."):
        steps(TABLES, find_date(TODAY), 0)


def test_times_are_utc(today: list[Row]) -> None:
    assert today[0]["time_hour_rolled"] == datetime(2024, 2, 29, tzinfo=UTC)
