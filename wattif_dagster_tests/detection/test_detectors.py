"""The detectors' SQL, whatever it is asked of: BigQuery's, and of one contract."""

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
from wattif_dagster.detection.forecasts.queries import history_sql, rules_alone_sql
from wattif_dagster.detection.layered.queries import Tables
from wattif_dagster.errors import UserError
from wattif_dagster.settings.detection import LOCAL, DetectionOptions, DetectorName
from wattif_dagster_tests.support.detect_anomalies import STAND_IN, Parsed, parse

FORECASTING = [name for name in DETECTORS if name not in LOCAL]
READ = (schemas.HOURLY_CONSUMPTION, schemas.METER_REGISTRY)

Asked = tuple[Tables, date, int]

few = settings(max_examples=10, deadline=None)
"""sqlglot takes a tenth of a second for a query and its columns."""


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    """Any names that settings accept, day and readings of a complete hour."""
    project = draw(st.from_regex(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", fullmatch=True))
    dataset = draw(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,30}", fullmatch=True))
    day = draw(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
    return tables_in(project, dataset), day, draw(st.integers(1, 3600))


def tables_in(project: str, dataset: str) -> Tables:
    names = ("hourly_consumption", "consumption_baseline", "meter_registry", "a_model")
    return Tables(*(f"`{project}.{dataset}.{name}`" for name in names))


def schema_of(parsed: Parsed, tables: Tables) -> dict[str, Any]:
    """The tables' columns as sqlglot wants them: unquoted, a -- of the project begins a comment."""
    project, dataset, _ = tables.hourly_consumption.strip("`").split(".")
    there = {table.name: {c.name: c.type for c in table.columns} for table in READ}
    return {f"`{project}`": {dataset: there | {STAND_IN: parsed.columns}}}


def check_columns(query: exp.Expr, parsed: Parsed, tables: Tables) -> None:
    """Raises OptimizeError where a column is of no table or CTE."""
    project, dataset, _ = tables.hourly_consumption.strip("`").split(".")
    qualify(
        query.copy(),
        schema=schema_of(parsed, tables),
        dialect="bigquery",
        catalog=f"`{project}`",
        db=dataset,
    )


def tables_of(query: exp.Expr) -> set[str]:
    """The names of the tables read, CTEs left out."""
    ctes = {cte.alias for cte in query.find_all(exp.CTE)}
    found = (table.sql("bigquery") for table in query.find_all(exp.Table))
    return {re.sub(r" AS \w+$", "", name) for name in found} - ctes - {STAND_IN}


def test_every_name_has_a_detector() -> None:
    assert tuple(DETECTORS) == get_args(DetectorName)
    assert DetectionOptions().detector == "layered"
    assert [name for name, detector in DETECTORS.items() if detector.baseline] == list(LOCAL)


@pytest.mark.parametrize("name", FORECASTING)
@few
@given(asked=asked())
def test_the_scores_are_bigquerys_and_of_the_contract(name: DetectorName, asked: Asked) -> None:
    tables, day, readings = asked
    sql = DETECTORS[name].scores(*asked)
    assert "$" not in sql
    parsed = parse(sql)
    assert tuple(parsed.query.named_selects) == schemas.ANOMALY_SCORES.column_names
    assert parsed.query.args.get("order") is None  # BigQuery refuses to cluster such a result
    read = {tables.hourly_consumption, tables.meter_registry}
    for query in (parsed.query, *parsed.inputs):
        check_columns(query, parsed, tables)
        assert tables_of(query) <= read
    for given_to_it in parsed.inputs:
        assert given_to_it.named_selects == ["serial", "time_hour_rolled", "avg_kw"]
    literals = {literal.name for literal in parsed.query.find_all(exp.Literal)}
    assert {str(day), str(readings), "rule:missing", f"{name}:avg+", f"{name}:avg-"} <= literals


@pytest.mark.parametrize("name", FORECASTING)
@few
@given(asked=asked())
def test_while_nobody_can_be_judged_the_function_is_not_called(
    name: DetectorName, asked: Asked
) -> None:
    query: Any = sqlglot.parse_one(rules_alone_sql(name, *asked), read="bigquery")
    assert tuple(query.named_selects) == schemas.ANOMALY_SCORES.column_names
    assert not list(query.find_all(exp.Anonymous))
    history: Any = sqlglot.parse_one(history_sql(*asked), read="bigquery")
    assert history.named_selects == ["meters", "history_days"]
    assert tables_of(history) == {asked[0].hourly_consumption}


@few
@given(asked=asked())
@example(asked=(tables_in("two--hyphens", "d"), date(2000, 1, 1), 1))
def test_the_model_is_of_the_names_of_what_it_is_asked(asked: Asked) -> None:
    tables = asked[0]
    training = DETECTORS["arima_plus"].training
    assert training
    (statement,) = sqlglot.parse(training(*asked), read="bigquery")
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
    assert tables_of(query) == {tables.hourly_consumption}
    sql = DETECTORS["arima_plus"].scores(*asked)
    assert sql.count(f"ML.DETECT_ANOMALIES(\n    MODEL {tables.model},") == 1
    parsed = parse(sql)
    check_columns(query, parsed, tables)
    assert parsed.arguments[1:] == ["STRUCT(0.99 AS anomaly_prob_threshold)"]


@few
@given(asked=asked())
def test_timesfm_is_told_the_columns_of_both_queries(asked: Asked) -> None:
    parsed = parse(DETECTORS["ai_detect_anomalies"].scores(*asked))
    assert (parsed.function, len(parsed.inputs)) == ("AI", 2)
    assert parsed.arguments == [
        "data_col => 'avg_kw'",
        "timestamp_col => 'time_hour_rolled'",
        "model => 'TimesFM 2.5'",
        "id_cols => ['serial']",
        "anomaly_prob_threshold => 0.99",
    ]


@pytest.mark.parametrize("name", DETECTORS)
def test_an_hour_of_no_readings_is_refused(name: DetectorName) -> None:
    tables = Tables("hourly_consumption", "consumption_baseline", model="m")
    with pytest.raises(UserError, match="expected_readings=0 is out of range; use 1 or more"):
        DETECTORS[name].scores(tables, date(2024, 1, 1), 0)
