"""The detectors' SQL for any arguments: valid BigQuery SQL that keeps one contract."""

import re
from datetime import date
from typing import Any, get_args

import pytest
import sqlglot
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

from wattif_dagster import schemas
from wattif_dagster.detection.detectors import DETECTORS
from wattif_dagster.detection.forecasts.queries import history_sql, rules_alone_steps
from wattif_dagster.detection.steps import Tables
from wattif_dagster.errors import UserError
from wattif_dagster.settings.detection import LOCAL_DETECTORS, DetectionOptions, DetectorName
from wattif_dagster_tests.support.detect_anomalies import STAND_IN, Parsed, parse

FORECASTING = [name for name in DETECTORS if name not in LOCAL_DETECTORS]
READ = (schemas.HOURLY_CONSUMPTION, schemas.METER_DAYS, schemas.METER_REGISTRY)

Arguments = tuple[Tables, date, int]

few = settings(max_examples=10)
"""sqlglot takes a tenth of a second for a query and its columns."""


@st.composite
def draw_arguments(draw: st.DrawFn) -> Arguments:
    """Any names that settings accept, day and readings of a complete hour."""
    project = draw(st.from_regex(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", fullmatch=True))
    dataset = draw(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,30}", fullmatch=True))
    day = draw(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
    return name_tables(project, dataset), day, draw(st.integers(1, 3600))


def name_tables(project: str, dataset: str) -> Tables:
    name = f"`{project}.{dataset}.{{}}`"
    return Tables(name, registry=True, model=name.format("a_model"))


def make_schema(parsed: Parsed, tables: Tables) -> dict[str, Any]:
    """Make the tables' schema for sqlglot: unquoted, a -- of the project would begin a comment."""
    project, dataset, _ = tables.quoted(schemas.HOURLY_CONSUMPTION).strip("`").split(".")
    there = {table.name: {c.name: c.type for c in table.columns} for table in READ}
    return {f"`{project}`": {dataset: there | {STAND_IN: parsed.columns}}}


def check_columns(query: exp.Expr, parsed: Parsed, tables: Tables) -> None:
    """Raise OptimizeError where a column is in no table or CTE."""
    project, dataset, _ = tables.quoted(schemas.HOURLY_CONSUMPTION).strip("`").split(".")
    qualify(
        query.copy(),
        schema=make_schema(parsed, tables),
        dialect="bigquery",
        catalog=f"`{project}`",
        db=dataset,
    )


def find_tables(query: exp.Expr) -> set[str]:
    """Find the names of the tables that the query reads, without CTEs."""
    ctes = {cte.alias for cte in query.find_all(exp.CTE)}
    found = (table.sql("bigquery") for table in query.find_all(exp.Table))
    return {re.sub(r" AS \w+$", "", name) for name in found} - ctes - {STAND_IN}


def list_arguments(parsed: Parsed) -> list[str]:
    return [argument.sql("bigquery") for argument in parsed.arguments]


def test_every_name_has_a_detector() -> None:
    assert tuple(DETECTORS) == get_args(DetectorName)
    assert DetectionOptions().detector == "layered"
    assert [name for name, detector in DETECTORS.items() if detector.baseline] == list(
        LOCAL_DETECTORS
    )


@pytest.mark.parametrize("name", FORECASTING)
@few
@given(arguments=draw_arguments())
def test_scores_are_valid_bigquery_sql_of_the_contract(
    name: DetectorName, arguments: Arguments
) -> None:
    tables, day, readings = arguments
    (step,) = DETECTORS[name].scores(*arguments)
    sql = step.select
    assert "$" not in sql
    parsed = parse(sql)
    assert tuple(parsed.query.named_selects) == schemas.ANOMALY_SCORES.column_names
    assert parsed.query.args.get("order") is None  # BigQuery refuses to cluster such a result
    tables_read = (schemas.HOURLY_CONSUMPTION, schemas.METER_DAYS, schemas.METER_REGISTRY)
    read = set(map(tables.quoted, tables_read))
    for query in (parsed.query, parsed.given):
        check_columns(query, parsed, tables)
        assert find_tables(query) <= read
    assert parsed.given.named_selects == ["serial", "time_hour_rolled", "avg_kw"]
    literals = {literal.name for literal in parsed.query.find_all(exp.Literal)}
    assert {str(day), str(readings), "rule:missing", f"{name}:avg+", f"{name}:avg-"} <= literals


@pytest.mark.parametrize("name", FORECASTING)
@few
@given(arguments=draw_arguments())
def test_rules_alone_do_not_call_the_function(name: DetectorName, arguments: Arguments) -> None:
    (step,) = rules_alone_steps(name, *arguments)
    query: Any = sqlglot.parse_one(step.select, read="bigquery")
    assert tuple(query.named_selects) == schemas.ANOMALY_SCORES.column_names
    assert not list(query.find_all(exp.Anonymous))
    history: Any = sqlglot.parse_one(history_sql(*arguments), read="bigquery")
    assert history.named_selects == ["meters", "history_days"]
    assert find_tables(history) == {arguments[0].quoted(schemas.HOURLY_CONSUMPTION)}


@few
@given(arguments=draw_arguments())
@example(arguments=(name_tables("two--hyphens", "d"), date(2000, 1, 1), 1))
def test_training_and_scores_name_the_same_model_and_columns(arguments: Arguments) -> None:
    tables = arguments[0]
    training = DETECTORS["arima_plus"].training
    assert training
    (statement,) = sqlglot.parse(training(*arguments), read="bigquery")
    assert isinstance(statement, exp.Create)
    assert (statement.args["kind"], statement.args["replace"]) == ("MODEL", True)
    assert statement.this.sql("bigquery") == tables.model
    options = {p.name: p.args["value"].name for p in statement.find_all(exp.Property)}
    assert options == {
        "MODEL_TYPE": "ARIMA_PLUS",
        "TIME_SERIES_TIMESTAMP_COL": "time_hour_rolled",
        "TIME_SERIES_DATA_COL": "avg_kw",
        "TIME_SERIES_ID_COL": "serial",
        "DATA_FREQUENCY": "HOURLY",
        "HORIZON": "192",
    }
    query = statement.expression
    assert query.named_selects == ["serial", "time_hour_rolled", "avg_kw"]
    assert find_tables(query) == {tables.quoted(schemas.HOURLY_CONSUMPTION)}
    (step,) = DETECTORS["arima_plus"].scores(*arguments)
    sql = step.select
    assert sql.count(f"ML.DETECT_ANOMALIES(\n    MODEL {tables.model},") == 1
    parsed = parse(sql)
    check_columns(query, parsed, tables)
    assert list_arguments(parsed)[1:] == ["STRUCT(0.99 AS anomaly_prob_threshold)"]


@few
@given(arguments=draw_arguments())
def test_timesfm_gets_the_names_of_the_columns(arguments: Arguments) -> None:
    (step,) = DETECTORS["ai_detect_anomalies"].scores(*arguments)
    parsed = parse(step.select)
    assert parsed.function == "AI"
    day = arguments[1]
    assert list_arguments(parsed) == [
        "data_col => 'avg_kw'",
        "timestamp_col => 'time_hour_rolled'",
        f"target_start_timestamp => TIMESTAMP_SUB(CAST('{day}' AS TIMESTAMP), INTERVAL '1' HOUR)",
        "model => 'TimesFM 2.5'",
        "id_cols => ['serial']",
        "anomaly_prob_threshold => 0.99",
    ]


@pytest.mark.parametrize("name", DETECTORS)
def test_scores_refuse_an_hour_without_readings(name: DetectorName) -> None:
    tables = Tables(model="m")
    with pytest.raises(UserError, match=r"expected_readings=0 is out of range\. Use 1 or more\."):
        DETECTORS[name].scores(tables, date(2024, 1, 1), 0)
