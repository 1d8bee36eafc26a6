"""What the result of a scan is in Dagster: a check of each rule, and metadata."""

from collections.abc import Iterator
from typing import Any

from dagster import AssetCheckResult, AssetCheckSeverity, MetadataValue

from wattif_dagster.resources.dataplex.results import RuleOutcome, ScanResult


def name_check(rule: str) -> str:
    """Write the rule's name as Dagster allows it."""
    return rule.replace("-", "_")


def check_rules(
    result: ScanResult, severity: AssetCheckSeverity = AssetCheckSeverity.WARN
) -> Iterator[AssetCheckResult]:
    """Make a check result of each rule. With WARN a failed rule does not fail the run."""
    for rule in result.rules:
        query = rule.failing_rows_query
        failing = {"failing_rows_query": MetadataValue.md(f"```sql\n{query}\n```")} if query else {}
        yield AssetCheckResult(
            check_name=name_check(rule.name),
            passed=rule.passed,
            severity=severity,
            metadata={"dimension": rule.dimension, **_list_counts(rule), **failing},
        )


def describe_result(result: ScanResult) -> dict[str, Any]:
    """Describe the scores, 0 to 100, the rows scanned and the job."""
    scores = {} if result.score is None else {"score": result.score}
    scores |= {f"score_{name.lower()}": score for name, score in result.dimension_scores.items()}
    return {
        "dagster/partition_row_count": len(result.rules),
        **{name: round(score, 2) for name, score in scores.items()},
        "rows_scanned": result.row_count,
        "job": result.job_name,
    }


def _list_counts(rule: RuleOutcome) -> dict[str, int]:
    counts = {
        "evaluated": rule.evaluated_count,
        "passed": rule.passed_count,
        "null": rule.null_count,
        "assertion_rows": rule.assertion_row_count,
    }
    return {name: count for name, count in counts.items() if count is not None}
