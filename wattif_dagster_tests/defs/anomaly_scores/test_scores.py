"""The detectors that forecast, as far as the local BigQuery goes: to the function that it lacks."""

from datetime import UTC, datetime, timedelta

import pytest
from wattif_dagster.warehouse.rollup import hourly_consumption_sql

from wattif_dagster import schemas
from wattif_dagster.defs.anomaly_scores.scores import (
    Baseline,
    Scores,
    curves,
    detector_of,
    fit_baseline,
    score_day,
)
from wattif_dagster.defs.meter_readings.load import load_readings, require_manifest
from wattif_dagster.detection.detectors import DETECTORS
from wattif_dagster.errors import UserError
from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.metering.serials import serial_text
from wattif_dagster.resources.bigquery import JobError
from wattif_dagster.settings.detection import LOCAL, DetectionOptions, DetectorName
from wattif_dagster_tests.reconcile.conftest import HOSTILE, MONDAY, Warehouse

FORECASTING = [name for name in DETECTORS if name not in LOCAL]


@pytest.fixture
def manifest(warehouse: Warehouse) -> Manifest:
    """That of a first day, landed, loaded and rolled up."""
    warehouse.land()
    load_readings(warehouse.gcs, warehouse.bigquery, MONDAY)
    hours = schemas.HOURLY_CONSUMPTION
    select = hourly_consumption_sql(warehouse.bigquery, MONDAY, 900)
    warehouse.bigquery.replace_partition(hours, MONDAY, select)
    return require_manifest(warehouse.gcs, MONDAY)


def load(warehouse: Warehouse, table: schemas.Table, rows: list[dict[str, object]]) -> None:
    warehouse.bigquery.ensure_table(table)
    name = warehouse.bigquery.table_name(table)
    warehouse.bigquery.client.load_table_from_json(rows, name).result()


@pytest.mark.parametrize("name", FORECASTING)
def test_a_first_day_is_judged_by_rules_and_has_no_baseline(
    warehouse: Warehouse, manifest: Manifest, name: DetectorName
) -> None:
    table = schemas.CONSUMPTION_BASELINE
    load(warehouse, table, [{"day": str(MONDAY), "serial": "MAC00000001", "quantity": "avg"}])
    detector, bigquery = DETECTORS[name], warehouse.bigquery
    assert fit_baseline(bigquery, detector, MONDAY, manifest) == Baseline(0, 0, 0)
    assert warehouse.count(table) == 0
    assert score_day(bigquery, detector, MONDAY, manifest) == Scores(120, 120, 0)
    assert warehouse.count(schemas.ANOMALY_SCORES, "provisional AND reason IS NULL") == 120


@pytest.mark.parametrize("name", FORECASTING)
def test_a_day_with_history_asks_the_function(
    warehouse: Warehouse, manifest: Manifest, name: DetectorName
) -> None:
    (serial,) = serial_text(warehouse.land().serials)[:1]
    week_ago = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC) - timedelta(days=7)
    load(
        warehouse,
        schemas.HOURLY_CONSUMPTION,
        [
            {
                "serial": serial,
                "time_hour_rolled": (week_ago + timedelta(hours=hour)).isoformat(),
                "avg_kw": 1.0,
                "n_readings": manifest.readings_per_hour,
            }
            for hour in range(7 * 24)
        ],
    )
    detector, bigquery = DETECTORS[name], warehouse.bigquery
    assert fit_baseline(bigquery, detector, MONDAY, manifest) == Baseline(0, 1, 7)
    trained = [model.model_id for model in bigquery.client.list_models(bigquery.dataset_ref)]
    assert trained == (["arima_plus_20240101"] if detector.training else [])
    with pytest.raises(JobError, match=r"(?i)detect_anomalies"):
        score_day(bigquery, detector, MONDAY, manifest)


@pytest.mark.parametrize("name", FORECASTING)
def test_what_the_target_lacks_is_refused(warehouse: Warehouse, name: DetectorName) -> None:
    with pytest.raises(UserError, match=f"WATTIF_DETECTION__DETECTOR={name} needs BigQuery ML"):
        detector_of(warehouse.bigquery, DetectionOptions(detector=name))
    assert detector_of(warehouse.bigquery, DetectionOptions()) is DETECTORS["layered"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_serial_is_no_sql(warehouse: Warehouse, text: str):
    hour = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC).isoformat()
    rows = [{"serial": text, "time_hour_rolled": hour}, {"serial": "M", "time_hour_rolled": hour}]
    load(warehouse, schemas.ANOMALY_SCORES, rows)
    load(warehouse, schemas.HOURLY_CONSUMPTION, [{**row, "avg_kw": 0.5} for row in rows])
    for asked in ([text], ["M"], [text, "M"]):
        found = curves(warehouse.bigquery, MONDAY, asked)
        assert [(row["serial"], row["avg_kw"]) for row in found] == [(s, 0.5) for s in asked]
