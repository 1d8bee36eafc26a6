"""Rules become one SQL statement that parses, whatever their values are."""

from collections.abc import Mapping

import pytest
import sqlglot
from google.cloud import dataplex_v1 as dp
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from wattif_dagster.local_cloud.dataplex import rules
from wattif_dagster.local_cloud.dataplex.errors import ApiError, ScanError
from wattif_dagster.local_cloud.dataplex.literals import (
    quote_identifier,
    quote_string,
    render_literal,
)
from wattif_dagster.local_cloud.dataplex.names import TableName
from wattif_dagster.local_cloud.dataplex.paging import take_page
from wattif_dagster.scan_rules import IGNORE_NULL_KINDS, ROW_KINDS

from .scans import row_condition, rule

TABLE = TableName("demo-project", "ds", "people")
TYPES = ["STRING", "INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC", "DATE", "TIMESTAMP", "BOOL"]

# Text with more quotes, escapes and comment signs than random text has.
hostile = st.text(st.one_of(st.sampled_from("'\"`\\\n\r;-#/*$(){}"), st.characters(codec="utf-8")))
numbers = st.one_of(
    st.integers().map(str),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)


def parse(sql: str) -> exp.Select:
    (statement,) = sqlglot.parse(sql, read="bigquery")
    assert isinstance(statement, exp.Select)
    return statement


@given(hostile)
def test_string_literal_is_one_token_with_the_same_value(value: str) -> None:
    select = parse(f"SELECT {quote_string(value)} AS v")
    assert [type(item.unalias()) for item in select.selects] == [exp.Literal]
    assert select.selects[0].unalias().this == value


@given(hostile)
def test_identifier_is_one_token_or_refused(name: str) -> None:
    try:
        sql = quote_identifier(name)
    except ScanError:
        assert not name or set(name) & set("`\\\n")
        return
    _, token = sqlglot.tokenize(f"SELECT {sql}", read="bigquery")
    assert token.text == name


@given(st.sampled_from(TYPES), st.one_of(hostile, numbers))
def test_literal_is_one_constant_or_refused(column_type: str, value: str) -> None:
    try:
        sql = render_literal(value, column_type)
    except ScanError:
        return
    constant = parse(f"SELECT x >= {sql} AS v").selects[0].unalias()
    assert isinstance(constant, exp.GTE)
    assert not list(constant.expression.find_all(exp.Column, exp.Subquery, exp.Binary))


@given(numbers)
def test_literal_keeps_the_value_of_a_number(value: str) -> None:
    assert float(render_literal(value, "FLOAT64")) == float(value)


@pytest.mark.parametrize(
    "value", ["", "abc", "1 OR 1=1", "nan", "inf", "0x10", "1e", "--5", "\u0661"]
)
@pytest.mark.parametrize("column_type", ["INT64", "FLOAT64", "NUMERIC"])
def test_literal_refuses_text_that_is_no_number(value: str, column_type: str) -> None:
    with pytest.raises(ScanError, match="is not a number"):
        render_literal(value, column_type)


@pytest.mark.parametrize("column_type", ["BYTES", "JSON", "ARRAY", "STRUCT", "GEOGRAPHY"])
def test_literal_refuses_types_without_an_order(column_type: str) -> None:
    with pytest.raises(ScanError, match=column_type):
        render_literal("1", column_type)


def one_rule(kind: str, values: list[str], *, strict: bool, ignore_null: bool):
    expectation = {
        "range_expectation": {
            "min_value": values[0],
            "max_value": values[-1],
            "strict_min_enabled": strict,
            "strict_max_enabled": not strict,
        },
        "set_expectation": {"values": values},
        "regex_expectation": {"regex": values[0]},
    }.get(kind, {})
    fields = {"ignore_null": ignore_null} if kind in IGNORE_NULL_KINDS else {}
    return rule(kind, expectation, column="c", **fields)


@given(
    kind=st.sampled_from(sorted(ROW_KINDS - {"row_condition_expectation"})),
    values=st.lists(st.one_of(hostile, numbers).filter(bool), min_size=1, max_size=4),
    column_type=st.sampled_from(TYPES),
    strict=st.booleans(),
    ignore_null=st.booleans(),
    sampled=st.booleans(),
)
def test_row_rules_render_to_one_select(
    kind: str,
    values: list[str],
    column_type: str,
    strict: bool,
    ignore_null: bool,
    sampled: bool,
) -> None:
    tested = one_rule(kind, values, strict=strict, ignore_null=ignore_null)
    filters = ("c IS NOT NULL -- or so", *([rules.render_sample_filter(12.5)] if sampled else []))
    data = rules.Data(TABLE, {"c": column_type}, filters)
    try:
        asked = parse(rules.render_query([tested, tested], data))
        failing = parse(rules.render_failing_rows(tested, data))
    except ScanError:
        return
    (counts,) = (
        table.this for table in asked.find_all(exp.Subquery) if table.parent_select is asked
    )
    assert counts.named_selects == [
        f"_wattif_{name}" for name in ("total", "nulls_0", "passed_0", "nulls_1", "passed_1")
    ]
    assert tables(failing) == tables(asked) == {"people"}


def tables(statement: exp.Select) -> set[str]:
    return {table.name for table in statement.find_all(exp.Table)}


@given(
    bounds=st.fixed_dictionaries({}, optional={"min_value": numbers, "max_value": numbers}).filter(
        bool
    ),
    statistic=st.sampled_from(["MEAN", "MIN", "MAX"]),
)
def test_statistics_render_to_one_select(bounds: Mapping[str, str], statistic: str) -> None:
    tested = rule("statistic_range_expectation", {"statistic": statistic, **bounds}, column="c")
    select = parse(rules.render_question(tested, rules.Data(TABLE, {"c": "FLOAT64"})))
    assert select.named_selects == ["answer"]


def test_data_reference_keeps_escapes_of_the_filter() -> None:
    data = rules.Data(TABLE, {}, (r"REGEXP_CONTAINS(c, r'\d\1')",))
    sql = rules.render_question(
        rule(
            "sql_assertion",
            {"sql_statement": "SELECT * FROM ${data()} JOIN ${ data( ) } USING (c)"},
        ),
        data,
    )
    assert sql.count(r"r'\d\1'") == 2
    assert "${" not in sql


def test_row_condition_refuses_an_aggregate_rule() -> None:
    with pytest.raises(ValueError, match="sql_assertion is not a row-level rule"):
        rules.render_row_condition(
            rule("sql_assertion", column="c"), rules.Data(TABLE, {"c": "STRING"})
        )
    assert rules.get_kind(dp.DataQualityRule()) == ""
    assert rules.get_kind(row_condition("TRUE")) == "row_condition_expectation"


@given(
    items=st.sets(st.text()),
    size=st.integers(1, 7),
    descending=st.booleans(),
    removed=st.sets(st.text()),
)
def test_pages_contain_every_item_once(
    items: set[str], size: int, descending: bool, removed: set[str]
) -> None:
    remaining = sorted(items, reverse=descending)
    seen: list[str] = []
    token = ""
    while True:
        found, token = take_page(
            remaining,
            str,
            size=size,
            default_size=5,
            token=token,
            scope="s",
            descending=descending,
        )
        seen += found
        if not token:
            break
        remaining = [item for item in remaining if item not in removed or item in seen]
    assert seen == sorted(set(seen), reverse=descending)
    assert items - removed <= set(seen) <= items


@given(st.text())
def test_take_page_refuses_foreign_tokens(token: str) -> None:
    if not token:
        return
    with pytest.raises(ApiError, match="page_token"):
        take_page([], str, size=1, default_size=1, token=token, scope="s")
