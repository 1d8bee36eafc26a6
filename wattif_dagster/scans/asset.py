"""Makes a daily asset of a Dataplex scan. The scan's rules are asset checks."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from dagster import (
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
from wattif_dagster.resources.dataplex.rules import load_spec
from wattif_dagster.resources.dataplex.scans import DataplexScans
from wattif_dagster.resources.options import ScanResource
from wattif_dagster.scans.daily_scan import TableScan, scan_day
from wattif_dagster.scans.results import check_rules, describe_result, name_check
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
            daily_check(key, name_check(rule.name), rule.description, settings)
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
            metadata={
                **describe_result(result),
                "exported_rows": MetadataValue.url(wattif_bigquery.link(scan.results)),
            },
            check_results=list(check_rules(result)),
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
