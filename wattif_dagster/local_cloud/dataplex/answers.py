"""Asks BigQuery for the results of rules, in one query or, after an error, in one per rule."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from google.cloud.dataplex_v1.types import DataQualityRule, DataQualityRuleResult

from wattif_dagster.scan_rules import ROW_KINDS

from . import rules
from .errors import ScanError
from .warehouse import Rows

Query = Callable[[str], Rows]


def answer_rules(
    asked: Mapping[int, DataQualityRule], data: rules.Data, query: Query
) -> tuple[int, dict[int, DataQualityRuleResult]]:
    """The number of rows, and the results of the rules by their number.

    Raises ScanError, which names the failing rule.
    """
    try:
        total, *values = _take_one_row(query(rules.render_query(list(asked.values()), data)))
    except ScanError:
        if not asked:
            raise
        total, results = answer_rules({}, data, query)  # raises when the filter is at fault
        for number, rule in asked.items():
            with name_rule(rule):
                results[number] = _answer_alone(rule, data, query)
        return total, results
    in_rows = [number for number, rule in asked.items() if rules.get_kind(rule) in ROW_KINDS]
    counts, others = values[: 2 * len(in_rows)], iter(values[2 * len(in_rows) :])
    pairs = iter(zip(counts[::2], counts[1::2], strict=True))
    return total, {
        number: _judge_rows(rule, data, total, *next(pairs))
        if number in in_rows
        else _judge_answer(rule, next(others))
        for number, rule in asked.items()
    }


@contextmanager
def name_rule(rule: DataQualityRule) -> Iterator[None]:
    """Add the name of the rule to a ScanError from the block."""
    try:
        yield
    except ScanError as error:
        raise ScanError(f"rule {rule.name or rules.get_kind(rule)}: {error}") from error


def _answer_alone(rule: DataQualityRule, data: rules.Data, query: Query) -> DataQualityRuleResult:
    if rules.get_kind(rule) in ROW_KINDS:
        return _judge_rows(rule, data, *_take_one_row(query(rules.render_query([rule], data))))
    (answer,) = _take_one_row(query(rules.render_question(rule, data)))
    return _judge_answer(rule, answer)


def _take_one_row(answer: Rows) -> tuple[Any, ...]:
    if len(answer.rows) != 1:
        raise ScanError("one answer was expected, not " + ("more" if answer.rows else "none"))
    return answer.rows[0]


def _judge_rows(
    rule: DataQualityRule, data: rules.Data, total: int, nulls: int, passed: int
) -> DataQualityRuleResult:
    evaluated = total - nulls if rule.ignore_null else total
    ratio = passed / evaluated if evaluated else 1.0
    return DataQualityRuleResult(
        passed=ratio >= (rule.threshold or 1.0),
        evaluated_count=evaluated,
        passed_count=passed,
        null_count=nulls,
        pass_ratio=ratio,
        failing_rows_query=rules.render_failing_rows(rule, data),
    )


def _judge_answer(rule: DataQualityRule, answer: Any) -> DataQualityRuleResult:
    if rules.get_kind(rule) == "sql_assertion":
        return DataQualityRuleResult(passed=answer == 0, assertion_row_count=answer)
    return DataQualityRuleResult(passed=answer is True)
