"""The detectors of BigQuery ML on a real Google Cloud project: a day with a week of history."""

from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance

from wattif_dagster import keys, schemas
from wattif_dagster.detection.detectors import DETECTORS
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.settings import Settings
from wattif_dagster.settings.detection import LOCAL_DETECTORS, DetectionOptions, DetectorName
from wattif_dagster_tests.support.gcp_project import (
    needs_project,
    resources_on_project,
    settings_on_project,
)
from wattif_dagster_tests.support.runs import day, run_day

METERS, TODAY = 3, 8
FLEET = Simulation(meters=METERS, daily_new_meters=0, daily_retired_meters=0, interval_seconds=900)
HISTORY = [keys.METER_REGISTRY, keys.RAW_READINGS, keys.METER_READINGS, keys.HOURLY_CONSUMPTION]
DETECTION = [keys.CONSUMPTION_BASELINE, keys.ANOMALY_SCORES]

pytestmark = needs_project(
    apis="bigquery and storage",
    roles="roles/storage.admin and roles/bigquery.user on the project",
)


def score_day_after_a_week(settings: Settings) -> list[dict[str, Any]]:
    """The scores of the day after the first week, made by runs of the assets."""
    with resources_on_project(settings) as resources, DagsterInstance.ephemeral() as instance:
        for number in range(1, TODAY + 1):
            assert run_day(settings, instance, HISTORY, day(number)).failures() == {}
        assert run_day(settings, instance, DETECTION, day(TODAY)).failures() == {}
        order = "serial, time_hour_rolled"
        return resources["wattif_bigquery"].day_rows(schemas.ANOMALY_SCORES, day(TODAY), order)


@pytest.mark.parametrize("name", [name for name in DETECTORS if name not in LOCAL_DETECTORS])
def test_detector_scores_every_hour(name: DetectorName, tmp_path: Path) -> None:
    detection = DetectionOptions(detector=name)
    rows = score_day_after_a_week(settings_on_project(FLEET, home=tmp_path, detection=detection))
    assert len(rows) == METERS * 24
    for row in rows:
        assert row["reason"] in (f"{name}:avg+", f"{name}:avg-")
        assert 0 <= row["anomaly_probability"] <= 1
        assert row["lower"] < row["upper"]
        assert row["score"] >= 0
        assert row["provisional"]
