"""detector_evaluation: how many of the day's injected anomalies the day's scores find."""

from datetime import date
from typing import Any

from dagster import AssetExecutionContext, MaterializeResult

from wattif_dagster import keys, schemas
from wattif_dagster.daily_asset import daily_asset
from wattif_dagster.defs.detector_evaluation.query import evaluation_sql
from wattif_dagster.detection.threshold import THRESHOLD
from wattif_dagster.errors import UserError
from wattif_dagster.metering.anomalies.titles import title_kind
from wattif_dagster.partitions import partition_day
from wattif_dagster.resources.bigquery import BigQueryWarehouse


@daily_asset(
    keys.DETECTOR_EVALUATION,
    of_simulation=True,
    table=schemas.DETECTOR_EVALUATION,
    deps=[keys.ANOMALY_SCORES, keys.INJECTED_ANOMALIES],
    group="detection",
    kinds={"bigquery", "sql"},
)
def detector_evaluation(
    context: AssetExecutionContext, wattif_bigquery: BigQueryWarehouse
) -> MaterializeResult:
    """Recall by kind, precision and false positives of the day, against the injected truth."""
    rows = evaluate_day(wattif_bigquery, partition_day(context))
    figures = next(row for row in rows if row["kind"] == "all")
    names = ("recall", "precision", "false_positive_rate", "kwh_withheld", "kwh_recovered")
    return MaterializeResult(
        metadata={
            "dagster/partition_row_count": len(rows),
            "threshold": THRESHOLD,
            "touched_hours": figures["touched_hours"],
            "clean_hours": figures["clean_hours"],
            **{name: figures[name] for name in names if figures[name] is not None},
            "recall_by_kind": {
                title_kind(row["kind"]): row["recall"] for row in rows if row is not figures
            },
        }
    )


def evaluate_day(bigquery: BigQueryWarehouse, day: date) -> list[dict[str, Any]]:
    """Replace the day's partition of `detector_evaluation`; returns its rows by kind.

    Raises UserError when the day has no scores.
    """
    for table in (schemas.ANOMALY_SCORES, schemas.INJECTED_ANOMALIES):
        bigquery.ensure_table(table)
    if not bigquery.count_rows(schemas.ANOMALY_SCORES, day):
        raise UserError(f"{day} has no anomaly scores. Materialize anomaly_scores first.")
    select = evaluation_sql(
        bigquery.quoted(schemas.ANOMALY_SCORES), bigquery.quoted(schemas.INJECTED_ANOMALIES), day
    )
    bigquery.replace_partition(schemas.DETECTOR_EVALUATION, day, select)
    return bigquery.day_rows(schemas.DETECTOR_EVALUATION, day, "kind")
