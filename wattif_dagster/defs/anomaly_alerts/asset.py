"""anomaly_alerts: meters to look at, one row for each episode of days."""

from dagster import AssetExecutionContext, MaterializeResult

from wattif_dagster import keys, markdown, schemas
from wattif_dagster.daily_asset import daily_asset
from wattif_dagster.defs.anomaly_alerts.alerts import find_alerts
from wattif_dagster.partitions import partition_day
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.options import AlertResource

NEW_ALERTS = {"meter": "{serial}", "probability": "{worst_probability:.4f}", "reason": "{reason}"}


@daily_asset(
    keys.ANOMALY_ALERTS,
    table=schemas.ANOMALY_ALERTS,
    deps=[keys.ANOMALY_SCORES],
    reads_earlier_days=True,
    group="detection",
    kinds={"bigquery", "sql"},
)
def anomaly_alerts(
    context: AssetExecutionContext,
    wattif_alert_rule: AlertResource,
    wattif_bigquery: BigQueryWarehouse,
) -> MaterializeResult:
    """Episodes that are open on the day or closed on it, of rules and of behaviour."""
    day = partition_day(context)
    rows = find_alerts(wattif_bigquery, wattif_alert_rule, day)
    opened = [row for row in rows if row["opened_on"] == day]
    return MaterializeResult(
        metadata={
            "dagster/partition_row_count": len(rows),
            "open": sum(row["status"] == "open" for row in rows),
            "closed": sum(row["status"] == "closed" for row in rows),
            "opened": len(opened),
            "new_alerts": markdown.table(NEW_ALERTS, opened),
        }
    )
