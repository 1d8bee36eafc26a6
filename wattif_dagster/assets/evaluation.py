"""detector_evaluation: what the day's scores found of the day's injected anomalies."""

from datetime import date

from dagster import AssetExecutionContext, MaterializeResult, asset

from wattif_dagster import keys, schemas
from wattif_dagster.assets.common import COMMON, table_metadata
from wattif_dagster.assets.days import DAYS_AT_ONCE, DayMetadata, each_day
from wattif_dagster.detection.fleet import THRESHOLD
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.warehouse.evaluation import evaluate_day


@asset(
    key=keys.DETECTOR_EVALUATION,
    deps=[keys.ANOMALY_SCORES, keys.INJECTED_ANOMALIES],
    group_name="detection",
    kinds={"bigquery", "sql"},
    code_version="1",
    metadata=table_metadata(schemas.DETECTOR_EVALUATION),
    **COMMON,
)
def detector_evaluation(
    context: AssetExecutionContext, bigquery: BigQueryWarehouse
) -> MaterializeResult:
    """Recall by kind, precision and false positives of the day, against the injected truth."""

    def make(day: date) -> DayMetadata:
        rows = evaluate_day(bigquery, day)
        figures = next(row for row in rows if row["kind"] == "all")
        names = ("recall", "precision", "false_positive_rate", "kwh_withheld", "kwh_recovered")
        return {
            "dagster/partition_row_count": len(rows),
            "dagster/table_name": bigquery.table_name(schemas.DETECTOR_EVALUATION),
            "threshold": THRESHOLD,
            "touched_hours": figures["touched_hours"],
            "clean_hours": figures["clean_hours"],
            **{name: figures[name] for name in names if figures[name] is not None},
            "recall_by_kind": {row["kind"]: row["recall"] for row in rows if row is not figures},
        }

    return each_day(context, make, DAYS_AT_ONCE)
