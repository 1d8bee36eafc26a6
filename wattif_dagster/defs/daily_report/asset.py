"""daily_report: a page about the day, for people who decide what to do."""

from dagster import AssetExecutionContext, MaterializeResult, MetadataValue

from wattif_dagster import keys
from wattif_dagster.daily_asset import daily_asset
from wattif_dagster.defs.daily_report.report import make_report
from wattif_dagster.ingest.layout import report_name
from wattif_dagster.partitions import partition_day
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.options import SimulationResource


@daily_asset(
    keys.DAILY_REPORT,
    deps=[keys.ANOMALY_SCORES, keys.FLEET_ANOMALIES],
    reads_earlier_days=True,
    group="detection",
    kinds={"gcs", "html"},
)
def daily_report(
    context: AssetExecutionContext,
    wattif_simulation: SimulationResource,
    wattif_gcs: GcsTransferManager,
    wattif_bigquery: BigQueryWarehouse,
) -> MaterializeResult:
    """A page about the day: the meters to look at, why, and how much energy is at stake."""
    day = partition_day(context)
    report = make_report(wattif_bigquery, day, wattif_simulation.local_time)
    name = report_name(day)
    wattif_gcs.write(name, report.html, content_type="text/html; charset=utf-8")
    return MaterializeResult(
        metadata={
            "dagster/uri": f"{wattif_gcs.uri}/{name}",
            "page": MetadataValue.url(wattif_gcs.link(name)),
            "meters": len(report.flagged.meters),
            "new_meters": sum(meter.is_new for meter in report.flagged.meters),
            "broken_rules": len(report.flagged.rules),
            "bytes": len(report.html),
        }
    )
