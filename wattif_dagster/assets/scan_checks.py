"""A scan's rules as asset checks."""

from collections.abc import Iterator, Mapping
from datetime import date

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    MetadataValue,
)
from google.cloud import dataplex_v1

from wattif_dagster.resources.scan_results import RuleOutcome, ScanResult


def check_specs(key: AssetKey, spec: dataplex_v1.DataQualitySpec) -> list[AssetCheckSpec]:
    """A check of the asset for each rule that is not suspended."""
    return [
        AssetCheckSpec(_check_name(rule.name), asset=key, description=rule.description)
        for rule in spec.rules
        if not rule.suspended
    ]


def check_results(key: AssetKey, results: Mapping[date, ScanResult]) -> Iterator[AssetCheckResult]:
    """One result for each rule over all days of the run; it passes when each day does.

    A failed rule is a finding about the data, not a fault of the run, so it only warns.
    """
    by_rule: dict[str, dict[str, RuleOutcome]] = {}
    for day, result in results.items():
        for rule in result.rules:
            by_rule.setdefault(rule.name, {})[day.isoformat()] = rule
    for name, outcomes in by_rule.items():
        failed = {day: rule for day, rule in outcomes.items() if not rule.passed}
        yield AssetCheckResult(
            asset_key=key,
            check_name=_check_name(name),
            passed=not failed,
            severity=AssetCheckSeverity.WARN,
            metadata={
                "dimension": next(iter(outcomes.values())).dimension,
                "failed_days": list(failed),
                "counts_by_day": {day: _counts(rule) for day, rule in outcomes.items()},
                **{
                    f"failing_rows_query_{day}": MetadataValue.md(f"```sql\n{query}\n```")
                    for day, rule in failed.items()
                    if (query := rule.failing_rows_query)
                },
            },
        )


def _check_name(rule: str) -> str:
    """The rule's name as Dagster allows it."""
    return rule.replace("-", "_")


def _counts(rule: RuleOutcome) -> dict[str, int | None]:
    return {
        "evaluated": rule.evaluated_count,
        "passed": rule.passed_count,
        "null": rule.null_count,
        "assertion_rows": rule.assertion_row_count,
    }
