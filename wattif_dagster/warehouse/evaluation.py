"""detector_evaluation: the day's scores against its truth."""

from datetime import date
from typing import Any

from wattif_dagster import schemas
from wattif_dagster.detection.evaluation import evaluation_sql
from wattif_dagster.errors import UserError
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.bigquery_tables import of_day


def evaluate_day(bigquery: BigQueryWarehouse, day: date) -> list[dict[str, Any]]:
    """Replace the day's partition of `detector_evaluation`; its rows by kind.

    Raises UserError when the day has no scores.
    """
    scores = bigquery.quoted(schemas.ANOMALY_SCORES)
    for table in (schemas.ANOMALY_SCORES, schemas.INJECTED_ANOMALIES):
        bigquery.ensure_table(table)
    of_scores = of_day(schemas.ANOMALY_SCORES, day)
    if not bigquery.row(f"SELECT COUNT(*) AS n FROM {scores} WHERE {of_scores}")["n"]:
        raise UserError(f"{day} has no anomaly scores; materialize anomaly_scores first")
    select = evaluation_sql(scores, bigquery.quoted(schemas.INJECTED_ANOMALIES), day)
    bigquery.replace_partition(schemas.DETECTOR_EVALUATION, day, select)
    return bigquery.day_rows(schemas.DETECTOR_EVALUATION, day, "kind")
