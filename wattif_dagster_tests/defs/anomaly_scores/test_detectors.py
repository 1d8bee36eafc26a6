"""A detector that the target lacks stops the run before any service is asked."""

import pytest
from dagster import AssetKey, DagsterInstance

from wattif_dagster import keys, schemas
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.options import DetectionResource
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.runs import day, run_day


@pytest.mark.parametrize("key", [keys.CONSUMPTION_BASELINE, keys.ANOMALY_SCORES], ids=str)
def test_bigquery_ml_is_refused_on_the_local_cloud(
    settings: Settings, instance: DagsterInstance, key: AssetKey
) -> None:
    detection = DetectionResource(detector="ai_detect_anomalies")
    run = run_day(settings, instance, [key], day(1), {"wattif_detection": detection})
    (message,) = run.failures().values()
    assert str(detection.refusal("local")) in message
    # Nothing was landed, so that a later refusal would be about the missing manifest.
    assert "manifest" not in message
    assert not build_resources(settings)["wattif_bigquery"].has_table(schemas.CONSUMPTION_BASELINE)
