"""fleet_anomalies: the fleet's hours, judged."""

from datetime import date

from dagster import AssetExecutionContext, MaterializeResult, asset

from wattif_dagster import keys, schemas
from wattif_dagster.assets.common import COMMON, table_metadata
from wattif_dagster.assets.days import DAYS_AT_ONCE, DayMetadata, each_day
from wattif_dagster.detection.fleet import THRESHOLD
from wattif_dagster.errors import UserError
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.warehouse.anomalies import find_anomalies


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

    return each_day(context, make, DAYS_AT_ONCE)
