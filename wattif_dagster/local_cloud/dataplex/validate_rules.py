"""Checks a data quality rule before its scan is stored."""

import re

from google.cloud.dataplex_v1.types import DataQualityRule

from . import preview
from .errors import invalid_argument, unimplemented
from .rules import COLUMN_KINDS, IGNORE_NULL_KINDS, ROW_KINDS, get_kind
from .validate_preview import check_detection

MAX_DEBUG_QUERIES = 1
MAX_DESCRIPTION = 1024

_NAME = re.compile(r"[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_DIMENSION = re.compile(r"[A-Z]{1,30}")


def check_rule(rule: DataQualityRule, field: str) -> None:
    """Check a rule. `field` is its path. Raises ApiError, which names the field."""
    rule_kind = get_kind(rule)
    if not rule_kind:
        raise invalid_argument(f"{field}: one rule type is required")
    if rule_kind == "template_reference":
        raise unimplemented(f"{field}.template_reference")
    _check_common(rule, field)
    if rule_kind in COLUMN_KINDS and not rule.column:
        raise invalid_argument(f"{field}.column: required by {rule_kind}")
    if rule.ignore_null and rule_kind not in IGNORE_NULL_KINDS:
        raise invalid_argument(f"{field}.ignore_null: not valid for {rule_kind}")
    if not 0 <= rule.threshold <= 1:
        raise invalid_argument(f"{field}.threshold: must be in 0.0 to 1.0, not {rule.threshold}")
    if rule.threshold and rule_kind not in ROW_KINDS:
        raise invalid_argument(f"{field}.threshold: not valid for {rule_kind}")
    _check_expectation(rule, rule_kind, f"{field}.{rule_kind}")
    _check_debug_queries(rule, f"{field}.debug_queries")


def _check_common(rule: DataQualityRule, field: str) -> None:
    if rule.name and not _NAME.fullmatch(rule.name):
        raise invalid_argument(
            f"{field}.name: {rule.name!r} must be 1 to 63 letters, digits and '-', "
            "starting with a letter, not ending with '-'"
        )
    if rule.dimension and not _DIMENSION.fullmatch(rule.dimension):
        raise invalid_argument(
            f"{field}.dimension: {rule.dimension!r} must be 1 to 30 uppercase letters"
        )
    check_length(rule.description, MAX_DESCRIPTION, f"{field}.description")


def _check_expectation(rule: DataQualityRule, rule_kind: str, field: str) -> None:
    match rule_kind:
        case "range_expectation":
            _check_bounds(rule.range_expectation, field)
        case "statistic_range_expectation":
            if not rule.statistic_range_expectation.statistic:
                raise invalid_argument(f"{field}.statistic: MEAN, MIN or MAX is required")
            _check_bounds(rule.statistic_range_expectation, field)
        case "set_expectation":
            if not rule.set_expectation.values:
                raise invalid_argument(f"{field}.values: at least one value is required")
        case "regex_expectation":
            if not rule.regex_expectation.regex:
                raise invalid_argument(f"{field}.regex: required")
        case "row_condition_expectation":
            check_sql(rule.row_condition_expectation.sql_expression, f"{field}.sql_expression")
        case "table_condition_expectation":
            check_sql(rule.table_condition_expectation.sql_expression, f"{field}.sql_expression")
        case "sql_assertion":
            check_sql(rule.sql_assertion.sql_statement, f"{field}.sql_statement")
        case preview.RULE_KIND:
            check_detection(preview.extend(rule).data_anomaly_detection, field)


def _check_bounds(
    bounds: DataQualityRule.RangeExpectation | DataQualityRule.StatisticRangeExpectation,
    field: str,
) -> None:
    if not bounds.min_value and not bounds.max_value:
        raise invalid_argument(f"{field}: min_value or max_value is required")


def _check_debug_queries(rule: DataQualityRule, field: str) -> None:
    if len(rule.debug_queries) > MAX_DEBUG_QUERIES:
        raise invalid_argument(f"{field}: at most {MAX_DEBUG_QUERIES} is supported")
    for index, query in enumerate(rule.debug_queries):
        check_length(query.description, MAX_DESCRIPTION, f"{field}[{index}].description")
        check_sql(query.sql_statement, f"{field}[{index}].sql_statement")


def check_sql(sql: str, field: str) -> None:
    """Check that user SQL is not empty and has no semicolon. Raises ApiError INVALID_ARGUMENT."""
    if not sql.strip():
        raise invalid_argument(f"{field}: required")
    if ";" in sql:
        raise invalid_argument(f"{field}: must not contain semicolons")


def check_length(text: str, maximum: int, field: str) -> None:
    """Raise ApiError INVALID_ARGUMENT when the text is too long."""
    if len(text) > maximum:
        raise invalid_argument(f"{field}: at most {maximum} characters, not {len(text)}")
