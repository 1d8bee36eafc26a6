"""fleet_anomalies: the fleet's hours of the day, scored."""

from datetime import date
from typing import Any

from dagster import AssetExecutionContext, MaterializeResult

from wattif_dagster import keys, markdown, schemas
from wattif_dagster.daily_asset import daily_asset
from wattif_dagster.defs.fleet_anomalies.history import find_history
from wattif_dagster.defs.fleet_anomalies.plot import plot_day
from wattif_dagster.defs.fleet_anomalies.query import fleet_anomalies_sql
from wattif_dagster.local_time import LocalTime
from wattif_dagster.partitions import partition_day
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.options import SimulationResource
from wattif_dagster.threshold import THRESHOLD


@daily_asset(
    keys.FLEET_ANOMALIES,
    table=schemas.FLEET_ANOMALIES,
    deps=[keys.HOURLY_CONSUMPTION],
    reads_earlier_days=True,
    group="detection",
    kinds={"bigquery", "sql"},
)
def fleet_anomalies(
    context: AssetExecutionContext,
    wattif_simulation: SimulationResource,
    wattif_bigquery: BigQueryWarehouse,
) -> MaterializeResult:
    """AVG and MAX of the fleet's hourly consumption against the history before the day."""
    day = partition_day(context)
    history = find_history(wattif_bigquery, day)
    local_time = wattif_simulation.local_time
    rows = find_anomalies(wattif_bigquery, day, local_time)
    unscored = sum(row["anomaly_prob"] is None for row in rows)
    if unscored:
        context.log.info(
            f"{unscored} of the {len(rows)} values of {day} have too little history to be scored."
        )
    return MaterializeResult(
        metadata={
            "dagster/partition_row_count": len(rows),
            "anomalies": sum(bool(row["is_anomaly"]) for row in rows),
            "without_history": unscored,
            "history_days": len(history),
            "threshold": THRESHOLD,
            "plot": markdown.image("AVG and MAX of the day", plot_day(rows, THRESHOLD, local_time)),
        }
    )


def find_anomalies(
    bigquery: BigQueryWarehouse, day: date, local_time: LocalTime
) -> list[dict[str, Any]]:
    """Replace the day's partition of `fleet_anomalies`; returns its rows by metric and time."""
    project, dataset = bigquery.cloud.project, bigquery.dataset
    sql = fleet_anomalies_sql(project, dataset, day, local_time=local_time)
    bigquery.replace_partition(schemas.FLEET_ANOMALIES, day, sql)
    return read_anomalies(bigquery, day)


def read_anomalies(bigquery: BigQueryWarehouse, day: date) -> list[dict[str, Any]]:
    """Read the day's rows, 48 when it is complete, by metric and time."""
    return bigquery.day_rows(schemas.FLEET_ANOMALIES, day, "metric, time")
