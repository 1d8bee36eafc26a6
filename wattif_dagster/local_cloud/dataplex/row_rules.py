"""The row-level rules of a scan, counted in one pass over the rows."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from google.cloud.dataplex_v1.types import DataQualityRule, DataQualityRuleResult

from . import rules
from .errors import ScanError
from .warehouse import Rows

Query = Callable[[str], Rows]


def count_rows(
    tested: Mapping[int, DataQualityRule], data: rules.Data, query: Query
) -> tuple[int, dict[int, DataQualityRuleResult]]:
    """How many rows there are, and the results of row-level rules by their number.

    One query answers it. When that fails, each rule is asked alone, to say whose fault it is.
    Raises ScanError.
    """
    try:
        total, *counts = query(rules.row_counts(tested.values(), data)).rows[0]
    except ScanError:
        if not tested:
            raise
        total, results = count_rows({}, data, query)  # fails where the filter does, not a rule
        for number, rule in tested.items():
            with named(rule):
                (counts,) = query(rules.row_counts([rule], data)).rows
            results[number] = _result(rule, data, *counts)
        return total, results
    pairs = zip(tested.items(), counts[::2], counts[1::2], strict=True)
    return total, {
        number: _result(rule, data, total, nulls, passed) for (number, rule), nulls, passed in pairs
    }


@contextmanager
def named(rule: DataQualityRule) -> Iterator[None]:
    """Has a ScanError say in which rule it was."""
    try:
        yield
    except ScanError as error:
        raise ScanError(f"rule {rule.name or rules.kind(rule)}: {error}") from error


def _result(
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
