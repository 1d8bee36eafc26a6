"""Which data quality rules Dataplex accepts, for those who write scans and for the local Dataplex.

Source: https://cloud.google.com/dataplex/docs/reference/rest/v1/DataQualityRule.
"""

import re
from collections.abc import Iterator
from typing import TypeAlias

from google.cloud.dataplex_v1.types import DataQualityRule, DataQualitySpec

MAX_RULES = 1000
MAX_DEBUG_QUERIES = 1
MAX_RECIPIENTS = 5
MAX_DESCRIPTION = 1024

IGNORE_NULL_KINDS = frozenset(
    {"range_expectation", "set_expectation", "regex_expectation", "uniqueness_expectation"}
)
COLUMN_KINDS = IGNORE_NULL_KINDS | {"non_null_expectation", "statistic_range_expectation"}
ROW_KINDS = IGNORE_NULL_KINDS | {"non_null_expectation", "row_condition_expectation"}
"""Kinds of rules that hold for each row. The others hold for the table as a whole."""

Fault: TypeAlias = tuple[str, str]
"""The path of a field, in snake_case, and what is wrong with it."""

_NAME = re.compile(r"[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_DIMENSION = re.compile(r"[A-Z]{1,30}")
_TEMPLATE = re.compile(r"projects/[^/]+/locations/[^/]+/entryGroups/[^/]+/entries/[^/]+")
_COLUMN = re.compile(r"[^`\\\n.]{1,300}")
_SQL_FIELDS = {
    "row_condition_expectation": "sql_expression",
    "table_condition_expectation": "sql_expression",
    "sql_assertion": "sql_statement",
}


def find_spec_faults(spec: DataQualitySpec) -> Iterator[Fault]:
    """Yield what is wrong with the spec, its rules left aside."""
    if not 0 <= spec.sampling_percent <= 100:
        yield "sampling_percent", "must be in 0 to 100"
    if spec.row_filter:
        yield from _find_sql_faults(spec.row_filter, "row_filter")
    if not 1 <= len(spec.rules) <= MAX_RULES:
        yield "rules", f"1 to {MAX_RULES} are required"


def find_rule_faults(rule: DataQualityRule, kind: str, *, needs_column: bool) -> Iterator[Fault]:
    """Yield what is wrong with a rule whose expectation is of this kind."""
    if rule.name and not _NAME.fullmatch(rule.name):
        yield (
            "name",
            f"{rule.name!r} must be 1 to 63 letters, digits and '-', starting with a letter, "
            "not ending with '-'",
        )
    if rule.dimension and not _DIMENSION.fullmatch(rule.dimension):
        yield "dimension", f"{rule.dimension!r} must be 1 to 30 uppercase letters"
    yield from find_long_text(rule.description, MAX_DESCRIPTION, "description")
    if needs_column and not rule.column:
        yield "column", f"required by {kind}"
    if rule.column and not _COLUMN.fullmatch(rule.column):
        yield "column", f"{rule.column!r} is not a top-level column"
    if rule.ignore_null and kind not in IGNORE_NULL_KINDS:
        yield "ignore_null", f"not valid for {kind}"
    if not 0 <= rule.threshold <= 1:
        yield "threshold", f"must be in 0.0 to 1.0, not {rule.threshold:g}"
    if rule.threshold and kind not in ROW_KINDS:
        yield "threshold", f"not valid for {kind}"
    yield from _find_expectation_faults(rule, kind)
    yield from _find_debug_faults(rule)


def find_long_text(text: str, maximum: int, path: str) -> Iterator[Fault]:
    """Yield a fault when the text is too long."""
    if len(text) > maximum:
        yield path, f"at most {maximum} characters, not {len(text)}"


def _find_expectation_faults(rule: DataQualityRule, kind: str) -> Iterator[Fault]:
    if kind in _SQL_FIELDS:
        field = _SQL_FIELDS[kind]
        yield from _find_sql_faults(getattr(getattr(rule, kind), field), f"{kind}.{field}")
    match kind:
        case "set_expectation":
            if not rule.set_expectation.values:
                yield f"{kind}.values", "at least one value is required"
        case "regex_expectation":
            if not rule.regex_expectation.regex:
                yield f"{kind}.regex", "required"
        case "template_reference":
            if not _TEMPLATE.fullmatch(rule.template_reference.name):
                yield (
                    f"{kind}.name",
                    f"{rule.template_reference.name!r} must be the name of a catalog entry, "
                    "projects/PROJECT/locations/LOCATION/entryGroups/GROUP/entries/ENTRY",
                )
        case "statistic_range_expectation":
            if not rule.statistic_range_expectation.statistic:
                yield f"{kind}.statistic", "MEAN, MIN or MAX is required"
    if kind in ("range_expectation", "statistic_range_expectation"):
        bounds = getattr(rule, kind)
        if not bounds.min_value and not bounds.max_value:
            yield kind, "min_value or max_value is required"


def _find_debug_faults(rule: DataQualityRule) -> Iterator[Fault]:
    if len(rule.debug_queries) > MAX_DEBUG_QUERIES:
        yield "debug_queries", f"at most {MAX_DEBUG_QUERIES} is supported"
    for index, query in enumerate(rule.debug_queries):
        path = f"debug_queries[{index}]"
        yield from find_long_text(query.description, MAX_DESCRIPTION, f"{path}.description")
        yield from _find_sql_faults(query.sql_statement, f"{path}.sql_statement")


def _find_sql_faults(sql: str, path: str) -> Iterator[Fault]:
    if not sql.strip():
        yield path, "required"
    if ";" in sql:
        yield path, "must not contain semicolons"
