"""Scores the meters of one day, and reads the scores that the asset and the demo show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from google.cloud.bigquery import ArrayQueryParameter

from wattif_dagster import schemas
from wattif_dagster.defs.consumption_baseline.fit import name_detector_tables
from wattif_dagster.detection.detectors import Detector
from wattif_dagster.detection.flagged_days import flagged_days_step
from wattif_dagster.detection.forecasts.queries import history_sql, rules_alone_steps
from wattif_dagster.detection.layered.queries import CALIBRATION_START
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.steps import run_steps


@dataclass(frozen=True)
class Scores:
    """A day's scores. `unscored` hours have no probability yet."""

    rows: int
    unscored: int
    calibration_days: int


def score_day(
    bigquery: BigQueryWarehouse, detector: Detector, day: date, readings_per_hour: int
) -> Scores:
    """Replace the day's partition of `anomaly_scores` and of the tables that its steps keep."""
    table, counts = schemas.ANOMALY_SCORES, schemas.SCORE_COUNTS
    for read in (
        schemas.METER_DAYS,
        schemas.CONSUMPTION_BASELINE,
        schemas.CONSUMPTION_DEVIATIONS,
        counts,
    ):
        bigquery.ensure_table(read)
    tables = name_detector_tables(bigquery, detector, day)
    arguments = tables, day, readings_per_hour
    if detector.baseline is None and not bigquery.row(history_sql(*arguments))["meters"]:
        steps = rules_alone_steps(detector.name, *arguments)
    else:
        steps = detector.scores(*arguments)
    run_steps(bigquery, day, [*steps, flagged_days_step(tables, day)])
    since = day - timedelta(days=CALIBRATION_START)
    row = bigquery.row(
        "SELECT COUNT(*) AS n, COUNTIF(anomaly_probability IS NULL) AS unscored, "
        f"(SELECT COUNT(DISTINCT day) FROM {bigquery.quoted(counts)} "
        f"WHERE day >= DATE '{since}' AND day < DATE '{day}'"
        f") AS calibration_days FROM {bigquery.quoted(table)} "
        f"WHERE {bigquery.partition_filter(table, day)}"
    )
    calibration_days = min(row["calibration_days"], detector.calibration_days)
    return Scores(row["n"], row["unscored"], calibration_days)


def find_flagged_meters(bigquery: BigQueryWarehouse, day: date) -> list[dict[str, Any]]:
    """Find the meters with flagged hours, those with most such hours first.

    Each row has `serial`, `hours`, `probability` (the highest) and `reason` (the most frequent).
    """
    meters: dict[str, dict[str, Any]] = {}
    for row in bigquery.day_rows(schemas.FLAGGED_DAYS, day, "hours DESC, kind"):
        meter = meters.setdefault(
            row["serial"],
            {"serial": row["serial"], "hours": 0, "probability": 0, "reason": row["reason"]},
        )
        meter["hours"] += row["hours"]
        meter["probability"] = max(meter["probability"], row["probability"])
    return sorted(
        meters.values(), key=lambda row: (-row["hours"], -row["probability"], row["serial"])
    )


def read_curves(
    bigquery: BigQueryWarehouse, day: date, serials: Sequence[str]
) -> list[dict[str, Any]]:
    """Read the hours of these meters, in their order: avg_kw, its bounds and the score."""
    if not serials:
        return []
    scores, hourly = schemas.ANOMALY_SCORES, schemas.HOURLY_CONSUMPTION
    rows = bigquery.rows(
        "SELECT s.serial, s.time_hour_rolled, h.avg_kw, s.lower, s.upper, "
        "s.anomaly_probability, s.reason "
        f"FROM (SELECT * FROM {bigquery.quoted(scores)} "
        f"WHERE {bigquery.partition_filter(scores, day)} AND serial IN UNNEST(@serials)) AS s "
        f"LEFT JOIN (SELECT * FROM {bigquery.quoted(hourly)} "
        f"WHERE {bigquery.partition_filter(hourly, day)} AND serial IN UNNEST(@serials)) AS h "
        "ON h.serial = s.serial AND h.time_hour_rolled = s.time_hour_rolled",
        ArrayQueryParameter("serials", "STRING", list(serials)),
    )
    return sorted(rows, key=lambda row: (serials.index(row["serial"]), row["time_hour_rolled"]))
