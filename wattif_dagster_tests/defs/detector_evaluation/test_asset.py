"""detector_evaluation, materialized on tables planted here."""

from dagster import DagsterInstance, materialize

from wattif_dagster import keys, schemas
from wattif_dagster.defs.detector_evaluation.asset import detector_evaluation
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings

DAY = "2024-01-01"


def test_the_days_figures_are_reported(settings: Settings):
    resources = build_resources(settings)
    bigquery = resources["wattif_bigquery"]
    bigquery.ensure_table(schemas.ANOMALY_SCORES)
    with DagsterInstance.ephemeral() as instance:
        assert not _run(resources, instance).success  # no scores yet
        score = {"serial": "a", "time_hour_rolled": f"{DAY}T00:00:00Z", "anomaly_probability": 1}
        bigquery.client.load_table_from_json(
            [score], bigquery.table_name(schemas.ANOMALY_SCORES)
        ).result()
        assert _run(resources, instance).success
        event = instance.get_latest_materialization_event(keys.DETECTOR_EVALUATION)
        assert event
        assert event.asset_materialization
        metadata = event.asset_materialization.metadata
        assert metadata["clean_hours"].value == 1
        assert metadata["false_positive_rate"].value == 1
        assert metadata["touched_hours"].value == 0
        assert "recall" not in metadata


def _run(resources, instance: DagsterInstance):
    return materialize(
        [detector_evaluation],
        partition_key=DAY,
        resources={"bigquery": resources["wattif_bigquery"], "cloud": resources["wattif_cloud"]},
        instance=instance,
        raise_on_error=False,
    )
