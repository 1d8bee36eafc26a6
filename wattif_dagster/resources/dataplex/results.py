"""The result of a finished scan job, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass

from google.cloud import dataplex_v1

from wattif_dagster.errors import CloudError
from wattif_dagster.scan_rules import ROW_KINDS

State = dataplex_v1.DataScanJob.State
FINAL_STATES = frozenset(
    {State.SUCCEEDED, State.SUCCEEDED_WITH_ERRORS, State.FAILED, State.CANCELLED}
)


class ScanError(CloudError):
    """A scan job ended without a result."""


@dataclass(frozen=True)
class RuleOutcome:
    """The result of one rule. The counts are rows; None for a rule over the whole table."""

    name: str
    description: str
    kind: str
    dimension: str
    column: str
    passed: bool
    evaluated_count: int | None
    passed_count: int | None
    null_count: int | None
    assertion_row_count: int | None
    """Rows that a SQL assertion returned; None for other rules."""
    failing_rows_query: str | None


@dataclass(frozen=True)
class ScanResult:
    """The result of one job. Score: 0 to 100, None when the service gives none."""

    job_name: str
    passed: bool
    score: float | None
    dimension_scores: Mapping[str, float]
    """By dimension, 0 to 100, for the dimensions that the service scores."""
    row_count: int
    rules: tuple[RuleOutcome, ...]
    warning: str | None
    """A failure outside of the scan itself, such as that of the export of its result."""


def scan_result(job: dataplex_v1.DataScanJob) -> ScanResult:
    """Read the result of a job in a final state, fetched with view FULL. Raises ScanError."""
    if job.state not in (State.SUCCEEDED, State.SUCCEEDED_WITH_ERRORS):
        said = job.message or job.partial_failure_message or "no reason was given"
        raise ScanError(f"Scan job {job.name} ended {job.state.name}: {said}")
    result = job.data_quality_result
    return ScanResult(
        job_name=job.name,
        passed=result.passed,
        score=result.score if "score" in result else None,
        dimension_scores={
            item.dimension.name: item.score for item in result.dimensions if "score" in item
        },
        row_count=result.row_count,
        rules=tuple(_rule_outcome(rule) for rule in result.rules),
        warning=_warning(job),
    )


def _warning(job: dataplex_v1.DataScanJob) -> str | None:
    if job.state == State.SUCCEEDED_WITH_ERRORS:
        return job.partial_failure_message or job.message or "The scan succeeded with errors."
    export = job.data_quality_result.post_scan_actions_result.bigquery_export_result
    if export.state == type(export).State.FAILED:
        return f"The result was not exported: {export.message}"
    publishing = job.data_quality_result.catalog_publishing_status
    if publishing.state == type(publishing).State.FAILED:
        return "The result was not published in the catalog. See the job's log in Google Cloud."
    return None


def _rule_outcome(result: dataplex_v1.DataQualityRuleResult) -> RuleOutcome:
    rule = result.rule
    kind = dataplex_v1.DataQualityRule.pb(rule).WhichOneof("rule_type") or "unknown"
    per_row = kind in ROW_KINDS
    return RuleOutcome(
        name=rule.name,
        description=rule.description,
        kind=kind,
        dimension=rule.dimension,
        column=rule.column,
        passed=result.passed,
        evaluated_count=result.evaluated_count if per_row else None,
        passed_count=result.passed_count if per_row else None,
        null_count=result.null_count if per_row else None,
        assertion_row_count=result.assertion_row_count if kind == "sql_assertion" else None,
        failing_rows_query=result.failing_rows_query or None,
    )
