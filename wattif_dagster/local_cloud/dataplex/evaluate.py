"""Evaluates the rules of a scan and computes the scores of one job.

The published reference leaves some points open. This service decides them as follows. A rule passes
without rows. Suspended rules do not run and have no result. A score is the percentage of passed
rules. An incremental job evaluates the rows after the end of the last job, up to the newest value,
so no row is evaluated twice. Rows with NULL in the incremental column are never evaluated.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from google.cloud.dataplex_v1.types import (
    DataQualityColumnResult,
    DataQualityDimensionResult,
    DataQualityResult,
    DataQualityRuleResult,
    DataScan,
    ScannedData,
)

from . import rules
from .answers import Query, answer_rules, name_rule
from .errors import ScanError
from .literals import quote_identifier, render_literal
from .names import TableName
from .warehouse import Rows

MAX_DEBUG_VALUES = 10
INCREMENTAL_TYPES = ("DATE", "TIMESTAMP")


@dataclass(frozen=True)
class Evaluation:
    """The result of a job, and the highest value of the incremental field so far."""

    result: DataQualityResult
    high_water: str | None


def evaluate(
    scan: DataScan,
    columns: Mapping[str, str],
    high_water: str | None,
    query: Query,
    detected: Mapping[int, DataQualityRuleResult] | None = None,
) -> Evaluation:
    """Run the rules of a scan that are not suspended.

    `columns` are the types of the source table by name. `high_water` is the end of the last job.
    `detected` has the results of rules that have already run, by their position in the spec. Raises
    ScanError when a rule's SQL fails or does not fit the table, and the exceptions of `query`.
    """
    spec, field = scan.data_quality_spec, scan.execution_spec.field
    data = rules.Data(TableName.parse(scan.data.resource, "data.resource"), columns)
    result = DataQualityResult()
    filters = [spec.row_filter] if spec.row_filter else []
    if field:
        start, high_water = high_water, _query_newest(field, data, query) or high_water
        filters += _render_range(field, data, start, high_water)
        result.scanned_data = ScannedData(
            incremental_field={"field": field, "start": start or "", "end": high_water or ""}
        )
    if 0 < spec.sampling_percent < 100:
        filters.append(rules.render_sample_filter(spec.sampling_percent))
    data = rules.Data(data.table, columns, tuple(filters))

    wanted = {number: rule for number, rule in enumerate(spec.rules) if not rule.suspended}
    made = dict(detected or {})
    asked = {number: rule for number, rule in wanted.items() if number not in made}
    result.row_count, answered = answer_rules(asked, data, query)
    made |= answered
    results = []
    for number, rule in wanted.items():
        rule_result = made[number]
        with name_rule(rule):
            for debug_query in rule.debug_queries:
                answer = query(data.expand(debug_query.sql_statement))
                rule_result.debug_queries_result_sets.append(_read_debug_values(answer))
        rule_result.rule = rule
        results.append(rule_result)
    result.rules = results
    result.passed, result.score = _judge(results)
    result.dimensions = _summarize_dimensions(results)
    for column, group in _group(results, "column").items():
        passed, score = _judge(group)
        result.columns.append(
            DataQualityColumnResult(
                column=column, passed=passed, score=score, dimensions=_summarize_dimensions(group)
            )
        )
    return Evaluation(result, high_water)


def _query_newest(field: str, data: rules.Data, query: Query) -> str | None:
    """The highest value of the incremental field, in ISO 8601."""
    check_incremental(field, data)
    value = query(f"SELECT MAX({quote_identifier(field)}) FROM {data.sql}").rows[0][0]
    return None if value is None else value.isoformat()


def check_incremental(field: str, data: rules.Data) -> None:
    """Raise ScanError unless the column exists and is a DATE or TIMESTAMP."""
    if data.get_type(field) not in INCREMENTAL_TYPES:
        raise ScanError(f"column {field!r} must be one of {', '.join(INCREMENTAL_TYPES)}")


def _render_range(field: str, data: rules.Data, start: str | None, end: str | None) -> list[str]:
    column, column_type = quote_identifier(field), data.get_type(field)
    above = [f"{column} > {render_literal(start, column_type)}"] if start else []
    upto = f"{column} <= {render_literal(end, column_type)}" if end else f"{column} IS NOT NULL"
    return [*above, upto]


def _read_debug_values(answer: Rows) -> DataQualityRuleResult.DebugQueryResultSet:
    """The first row of a debug query, as text."""
    first = answer.rows[0] if answer.rows else ()
    return DataQualityRuleResult.DebugQueryResultSet(
        results=[
            DataQualityRuleResult.DebugQueryResult(
                name=name, type_=column_type, value="NULL" if value is None else str(value)
            )
            for (name, column_type), value in zip(answer.columns, first, strict=False)
        ][:MAX_DEBUG_VALUES]
    )


def _judge(results: Iterable[DataQualityRuleResult]) -> tuple[bool, float]:
    """Whether all results passed, and the percentage of passed ones."""
    verdicts = [result.passed for result in results]
    score = 100 * sum(verdicts) / len(verdicts) if verdicts else 100.0
    return all(verdicts), round(score, 2)


def _group(
    results: Iterable[DataQualityRuleResult], key: str
) -> dict[str, list[DataQualityRuleResult]]:
    """Results by a field of their rule, without those that lack it."""
    groups: dict[str, list[DataQualityRuleResult]] = {}
    for result in results:
        if value := getattr(result.rule, key):
            groups.setdefault(value, []).append(result)
    return groups


def _summarize_dimensions(
    results: Iterable[DataQualityRuleResult],
) -> list[DataQualityDimensionResult]:
    summaries = []
    for dimension, group in _group(results, "dimension").items():
        passed, score = _judge(group)
        summaries.append(
            DataQualityDimensionResult(dimension={"name": dimension}, passed=passed, score=score)
        )
    return summaries
