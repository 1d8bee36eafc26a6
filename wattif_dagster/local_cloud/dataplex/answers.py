"""What the rules of a scan come to: asked in one query, or one by one to say whose fault it is."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from google.cloud.dataplex_v1.types import DataQualityRule, DataQualityRuleResult

from . import rules
from .errors import ScanError
from .warehouse import Rows

Query = Callable[[str], Rows]


def answers(
    asked: Mapping[int, DataQualityRule], data: rules.Data, query: Query
) -> tuple[int, dict[int, DataQualityRuleResult]]:
    """How many rows there are, and the results of rules by their number.

    Raises ScanError, which names the rule that fails.
    """
    try:
        total, *values = _one_row(query(rules.one_query(list(asked.values()), data)))
    except ScanError:
        if not asked:
            raise
        total, results = answers({}, data, query)  # fails where the filter does, not a rule
        for number, rule in asked.items():
            with named(rule):
                results[number] = _alone(rule, data, query)
        return total, results
    in_rows = [number for number, rule in asked.items() if rules.kind(rule) in rules.ROW_KINDS]
    counts, others = values[: 2 * len(in_rows)], iter(values[2 * len(in_rows) :])
    pairs = iter(zip(counts[::2], counts[1::2], strict=True))
    return total, {
        number: _of_rows(rule, data, total, *next(pairs))
        if number in in_rows
        else _of_answer(rule, next(others))
        for number, rule in asked.items()
    }


@contextmanager
def named(rule: DataQualityRule) -> Iterator[None]:
    """Has a ScanError say in which rule it was."""
    try:
        yield
    except ScanError as error:
        raise ScanError(f"rule {rule.name or rules.kind(rule)}: {error}") from error


def _alone(rule: DataQualityRule, data: rules.Data, query: Query) -> DataQualityRuleResult:
    if rules.kind(rule) in rules.ROW_KINDS:
        return _of_rows(rule, data, *_one_row(query(rules.one_query([rule], data))))
    (answer,) = _one_row(query(rules.question(rule, data)))
    return _of_answer(rule, answer)


def _one_row(answer: Rows) -> tuple[Any, ...]:
    if len(answer.rows) != 1:
        raise ScanError("one answer was expected, not " + ("more" if answer.rows else "none"))
    return answer.rows[0]


def _of_rows(
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
        failing_rows_query=rules.failing_rows(rule, data),
    )


def _of_answer(rule: DataQualityRule, answer: Any) -> DataQualityRuleResult:
    if rules.kind(rule) == "sql_assertion":
        return DataQualityRuleResult(passed=answer == 0, assertion_row_count=answer)
    return DataQualityRuleResult(passed=answer is True)
