"""anomaly_alerts: meters to look at, an episode of days a row."""

from datetime import date

from dagster import AssetExecutionContext, MaterializeResult, asset

from wattif_dagster import keys, schemas
from wattif_dagster.assets import markdown
from wattif_dagster.assets.common import COMMON, table_metadata
from wattif_dagster.assets.days import DAYS_AT_ONCE, DayMetadata, each_day
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.options import AlertResource
from wattif_dagster.warehouse.alerts import find_alerts

NEW_ALERTS = {"meter": "{serial}", "probability": "{worst_probability:.4f}", "reason": "{reason}"}


@asset(
    key=keys.ANOMALY_ALERTS,
    deps=[keys.ANOMALY_SCORES],
    group_name="detection",
    kinds={"bigquery", "sql"},
    code_version="1",
    metadata=table_metadata(schemas.ANOMALY_ALERTS),
    **COMMON,
)
def anomaly_alerts(
    context: AssetExecutionContext, alerts: AlertResource, bigquery: BigQueryWarehouse
) -> MaterializeResult:
    """Episodes open on the day or closed on it, from the scores alone, whichever day is made."""

    def make(day: date) -> DayMetadata:
        rows = find_alerts(bigquery, alerts, day)
        opened = [row for row in rows if row["opened_on"] == day]
        return {
            "dagster/partition_row_count": len(rows),
            "dagster/table_name": bigquery.table_name(schemas.ANOMALY_ALERTS),
            "open": sum(row["status"] == "open" for row in rows),
            "closed": sum(row["status"] == "closed" for row in rows),
            "opened": len(opened),
            "new_alerts": markdown.table(NEW_ALERTS, opened),
        }

    return each_day(context, make, DAYS_AT_ONCE)
