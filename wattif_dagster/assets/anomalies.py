"""fleet_anomalies and anomaly_scan_results: the fleet's hours judged, and the Dataplex scan."""

from datetime import date

from dagster import (
    AssetCheckSpec,
    AssetExecutionContext,
    MaterializeResult,
    MetadataValue,
    asset,
)

from wattif_dagster import keys, schemas
from wattif_dagster.assets.common import COMMON, DayMetadata, each_day, table_metadata
from wattif_dagster.assets.scan_checks import check_name, check_results, picture
from wattif_dagster.detection.fleet import THRESHOLD
from wattif_dagster.detection.rules import load_spec
from wattif_dagster.errors import UserError
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.dataplex import DataplexScans
from wattif_dagster.resources.options import ScanResource
from wattif_dagster.resources.scan_results import ScanResult
from wattif_dagster.settings import Settings
from wattif_dagster.warehouse.anomalies import anomaly_rows, find_anomalies
from wattif_dagster.warehouse.scan import scan_day


@asset(
    key=keys.FLEET_ANOMALIES,
    # The history is read as far as it is there. As a partition mapping it would make a backfill of
    # one day in the UI ask for the days after it too, whether or not they were landed.
    deps=[keys.HOURLY_CONSUMPTION],
    group_name="detection",
    kinds={"bigquery", "sql"},
    code_version="1",
    metadata=table_metadata(schemas.FLEET_ANOMALIES),
    **COMMON,
)
def fleet_anomalies(
    context: AssetExecutionContext, bigquery: BigQueryWarehouse
) -> MaterializeResult:
    """AVG and MAX of the fleet's hourly consumption against the history before the day."""

    def make(day: date) -> DayMetadata:
        rows = find_anomalies(bigquery, day)
        if not rows:
            raise UserError(
                f"{day} has no hourly consumption; materialize hourly_consumption first"
            )
        unscored = sum(row["anomaly_prob"] is None for row in rows)
        if unscored:
            context.log.info(f"{day}: {unscored} of {len(rows)} values have too little history")
        return {
            "dagster/partition_row_count": len(rows),
            "dagster/table_name": bigquery.table_name(schemas.FLEET_ANOMALIES),
            "anomalies": sum(bool(row["is_anomaly"]) for row in rows),
            "without_history": unscored,
            "threshold": THRESHOLD,
        }

    return each_day(context, make)


@asset(
    key=keys.ANOMALY_SCAN_RESULTS,
    deps=[keys.FLEET_ANOMALIES],
    group_name="detection",
    kinds={"dataplex", "bigquery"},
    code_version="1",
    pool=keys.SCAN_POOL,
    metadata=table_metadata(schemas.ANOMALY_SCAN_RESULTS),
    check_specs=[
        AssetCheckSpec(
            check_name(rule.name), asset=keys.ANOMALY_SCAN_RESULTS, description=rule.description
        )
        for rule in load_spec(Settings.load().scan.rules_file).rules
        if not rule.suspended
    ],
    **COMMON,
)
def anomaly_scan_results(
    context: AssetExecutionContext,
    scan: ScanResource,
    bigquery: BigQueryWarehouse,
    scans: DataplexScans,
) -> MaterializeResult:
    """A Dataplex scan of the day's `fleet_anomalies`; each of its rules is an asset check."""
    spec = load_spec(scan.rules_file)
    results: dict[date, ScanResult] = {}

    def make(day: date) -> DayMetadata:
        result = results[day] = scan_day(scans, bigquery, scan, spec, day)
        if result.warning:
            context.log.warning(f"{day}: {result.warning}")
        return {
            "dagster/partition_row_count": len(result.rules),
            "dagster/table_name": bigquery.table_name(schemas.ANOMALY_SCAN_RESULTS),
            **({} if result.score is None else {"score": round(result.score, 2)}),
            "rows_scanned": result.row_count,
            "job": result.job_name,
            "exported_rows": MetadataValue.url(bigquery.link(schemas.ANOMALY_SCAN_RESULTS)),
            "picture": picture(anomaly_rows(bigquery, day), THRESHOLD),
        }

    each_day(context, make)
    return MaterializeResult(check_results=list(check_results(results)))
