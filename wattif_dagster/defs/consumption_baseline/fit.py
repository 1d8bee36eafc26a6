"""Fits the baseline of one day, and trains the detector's model."""

from dataclasses import dataclass, replace
from datetime import date

from wattif_dagster import schemas
from wattif_dagster.detection.detectors import DETECTORS, Detector
from wattif_dagster.detection.forecasts.queries import history_sql
from wattif_dagster.detection.steps import UTC, Tables
from wattif_dagster.errors import UserError
from wattif_dagster.local_time import LocalTime
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.steps import name_tables, run_steps
from wattif_dagster.settings.detection import DetectionOptions


@dataclass(frozen=True)
class Baseline:
    """A day's baseline: its stored rows, its meters, and the longest history among them."""

    rows: int
    meters: int
    history_days: int


def choose_detector(bigquery: BigQueryWarehouse, detection: DetectionOptions) -> Detector:
    """Choose the detector of the settings. Raises UserError where the target lacks it."""
    if refusal := detection.refusal(bigquery.cloud.target):
        raise UserError(refusal)
    return DETECTORS[detection.detector]


def name_detector_tables(bigquery: BigQueryWarehouse, detector: Detector, day: date) -> Tables:
    """Quote the names of the tables and of the model that the detector reads."""
    model = bigquery.quoted_name(f"{detector.name}_{day:%Y%m%d}")
    return replace(name_tables(bigquery), model=model)


def fit_baseline(
    bigquery: BigQueryWarehouse,
    detector: Detector,
    day: date,
    readings_per_hour: int,
    local_time: LocalTime = UTC,
) -> Baseline:
    """Replace the day's partition of `consumption_baseline`, and train the detector's model.

    A detector that stores no baseline empties the partition, so that it holds no rows of another
    detector.
    """
    table = schemas.CONSUMPTION_BASELINE
    bigquery.ensure_table(schemas.METER_DAYS)
    tables = replace(name_detector_tables(bigquery, detector, day), local_time=local_time)
    arguments = tables, day, readings_per_hour
    if detector.baseline is None:
        row = bigquery.row(history_sql(*arguments))
        if detector.training and row["meters"]:
            bigquery.execute(detector.training(*arguments))
        columns = ", ".join(table.column_names)
        nothing = f"SELECT {columns} FROM {bigquery.quoted(table)} WHERE FALSE"
        bigquery.replace_partition(table, day, nothing)
        return Baseline(0, row["meters"], row["history_days"])
    run_steps(bigquery, day, detector.baseline(*arguments))
    row = bigquery.row(
        "SELECT COUNT(*) AS n, COUNT(DISTINCT serial) AS meters, "
        "COALESCE(MAX(history_days), 0) AS history_days "
        f"FROM {bigquery.quoted(table)} WHERE {bigquery.partition_filter(table, day)}"
    )
    return Baseline(row["n"], row["meters"], row["history_days"])
