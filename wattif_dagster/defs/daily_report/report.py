"""Makes the report of a day, and stores it in the bucket."""

from dataclasses import dataclass
from datetime import date

from wattif_dagster import schemas
from wattif_dagster.defs.daily_report.flagged import FlaggedDay, read_flagged_day
from wattif_dagster.defs.daily_report.page import Fleet, write_page
from wattif_dagster.defs.fleet_anomalies.asset import read_anomalies
from wattif_dagster.defs.fleet_anomalies.plot import plot_day
from wattif_dagster.errors import UserError
from wattif_dagster.feedback import read_feedback
from wattif_dagster.local_time import LocalTime
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.threshold import THRESHOLD


@dataclass(frozen=True)
class Report:
    """A day's page, and what it is about."""

    flagged: FlaggedDay
    html: bytes


def make_report(bigquery: BigQueryWarehouse, day: date, local_time: LocalTime) -> Report:
    """Make the report of a day from its tables. Raises UserError for a day without scores."""
    for table in (schemas.ANOMALY_SCORES, schemas.FLEET_ANOMALIES):
        bigquery.ensure_table(table)
    scores = schemas.ANOMALY_SCORES
    counts = bigquery.row(
        "SELECT COUNT(DISTINCT serial) AS meters, "
        "COUNT(DISTINCT IF(anomaly_probability IS NULL, NULL, serial)) AS scored_meters "
        f"FROM {bigquery.quoted(scores)} WHERE {bigquery.partition_filter(scores, day)}"
    )
    if not counts["meters"]:
        raise UserError(f"{day} has no anomaly scores. Materialize anomaly_scores first.")
    hours = read_anomalies(bigquery, day)
    anomalies = sum(bool(row["is_anomaly"]) for row in hours)
    fleet = Fleet(anomalies=anomalies, plot=plot_day(hours, THRESHOLD, local_time), **counts)
    flagged = read_flagged_day(bigquery, day)
    page = write_page(flagged, fleet, read_feedback(bigquery), local_time)
    return Report(flagged, page.encode())
