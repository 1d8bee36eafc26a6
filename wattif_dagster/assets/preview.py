"""anomaly_preview_results: Dataplex's own anomaly detection, where the preview is enabled."""

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    MaterializeResult,
    asset,
)

from wattif_dagster import keys, schemas
from wattif_dagster.assets.common import table_metadata
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.dataplex import DataplexScans
from wattif_dagster.resources.options import ScanResource
from wattif_dagster.warehouse.preview import run_preview

NO_ANOMALIES = "no_anomalies"


@asset(
    key=keys.ANOMALY_PREVIEW_RESULTS,
    deps=[keys.HOURLY_CONSUMPTION],
    group_name="detection",
    kinds={"dataplex", "bigquery"},
    code_version="1",
    pool=keys.SCAN_POOL,
    owners=keys.OWNERS,
    metadata=table_metadata(schemas.ANOMALY_PREVIEW_RESULTS),
    check_specs=[
        AssetCheckSpec(
            NO_ANOMALIES,
            asset=keys.ANOMALY_PREVIEW_RESULTS,
            description="The preview flags none of the hours it judged.",
        )
    ],
)
def anomaly_preview_results(
    context: AssetExecutionContext,
    scan: ScanResource,
    bigquery: BigQueryWarehouse,
    scans: DataplexScans,
) -> MaterializeResult:
    """The preview's verdict on the hours since its last run, by AVG and MAX of the fleet.

    Not partitioned: the service itself goes on from the last hour it judged.
    """
    result, rows = run_preview(scans, bigquery, scan)
    if result.warning:
        context.log.warning(result.warning)
    flagged = [row for row in rows if row["is_anomaly"]]
    return MaterializeResult(
        metadata={
            "dagster/table_name": bigquery.table_name(schemas.ANOMALY_PREVIEW_RESULTS),
            "judged": len(rows),
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
