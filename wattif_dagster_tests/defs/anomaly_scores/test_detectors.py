"""A detector that the target does not have stops the run before anything is asked or made."""

import pytest
from dagster import DagsterInstance

from wattif_dagster import keys, schemas
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.options import DetectionResource
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.runs import day, failures, run_days


@pytest.mark.parametrize("key", [keys.CONSUMPTION_BASELINE, keys.ANOMALY_SCORES], ids=str)
def test_bigquery_ml_is_refused_on_the_local_cloud(settings: Settings, key) -> None:
    detection = DetectionResource(detector="ai_detect_anomalies")
    resources = {**build_resources(settings), "detection": detection}
    with DagsterInstance.ephemeral() as instance:
        result = run_days(resources, instance, [key], day(1), day(1))
    (said,) = failures(result).values()
    assert str(detection.refusal("local")) in said
    # Nothing was landed: asked first, the manifest would be what is missed.
    assert "manifest" not in said
    assert not build_resources(settings)["wattif_bigquery"].has_table(schemas.CONSUMPTION_BASELINE)
