"""The scores made from a forecast, and its history. DuckDB runs all but the forecast.

A table stands in for Google's function, with the columns that its reference names.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlglot import exp

from wattif_dagster import schemas
from wattif_dagster.detection.detectors import DETECTORS
from wattif_dagster.detection.forecasts.queries import history_sql, rules_alone_steps
from wattif_dagster.settings.detection import LOCAL_DETECTORS, DetectorName
from wattif_dagster_tests.support.detect_anomalies import STAND_IN, parse
from wattif_dagster_tests.support.homes import (
    READINGS,
    TABLES,
    Homes,
    Row,
    Warehouse,
    find_date,
    select_meter,
    translate,
    write_serial,
)

METERS, DAYS = 6, 51
TODAY = DAYS - 2
OLD, MISSING, YOUNG, NEW, WEEK_OLD, UNKNOWN = range(METERS)
LOW, HIGH = 2.0, 4.0
NEVER_SCORED = 12
"""An hour for which the function gives NULLs."""

ARGUMENTS = replace(TABLES, model="`p.d.m`"), find_date(TODAY), READINGS


@pytest.fixture(scope="module", params=[name for name in DETECTORS if name not in LOCAL_DETECTORS])
def name(request: pytest.FixtureRequest) -> DetectorName:
    return request.param


@pytest.fixture(scope="module")
def warehouse() -> Warehouse:
    homes = Homes.clean(METERS, DAYS)
    homes.avg[:, TODAY] = 3.0
    homes.avg[OLD, TODAY, 7] = 5.0
    homes.avg[OLD, TODAY, 8] = 1.0
    homes.count[OLD, TODAY - 1, 5] = READINGS - 1
    homes.count[MISSING, TODAY, 3] = 0
    homes.count[MISSING, TODAY, 4] = READINGS - 1
    homes.installed = {YOUNG: TODAY - 20, NEW: TODAY - 6, WEEK_OLD: TODAY - 7}
    return Warehouse(homes, range(0))


@pytest.fixture(scope="module")
def rows(warehouse: Warehouse, name: DetectorName) -> list[Row]:
    """The day's rows by meter and hour; the function scores OLD, MISSING and YOUNG."""
    parsed = parse(DETECTORS[name].scores(*ARGUMENTS)[0].select)
    columns = ", ".join(f"{column} {kind}" for column, kind in parsed.columns.items())
    make = translate(f"CREATE OR REPLACE TABLE {STAND_IN} ({columns})")
    warehouse.connection.execute(make)
    for row in run(warehouse, parsed.target):
        if row["serial"] not in map(write_serial, (OLD, MISSING, YOUNG)):
            continue
        time = row["time_hour_rolled"]
        far = abs(row["avg_kw"] - 3) > 1
        scored = (far, LOW, HIGH, 0.9999 if far else 0.1)
        if time.hour == NEVER_SCORED:
            scored = (None,) * 4
        warehouse.connection.execute(
            f"INSERT INTO {STAND_IN} VALUES ({', '.join('?' * 7)})",
            [row["serial"], str(time), row["avg_kw"], *scored],
        )
    found = run(warehouse, parsed.query)
    return sorted(found, key=lambda row: (row["serial"], row["time_hour_rolled"]))


def run(warehouse: Warehouse, query: exp.Select) -> list[Row]:
    return warehouse.query(query.sql("bigquery"))


def find_days(rows: list[Row]) -> dict[str, set[Any]]:
    """Find the days of each meter."""
    days: dict[str, set[Any]] = {}
    for row in rows:
        days.setdefault(row["serial"], set()).add(row["time_hour_rolled"].date())
    return days


def test_every_expected_meter_and_hour_has_a_row(rows: list[Row]) -> None:
    assert tuple(rows[0]) == schemas.ANOMALY_SCORES.column_names
    assert len(rows) == METERS * 24
    assert len({(row["serial"], row["time_hour_rolled"]) for row in rows}) == len(rows)


def test_forecast_is_written_as_the_contract_says(rows: list[Row], name: DetectorName) -> None:
    hours = select_meter(rows, OLD)
    above, below, usual = hours[7], hours[8], hours[9]
    assert (above["reason"], below["reason"]) == (f"{name}:avg+", f"{name}:avg-")
    assert above["anomaly_probability"] == below["anomaly_probability"] == 0.9999
    assert (usual["anomaly_probability"], usual["score"]) == (0.1, 0)
    for hour in (above, below, usual):
        assert (hour["lower"], hour["upper"]) == (LOW, HIGH)
        assert not hour["provisional"]
    # 2 kW from the middle of bounds that lie 1 kW, or 2.576 standard deviations, from it.
    assert above["score"] == below["score"] == pytest.approx(5.152, abs=1e-3)


def test_broken_rule_is_certain_and_missing_hour_has_no_bounds(
    rows: list[Row], name: DetectorName
) -> None:
    missing, incomplete, whole = select_meter(rows, MISSING)[3:6]
    for hour in (missing, incomplete):
        assert (hour["reason"], hour["anomaly_probability"]) == ("rule:missing", 1)
        assert hour["score"] is None
    assert (missing["lower"], incomplete["lower"]) == (None, LOW)
    assert whole["reason"] == f"{name}:avg+"


@pytest.mark.parametrize(("meter", "hour"), [(OLD, NEVER_SCORED), (NEW, 5), (UNKNOWN, 5)])
def test_hours_the_function_does_not_score_are_unknown(
    rows: list[Row], meter: int, hour: int
) -> None:
    row = select_meter(rows, meter)[hour]
    for column in ("score", "anomaly_probability", "lower", "upper", "reason"):
        assert row[column] is None


def test_scores_are_provisional_without_six_weeks(rows: list[Row]) -> None:
    provisional = {row["serial"] for row in rows if row["provisional"]}
    assert provisional == {write_serial(YOUNG), write_serial(NEW), write_serial(WEEK_OLD)}


def test_history_is_the_complete_hours_before_the_day(
    warehouse: Warehouse, name: DetectorName
) -> None:
    parsed = parse(DETECTORS[name].scores(*ARGUMENTS)[0].select)
    target = run(warehouse, parsed.target)
    trained = DETECTORS[name].training
    history = read_training_rows(warehouse) if trained else run(warehouse, parsed.history)
    today = ARGUMENTS[1]
    weeks = {today - timedelta(days=n) for n in range(1, 43)}
    assert find_days(history)[write_serial(OLD)] == weeks
    assert find_days(history)[write_serial(YOUNG)] == {
        today - timedelta(days=n) for n in range(1, 21)
    }
    assert len(find_days(history)[write_serial(WEEK_OLD)]) == 7
    assert write_serial(NEW) not in find_days(history)
    assert len(select_meter(history, OLD)) == 42 * 24 - 1  # an incomplete hour
    assert set().union(*find_days(target).values()) == {today}
    assert len(select_meter(target, OLD)) == 24
    assert len(select_meter(target, MISSING)) == 23


def read_training_rows(warehouse: Warehouse) -> list[Row]:
    """Read the rows that the day's model is trained on."""
    training = DETECTORS["arima_plus"].training
    assert training
    _, query = training(*ARGUMENTS).split("\nAS\n")
    return warehouse.query(query)


def test_rules_alone_score_before_the_first_week_is_over(
    warehouse: Warehouse, name: DetectorName
) -> None:
    early = TABLES, find_date(3), READINGS
    assert warehouse.query(history_sql(*early)) == [{"meters": 0, "history_days": 0}]
    assert warehouse.query(history_sql(*ARGUMENTS)) == [{"meters": 5, "history_days": 42}]
    first = warehouse.query(rules_alone_steps(name, *early)[0].select)
    assert len(first) == 3 * 24  # the meters seen by then
    assert {row["anomaly_probability"] for row in first} == {None}
    assert all(row["provisional"] for row in first)
    late = warehouse.query(rules_alone_steps(name, *ARGUMENTS)[0].select)
    assert {row["reason"] for row in late} == {None, "rule:missing"}
