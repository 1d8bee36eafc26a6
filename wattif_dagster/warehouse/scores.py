"""consumption_baseline and anomaly_scores: their partitions, and what is looked at afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from google.cloud.bigquery import ArrayQueryParameter

from wattif_dagster import schemas
from wattif_dagster.detection.detection_options import DetectionOptions
from wattif_dagster.detection.detectors import DETECTORS, Detector
from wattif_dagster.detection.forecasts.queries import history_sql, rules_alone_sql
from wattif_dagster.detection.layered.queries import Tables
from wattif_dagster.errors import UserError
from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.bigquery_tables import of_day


@dataclass(frozen=True)
class Baseline:
    """A day's baseline: of how many meters, and the longest of their `history_days`; `rows` are
    those stored."""

    rows: int
    meters: int
    history_days: int


@dataclass(frozen=True)
class Scores:
    """A day's scores; `unscored` hours have no probability yet."""

    rows: int
    unscored: int
    calibration_days: int


def detector_of(bigquery: BigQueryWarehouse, detection: DetectionOptions) -> Detector:
    """The detector of the settings. Raises UserError where the target does not have it."""
    if refusal := detection.refusal(bigquery.cloud.target):
        raise UserError(refusal)
    return DETECTORS[detection.detector]


def fit_baseline(
    bigquery: BigQueryWarehouse, detector: Detector, day: date, manifest: Manifest
) -> Baseline:
    """Replace the day's partition of `consumption_baseline`, and train what the detector trains.

    The partition of a detector that stores no baseline is left empty: rows of another detector
    would pass for its own.
    """
    table = schemas.CONSUMPTION_BASELINE
    asked = _tables(bigquery, detector, day), day, manifest.readings_per_hour
    if detector.baseline is None:
        row = bigquery.row(history_sql(*asked))
        if detector.training and row["meters"]:
            bigquery.execute(detector.training(*asked))
        columns = ", ".join(table.column_names)
        nothing = f"SELECT {columns} FROM {bigquery.quoted(table)} WHERE FALSE"
        bigquery.replace_partition(table, day, nothing)
        return Baseline(0, row["meters"], row["history_days"])
    bigquery.replace_partition(table, day, detector.baseline(*asked))
    row = bigquery.row(
        "SELECT COUNT(*) AS n, COUNT(DISTINCT serial) AS meters, "
        "COALESCE(MAX(history_days), 0) AS history_days "
        f"FROM {bigquery.quoted(table)} WHERE {of_day(table, day)}"
    )
    return Baseline(row["n"], row["meters"], row["history_days"])


def score_day(
    bigquery: BigQueryWarehouse, detector: Detector, day: date, manifest: Manifest
) -> Scores:
    """Replace the day's partition of `anomaly_scores`."""
    bigquery.ensure_table(schemas.CONSUMPTION_BASELINE)
    table, baseline = schemas.ANOMALY_SCORES, schemas.CONSUMPTION_BASELINE
    asked = _tables(bigquery, detector, day), day, manifest.readings_per_hour
    if detector.baseline is None and not bigquery.row(history_sql(*asked))["meters"]:
        sql = rules_alone_sql(detector.name, *asked)
    else:
        sql = detector.scores(*asked)
    bigquery.replace_partition(table, day, sql)
    since = day - timedelta(days=detector.calibration_days)
    row = bigquery.row(
        "SELECT COUNT(*) AS n, COUNTIF(anomaly_probability IS NULL) AS unscored, "
        f"(SELECT COUNT(DISTINCT day) FROM {bigquery.quoted(baseline)} "
        f"WHERE day >= DATE '{since}' AND day < DATE '{day}'"
        f") AS calibration_days FROM {bigquery.quoted(table)} WHERE {of_day(table, day)}"
    )
    return Scores(row["n"], row["unscored"], row["calibration_days"])


def flagged_meters(
    bigquery: BigQueryWarehouse, day: date, threshold: float
) -> list[dict[str, Any]]:
    """Meters with hours at the threshold or above, the most such hours first: serial, hours,
    probability (the largest), reason (of that hour)."""
    table = schemas.ANOMALY_SCORES
    return bigquery.rows(
        "SELECT serial, COUNT(*) AS hours, MAX(anomaly_probability) AS probability, "
        "MAX_BY(reason, anomaly_probability) AS reason "
        f"FROM {bigquery.quoted(table)} WHERE {of_day(table, day)} "
        f"AND anomaly_probability >= {threshold!r} "
        "GROUP BY serial ORDER BY hours DESC, probability DESC, serial"
    )


def curves(bigquery: BigQueryWarehouse, day: date, serials: Sequence[str]) -> list[dict[str, Any]]:
    """The hours of these meters, in their order: avg_kw, its bounds and the score's columns."""
    if not serials:
        return []
    scores, hourly = schemas.ANOMALY_SCORES, schemas.HOURLY_CONSUMPTION
    rows = bigquery.rows(
        "SELECT s.serial, s.time_hour_rolled, h.avg_kw, s.lower, s.upper, "
        "s.anomaly_probability, s.reason "
        f"FROM (SELECT * FROM {bigquery.quoted(scores)} "
        f"WHERE {of_day(scores, day)} AND serial IN UNNEST(@serials)) AS s "
        f"LEFT JOIN (SELECT * FROM {bigquery.quoted(hourly)} "
        f"WHERE {of_day(hourly, day)} AND serial IN UNNEST(@serials)) AS h "
        "ON h.serial = s.serial AND h.time_hour_rolled = s.time_hour_rolled",
        ArrayQueryParameter("serials", "STRING", list(serials)),
    )
    return sorted(rows, key=lambda row: (serials.index(row["serial"]), row["time_hour_rolled"]))


def _tables(bigquery: BigQueryWarehouse, detector: Detector, day: date) -> Tables:
    return Tables(
        hourly_consumption=bigquery.quoted(schemas.HOURLY_CONSUMPTION),
        consumption_baseline=bigquery.quoted(schemas.CONSUMPTION_BASELINE),
        meter_registry=bigquery.quoted(schemas.METER_REGISTRY),
        model=bigquery.quoted_model(f"{detector.name}_{day:%Y%m%d}"),
    )
