"""anomaly_scan_results and meter_scan_results: the Dataplex scans, each rule an asset check."""

from collections.abc import Callable
from datetime import date
from functools import partial

from dagster import AssetExecutionContext, MaterializeResult, MetadataValue, asset

from wattif_dagster import keys, schemas
from wattif_dagster.assets import markdown
from wattif_dagster.assets.common import COMMON, table_metadata
from wattif_dagster.assets.days import DayMetadata, each_day
from wattif_dagster.assets.scan_checks import check_results, check_specs
from wattif_dagster.assets.threads import in_thread
from wattif_dagster.detection.fleet import THRESHOLD
from wattif_dagster.detection.pictures import day_picture
from wattif_dagster.detection.rules import load_spec
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.dataplex import DataplexScans
from wattif_dagster.resources.options import ScanResource
from wattif_dagster.resources.scan_results import ScanResult
from wattif_dagster.schemas import Table
from wattif_dagster.settings import Settings
from wattif_dagster.warehouse.anomalies import anomaly_rows
from wattif_dagster.warehouse.scan import FLEET_SCAN, METER_SCAN, TableScan, scan_day

_SCAN = Settings.load().scan


@asset(
    key=keys.ANOMALY_SCAN_RESULTS,
    deps=[keys.FLEET_ANOMALIES],
    group_name="detection",
    kinds={"dataplex", "bigquery"},
    code_version="1",
    pool=keys.SCAN_POOL,
    metadata=table_metadata(schemas.ANOMALY_SCAN_RESULTS),
    check_specs=check_specs(keys.ANOMALY_SCAN_RESULTS, load_spec(_SCAN.rules_file)),
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

    def run(day: date) -> ScanResult:
        return scan_day(scans, bigquery, scan, FLEET_SCAN, scan.scan_id, spec, day)

    def more(day: date) -> DayMetadata:
        image = day_picture(anomaly_rows(bigquery, day), THRESHOLD)
        return {"picture": markdown.picture("AVG and MAX of the day", image)}

    return _scan_each_day(context, bigquery, FLEET_SCAN, run, more)


@asset(
    key=keys.METER_SCAN_RESULTS,
    deps=[keys.ANOMALY_SCORES],
    group_name="detection",
    kinds={"dataplex", "bigquery"},
    code_version="1",
    pool=keys.SCAN_POOL,
    metadata=table_metadata(schemas.METER_SCAN_RESULTS),
    check_specs=check_specs(keys.METER_SCAN_RESULTS, load_spec(_SCAN.meter_rules_file)),
    **COMMON,
)
def meter_scan_results(
    context: AssetExecutionContext,
    scan: ScanResource,
    bigquery: BigQueryWarehouse,
    scans: DataplexScans,
) -> MaterializeResult:
    """A Dataplex scan of the day's `anomaly_scores`; each of its rules is an asset check."""
    spec = load_spec(scan.meter_rules_file)

    def run(day: date) -> ScanResult:
        return scan_day(scans, bigquery, scan, METER_SCAN, scan.meter_scan_id, spec, day)

    return _scan_each_day(context, bigquery, METER_SCAN, run)


def _scan_each_day(
    context: AssetExecutionContext,
    bigquery: BigQueryWarehouse,
    scan: TableScan,
    run: Callable[[date], ScanResult],
    more: Callable[[date], DayMetadata] = lambda _day: {},
) -> MaterializeResult:
    """Scan each day of the run and report its result, and what `more` has to say of the day.

    `more` is asked while the scan runs; the scan itself is one object, and days take turns.
    """
    results: dict[date, ScanResult] = {}

    def make(day: date) -> DayMetadata:
        also = in_thread(partial(more, day))
        result = results[day] = run(day)
        if result.warning:
            context.log.warning(f"{day}: {result.warning}")
        return {**_said(result, bigquery, scan.results), **also.result()}

    each_day(context, make)
    return MaterializeResult(check_results=list(check_results(context.asset_key, results)))


def _said(result: ScanResult, bigquery: BigQueryWarehouse, exported: Table) -> DayMetadata:
    scores = {} if result.score is None else {"score": result.score}
    scores |= {f"score_{name.lower()}": score for name, score in result.dimension_scores.items()}
    return {
        "dagster/partition_row_count": len(result.rules),
        "dagster/table_name": bigquery.table_name(exported),
        **{name: round(score, 2) for name, score in scores.items()},
        "rows_scanned": result.row_count,
        "job": result.job_name,
        "exported_rows": MetadataValue.url(bigquery.link(exported)),
    }
