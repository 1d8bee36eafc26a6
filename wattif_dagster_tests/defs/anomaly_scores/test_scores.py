"""The detectors that forecast, up to the function that the local BigQuery lacks."""

from datetime import UTC, datetime, timedelta

import pytest

from wattif_dagster import schemas
from wattif_dagster.defs.anomaly_scores.scores import Scores, read_curves, score_day
from wattif_dagster.defs.consumption_baseline.fit import Baseline, choose_detector, fit_baseline
from wattif_dagster.detection.detectors import DETECTORS
from wattif_dagster.errors import UserError
from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.resources.bigquery_errors import JobError
from wattif_dagster.settings.detection import LOCAL_DETECTORS, DetectionOptions, DetectorName
from wattif_dagster_tests.support.warehouse import HOSTILE, MONDAY, Warehouse, add_rows

FORECASTING = [name for name in DETECTORS if name not in LOCAL_DETECTORS]


@pytest.fixture
def manifest(warehouse: Warehouse) -> Manifest:
    """The manifest of a first day, which is landed, loaded and rolled up."""
    manifest = warehouse.land()
    warehouse.load()
    warehouse.roll_up()
    return manifest


@pytest.mark.parametrize("name", FORECASTING)
def test_first_day_is_scored_by_rules_and_has_no_baseline(
    warehouse: Warehouse, manifest: Manifest, name: DetectorName
) -> None:
    table = schemas.CONSUMPTION_BASELINE
    add_rows(
        warehouse.bigquery,
        table,
        [{"day": str(MONDAY), "serial": "MAC00000001", "quantity": "avg"}],
    )
    detector, bigquery = DETECTORS[name], warehouse.bigquery
    assert fit_baseline(bigquery, detector, MONDAY, manifest.readings_per_hour) == Baseline(0, 0, 0)
    assert warehouse.count(table) == 0
    assert score_day(bigquery, detector, MONDAY, manifest.readings_per_hour) == Scores(120, 120, 0)
    assert warehouse.count(schemas.ANOMALY_SCORES, "provisional AND reason IS NULL") == 120


@pytest.mark.parametrize("name", FORECASTING)
def test_day_with_history_calls_the_function(
    warehouse: Warehouse, manifest: Manifest, name: DetectorName
) -> None:
    serial = warehouse.read_serials()[0]
    week_ago = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC) - timedelta(days=7)
    add_rows(
        warehouse.bigquery,
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
    assert fit_baseline(bigquery, detector, MONDAY, manifest.readings_per_hour) == Baseline(0, 1, 7)
    trained = [model.model_id for model in bigquery.client.list_models(bigquery.dataset_ref)]
    assert trained == (["arima_plus_20240101"] if detector.training else [])
    with pytest.raises(JobError, match=r"(?i)detect_anomalies"):
        score_day(bigquery, detector, MONDAY, manifest.readings_per_hour)


@pytest.mark.parametrize("name", FORECASTING)
def test_detector_that_the_target_lacks_is_refused(
    warehouse: Warehouse, name: DetectorName
) -> None:
    with pytest.raises(UserError, match=f"WATTIF_DETECTION__DETECTOR={name} needs BigQuery ML"):
        choose_detector(warehouse.bigquery, DetectionOptions(detector=name))
    assert choose_detector(warehouse.bigquery, DetectionOptions()) is DETECTORS["layered"]


@pytest.mark.parametrize("text", HOSTILE)
def test_serial_is_not_executed_as_sql(warehouse: Warehouse, text: str):
    hour = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC).isoformat()
    rows = [{"serial": text, "time_hour_rolled": hour}, {"serial": "M", "time_hour_rolled": hour}]
    add_rows(warehouse.bigquery, schemas.ANOMALY_SCORES, rows)
    add_rows(
        warehouse.bigquery, schemas.HOURLY_CONSUMPTION, [{**row, "avg_kw": 0.5} for row in rows]
    )
    for asked in ([text], ["M"], [text, "M"]):
        found = read_curves(warehouse.bigquery, MONDAY, asked)
        assert [(row["serial"], row["avg_kw"]) for row in found] == [(s, 0.5) for s in asked]
