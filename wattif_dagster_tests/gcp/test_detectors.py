"""The detectors of BigQuery ML on a real Google Cloud project: a day with a week of history."""

from typing import Any

import pytest
from dagster import DagsterInstance

from wattif_dagster import keys, schemas
from wattif_dagster.detection.detectors import DETECTORS
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import Resources
from wattif_dagster.settings.detection import LOCAL, DetectionOptions, DetectorName
from wattif_dagster_tests.support.runs import day, failures, run_days
from wattif_dagster_tests.support.gcp_project import (
    NEEDS_PROJECT,
    resources_on_project,
    settings_on_project,
)

METERS, TODAY = 3, 8
FLEET = Simulation(meters=METERS, daily_new_meters=0, daily_retired_meters=0, interval_seconds=900)
HISTORY = [keys.METER_REGISTRY, keys.RAW_READINGS, keys.METER_READINGS, keys.HOURLY_CONSUMPTION]
DETECTION = [keys.CONSUMPTION_BASELINE, keys.ANOMALY_SCORES]

pytestmark = NEEDS_PROJECT


def score_a_day(resources: Resources) -> list[dict[str, Any]]:
    """The scores of the day after a first week, made by runs of the assets."""
    with DagsterInstance.ephemeral() as instance:
        week = run_days(resources, instance, HISTORY, day(1), day(TODAY))
        today = run_days(resources, instance, DETECTION, day(TODAY), day(TODAY))
    assert (failures(week), failures(today)) == ({}, {})
    order = "serial, time_hour_rolled"
    return resources["wattif_bigquery"].day_rows(schemas.ANOMALY_SCORES, day(TODAY), order)


@pytest.mark.parametrize("name", [name for name in DETECTORS if name not in LOCAL])
def test_every_hour_is_judged(name: DetectorName) -> None:
    settings = settings_on_project(FLEET, detection=DetectionOptions(detector=name))
    with resources_on_project(settings) as resources:
        rows = score_a_day(resources)
    assert len(rows) == METERS * 24
    for row in rows:
        assert row["reason"] in (f"{name}:avg+", f"{name}:avg-")
        assert 0 <= row["anomaly_probability"] <= 1
        assert row["lower"] < row["upper"]
        assert row["score"] >= 0
        assert row["provisional"]
