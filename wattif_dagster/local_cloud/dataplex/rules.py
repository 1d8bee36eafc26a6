"""Renders data quality rules as GoogleSQL.

A row-level rule becomes a condition on each row. Another rule becomes a query with one value.
Source of the semantics:
https://cloud.google.com/dataplex/docs/reference/rest/v1/DataQualityRule.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.cloud.dataplex_v1.types import DataQualityRule, DataQualitySpec

from wattif_dagster.scan_rules import ROW_KINDS

from . import preview
from .errors import ScanError
from .literals import NUMERIC_TYPES, quote_identifier, quote_string, render_literal
from .names import TableName

_DATA_REFERENCE = re.compile(r"\$\{\s*data\(\s*\)\s*\}")
_STATISTICS = {
    DataQualityRule.StatisticRangeExpectation.ColumnStatistic.MEAN: "AVG",
    DataQualityRule.StatisticRangeExpectation.ColumnStatistic.MIN: "MIN",
    DataQualityRule.StatisticRangeExpectation.ColumnStatistic.MAX: "MAX",
}


def get_kind(rule: Any) -> str:
    """The set field of the `rule_type` oneof, also of the preview, or "" when none is set."""
    return preview.extend(rule).WhichOneof("rule_type") or ""


def has_detection(spec: DataQualitySpec) -> bool:
    """Whether a rule uses the preview's anomaly detection."""
    return any(get_kind(rule) == preview.RULE_KIND for rule in spec.rules)


@dataclass(frozen=True)
class Data:
    """The rows of a job: a table, filters, and the types of its columns.

    `columns` maps names to GoogleSQL types, e.g. INT64, and repeated columns to ARRAY.
    """

    table: TableName
    columns: Mapping[str, str]
    filters: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        """A query in parentheses for a FROM clause."""
        where = " AND ".join(enclose(condition) for condition in self.filters)
        source = f"SELECT * FROM {quote_identifier(str(self.table))} AS t"
        return f"({source} WHERE {where})" if where else f"({source})"

    def expand(self, sql: str) -> str:
        """User SQL with `${data()}` replaced by these rows."""
        return _DATA_REFERENCE.sub(lambda _: self.sql, sql)

    def get_type(self, column: str) -> str:
        """The type of a top-level column. Upper and lower case are equal. Raises ScanError."""
        for name, column_type in self.columns.items():
            if name.lower() == column.lower():
                return column_type
        raise ScanError(f"table {self.table} has no column {column!r}")


def render_sample_filter(percent: float) -> str:
    """A condition that selects about `percent` of the rows, the same rows in every query.

    A hash of their content selects rows, so all rules and the failing-rows query use one sample.
    Equal rows are all in the sample or all out of it.
    """
    return f"ABS(MOD(FARM_FINGERPRINT(TO_JSON_STRING(t)), 100000)) < {round(percent * 1000)}"


def enclose(sql: str) -> str:
    """User SQL in parentheses. A line comment at its end does not hide the last one."""
    return f"(\n{sql}\n)"


def render_row_condition(rule: DataQualityRule, data: Data) -> str:
    """A condition that is true for rows that pass a row-level rule, else false, and never NULL.

    Raises ScanError when the rule does not fit the column.
    """
    return f"IFNULL({enclose(_render_nullable_condition(rule, data))}, FALSE)"


def _render_nullable_condition(rule: DataQualityRule, data: Data) -> str:
    if get_kind(rule) == "row_condition_expectation":
        return data.expand(rule.row_condition_expectation.sql_expression)
    column, column_type = quote_identifier(rule.column), data.get_type(rule.column)
    match get_kind(rule):
        case "non_null_expectation":
            return f"{column} IS NOT NULL"
        case "range_expectation":
            return _render_bounds(column, rule.range_expectation, column_type)
        case "set_expectation":
            values = (render_literal(value, column_type) for value in rule.set_expectation.values)
            return f"{column} IN ({', '.join(values)})"
        case "regex_expectation":
            if column_type != "STRING":
                raise ScanError(f"a regex needs a STRING column; {rule.column} is {column_type}")
            return f"REGEXP_CONTAINS({column}, {quote_string(rule.regex_expectation.regex)})"
        case "uniqueness_expectation":
            once = f"SELECT {column} FROM {data.sql} GROUP BY {column} HAVING COUNT(*) = 1"
            return f"{column} IN ({once})"
        case other:
            raise ValueError(f"{other} is not a row-level rule")


def _render_bounds(
    value: str,
    bounds: DataQualityRule.RangeExpectation | DataQualityRule.StatisticRangeExpectation,
    value_type: str,
) -> str:
    """A condition that compares `value` with one or both bounds."""
    parts = []
    if bounds.min_value:
        comparison = ">" if bounds.strict_min_enabled else ">="
        parts.append(f"{value} {comparison} {render_literal(bounds.min_value, value_type)}")
    if bounds.max_value:
        comparison = "<" if bounds.strict_max_enabled else "<="
        parts.append(f"{value} {comparison} {render_literal(bounds.max_value, value_type)}")
    return " AND ".join(parts)


def render_query(tested: Sequence[DataQualityRule], data: Data) -> str:
    """A query whose one row answers all rules.

    The first column is the number of rows. Each row-level rule has two columns: the number of rows
    with NULL in its column, and the number of passing rows. At the end, each other rule has the
    value of `render_question`.
    If a question does not return one row, the query does not either. Raises ScanError when a rule
    does not fit its column.
    """
    # In DuckDB a question can see the columns before it, so their names are unusual.
    counts = ["COUNT(*) AS _wattif_total"]
    questions = []
    for number, rule in enumerate(tested):
        if get_kind(rule) in ROW_KINDS:
            nulls = f"COUNTIF({quote_identifier(rule.column)} IS NULL)" if rule.column else "0"
            counts.append(f"{nulls} AS _wattif_nulls_{number}")
            counts.append(f"COUNTIF({render_row_condition(rule, data)}) AS _wattif_passed_{number}")
        else:
            questions.append(f"({render_question(rule, data, f'_wattif_answer_{number}')})")
    sources = [f"(SELECT {', '.join(counts)} FROM {data.sql})", *questions]
    return f"SELECT * FROM {' CROSS JOIN '.join(sources)}"


def render_question(rule: DataQualityRule, data: Data, name: str = "answer") -> str:
    """A query of one value for a rule that is not row-level.

    The value is the number of rows that a SQL assertion returns. For a statistic or a table
    condition it is whether the rule passes, or NULL. A condition without an aggregate has one value
    per row, and the query then returns two rows. Raises ScanError as `render_query`.
    """
    match get_kind(rule):
        case "sql_assertion":
            asserted = enclose(data.expand(rule.sql_assertion.sql_statement))
            return f"SELECT COUNT(*) AS {name} FROM {asserted}"
        case "table_condition_expectation":
            condition = data.expand(rule.table_condition_expectation.sql_expression)
        case _:
            condition = _render_statistic_condition(rule, data)
    return f"SELECT {enclose(condition)} AS {name} FROM {data.sql} LIMIT 2"


def _render_statistic_condition(rule: DataQualityRule, data: Data) -> str:
    column_type = data.get_type(rule.column)
    if column_type not in NUMERIC_TYPES:
        raise ScanError(f"a statistic needs a number; {rule.column} is {column_type}")
    expectation = rule.statistic_range_expectation
    statistic = f"{_STATISTICS[expectation.statistic]}({quote_identifier(rule.column)})"
    return _render_bounds(statistic, expectation, "FLOAT64")


def render_failing_rows(rule: DataQualityRule, data: Data) -> str:
    """A query for the rows that fail a row-level rule."""
    failing = f"NOT {render_row_condition(rule, data)}"
    if rule.ignore_null:
        failing += f" AND {quote_identifier(rule.column)} IS NOT NULL"
    return f"SELECT * FROM {data.sql} WHERE {failing}"
