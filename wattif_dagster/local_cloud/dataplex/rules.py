"""Data quality rules rendered as GoogleSQL.

Row-level rules become a condition per row; the others a query with one answer. Semantics follow
https://cloud.google.com/dataplex/docs/reference/rest/v1/DataQualityRule.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.cloud.dataplex_v1.types import DataQualityRule, DataQualitySpec

from . import preview
from .errors import ScanError
from .literals import NUMERIC_TYPES, quote_identifier, quote_string, render_literal
from .names import TableName

IGNORE_NULL_KINDS = frozenset(
    {"range_expectation", "set_expectation", "regex_expectation", "uniqueness_expectation"}
)
COLUMN_KINDS = IGNORE_NULL_KINDS | {
    "non_null_expectation",
    "statistic_range_expectation",
    preview.RULE_KIND,
}
ROW_KINDS = IGNORE_NULL_KINDS | {"non_null_expectation", "row_condition_expectation"}

_DATA_REFERENCE = re.compile(r"\$\{\s*data\(\s*\)\s*\}")
_STATISTICS = {
    DataQualityRule.StatisticRangeExpectation.ColumnStatistic.MEAN: "AVG",
    DataQualityRule.StatisticRangeExpectation.ColumnStatistic.MIN: "MIN",
    DataQualityRule.StatisticRangeExpectation.ColumnStatistic.MAX: "MAX",
}


def get_kind(rule: Any) -> str:
    """The field of the `rule_type` oneof that is set, the preview's too; empty when none is."""
    return preview.extend(rule).WhichOneof("rule_type") or ""


def has_detection(spec: DataQualitySpec) -> bool:
    """Whether the preview's anomaly detection is asked for."""
    return any(get_kind(rule) == preview.RULE_KIND for rule in spec.rules)


@dataclass(frozen=True)
class Data:
    """The rows a job looks at: a table, the filters on it, and its columns' types.

    `columns` maps names to GoogleSQL types (INT64, STRING ..); ARRAY for repeated ones.
    """

    table: TableName
    columns: Mapping[str, str]
    filters: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        """A parenthesised query, fit for a FROM clause."""
        where = " AND ".join(enclose(condition) for condition in self.filters)
        source = f"SELECT * FROM {quote_identifier(str(self.table))} AS t"
        return f"({source} WHERE {where})" if where else f"({source})"

    def expand(self, sql: str) -> str:
        """User SQL with `${data()}` replaced by these rows."""
        return _DATA_REFERENCE.sub(lambda _: self.sql, sql)

    def get_type(self, column: str) -> str:
        """The type of a top-level column, in any case of letters. Raises ScanError."""
        for name, column_type in self.columns.items():
            if name.lower() == column.lower():
                return column_type
        raise ScanError(f"table {self.table} has no column {column!r}")


def render_sample_filter(percent: float) -> str:
    """A condition that keeps about `percent` of the rows, the same ones in every query.

    Rows are drawn by a hash of their content, so that all rules, and the failing-rows query
    afterwards, see one sample. Equal rows are in or out together.
    """
    return f"ABS(MOD(FARM_FINGERPRINT(TO_JSON_STRING(t)), 100000)) < {round(percent * 1000)}"


def enclose(sql: str) -> str:
    """User SQL in parentheses which a trailing line comment cannot swallow."""
    return f"(\n{sql}\n)"


def render_row_condition(rule: DataQualityRule, data: Data) -> str:
    """A condition, never NULL, that holds for the rows passing a row-level rule.

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
    """`value` compared with one or both bounds."""
    parts = []
    if bounds.min_value:
        comparison = ">" if bounds.strict_min_enabled else ">="
        parts.append(f"{value} {comparison} {render_literal(bounds.min_value, value_type)}")
    if bounds.max_value:
        comparison = "<" if bounds.strict_max_enabled else "<="
        parts.append(f"{value} {comparison} {render_literal(bounds.max_value, value_type)}")
    return " AND ".join(parts)


def render_query(tested: Sequence[DataQualityRule], data: Data) -> str:
    """A query of one row: the number of rows; of each row-level rule the rows with NULL in its
    column and the rows passing; and the answer to `question` of each other rule.

    Where the answer to a question is not one row, this one is not either. Raises ScanError when a
    rule does not fit its column.
    """
    # DuckDB lets a question see the columns before it: their names are none that anybody types.
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
    """A query of one value for a rule that is not row-level: of a SQL assertion the number of rows
    it returns; of a statistic or table condition whether it passes, or NULL. A condition that is
    no aggregate has a value a row: the query then gives two."""
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
    """A query for the rows that do not pass a row-level rule."""
    failing = f"NOT {render_row_condition(rule, data)}"
    if rule.ignore_null:
        failing += f" AND {quote_identifier(rule.column)} IS NOT NULL"
    return f"SELECT * FROM {data.sql} WHERE {failing}"
