"""anomaly_preview_results: Dataplex's own anomaly detection, where the preview is enabled."""

import threading

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    Definitions,
    MaterializeResult,
    ResourceParam,
    asset,
    definitions,
)

from wattif_dagster import keys, schemas
from wattif_dagster.daily_asset import build_context, describe_table, handle_errors
from wattif_dagster.defs.anomaly_preview_results.preview import run_preview
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.dataplex.scans import DataplexScans
from wattif_dagster.resources.options import ScanResource

NO_ANOMALIES = "no_anomalies"


def detect_anomalies(
    context: AssetExecutionContext,
    wattif_scan_options: ScanResource,
    wattif_bigquery: BigQueryWarehouse,
    wattif_dataplex: DataplexScans,
    wattif_stop: ResourceParam[threading.Event],
) -> MaterializeResult:
    """The preview's results for the hours since its last run, by AVG and MAX of the fleet.

    This asset has no partitions, because the service itself continues after the last scored hour.
    """
    result, rows = run_preview(wattif_dataplex, wattif_bigquery, wattif_scan_options, wattif_stop)
    if result.warning:
        context.log.warning(result.warning)
    flagged = [row for row in rows if row["is_anomaly"]]
    return MaterializeResult(
        metadata={
            "scored": len(rows),
            "without_history": sum(row["is_anomaly"] is None for row in rows),
            "anomalies": len(flagged),
            "job": result.job_name,
        },
        check_results=[
            AssetCheckResult(
                check_name=NO_ANOMALIES,
                passed=not flagged,
                severity=AssetCheckSeverity.WARN,
                metadata={"flagged": [f"{row['metric']} {row['time']:%F %R}" for row in flagged]},
            )
        ],
    )


@definitions
def anomaly_preview_results() -> Definitions:
    """Build the asset where the settings enable it."""
    context = build_context()
    settings = context.settings
    if not settings.scan.preview:
        return Definitions()
    check = AssetCheckSpec(
        NO_ANOMALIES,
        asset=keys.ANOMALY_PREVIEW_RESULTS,
        description="The preview flags none of the hours that it scored.",
    )
    made = asset(
        key=keys.ANOMALY_PREVIEW_RESULTS,
        deps=[keys.HOURLY_CONSUMPTION],
        group_name="detection",
        kinds={"dataplex", "bigquery"},
        code_version="1",
        pool=keys.SCAN_POOL,
        owners=keys.OWNERS,
        metadata=describe_table(schemas.ANOMALY_PREVIEW_RESULTS, settings),
        check_specs=[check],
    )(handle_errors(detect_anomalies, context.stop, max_retries=0))
    return Definitions(assets=[made])
