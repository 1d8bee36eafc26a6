"""Makes a daily asset of a Dataplex scan. The scan's rules are asset checks."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    Definitions,
    MaterializeResult,
    MetadataValue,
    ResourceParam,
)

from wattif_dagster import keys
from wattif_dagster.daily_asset import daily_asset, daily_check
from wattif_dagster.partitions import partition_day
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.dataplex.results import RuleOutcome, ScanResult
from wattif_dagster.resources.dataplex.rules import load_spec
from wattif_dagster.resources.dataplex.scans import DataplexScans
from wattif_dagster.resources.options import ScanResource
from wattif_dagster.scans.daily_scan import TableScan, scan_day
from wattif_dagster.settings import Settings
from wattif_dagster.settings.scan import ScanOptions


def scan_asset(
    key: AssetKey,
    scan: TableScan,
    *,
    deps: list[AssetKey],
    default_rules: Path,
    option: Literal["rules", "meter_rules"],
    description: str,
) -> Callable[..., Definitions]:
    """Make the asset of a scan.

    `option` names the setting that replaces `default_rules`. Building the definitions raises
    UserError for rules that Dataplex would refuse.
    """

    def find_rules(options: ScanOptions) -> Path:
        return Path(getattr(options, option) or default_rules)

    def rule_checks(settings: Settings) -> list[AssetCheckSpec]:
        spec = load_spec(find_rules(settings.scan))
        return [
            daily_check(key, _name_check(rule.name), rule.description, settings)
            for rule in spec.rules
            if not rule.suspended
        ]

    def run_scan(
        context: AssetExecutionContext,
        wattif_scan_options: ScanResource,
        wattif_bigquery: BigQueryWarehouse,
        wattif_dataplex: DataplexScans,
        wattif_stop: ResourceParam[threading.Event],
    ) -> MaterializeResult:
        day = partition_day(context)
        spec = load_spec(find_rules(wattif_scan_options))
        result = scan_day(
            wattif_dataplex, wattif_bigquery, wattif_scan_options, scan, spec, day, wattif_stop
        )
        if result.warning:
            context.log.warning(f"{day}: {result.warning}")
        return MaterializeResult(
            metadata=_describe_result(result, wattif_bigquery.link(scan.results)),
            check_results=list(_check_rules(result)),
        )

    run_scan.__name__ = key.path[-1]
    run_scan.__doc__ = description
    return daily_asset(
        key,
        table=scan.results,
        deps=deps,
        group="detection",
        kinds={"dataplex", "bigquery"},
        pool=keys.SCAN_POOL,
        checks=rule_checks,
    )(run_scan)


def _check_rules(result: ScanResult) -> Iterator[AssetCheckResult]:
    """Make a check result of each rule. A failed rule warns and does not fail the run."""
    for rule in result.rules:
        query = rule.failing_rows_query
        failing = {"failing_rows_query": MetadataValue.md(f"```sql\n{query}\n```")} if query else {}
        yield AssetCheckResult(
            check_name=_name_check(rule.name),
            passed=rule.passed,
            severity=AssetCheckSeverity.WARN,
            metadata={"dimension": rule.dimension, **_list_counts(rule), **failing},
        )


def _describe_result(result: ScanResult, link: str) -> dict[str, Any]:
    scores = {} if result.score is None else {"score": result.score}
    scores |= {f"score_{name.lower()}": score for name, score in result.dimension_scores.items()}
    return {
        "dagster/partition_row_count": len(result.rules),
        **{name: round(score, 2) for name, score in scores.items()},
        "rows_scanned": result.row_count,
        "job": result.job_name,
        "exported_rows": MetadataValue.url(link),
    }


def _name_check(rule: str) -> str:
    """Write the rule's name as Dagster allows it."""
    return rule.replace("-", "_")


def _list_counts(rule: RuleOutcome) -> dict[str, int]:
    counts = {
        "evaluated": rule.evaluated_count,
        "passed": rule.passed_count,
        "null": rule.null_count,
        "assertion_rows": rule.assertion_row_count,
    }
    return {name: count for name, count in counts.items() if count is not None}
