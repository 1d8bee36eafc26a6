"""detector_evaluation, materialized on tables planted here."""

from dagster import DagsterInstance

from wattif_dagster import keys, schemas
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.runs import day, run_day
from wattif_dagster_tests.support.warehouse import add_rows

KEY = keys.DETECTOR_EVALUATION


def test_day_without_scores_is_refused(settings: Settings, instance: DagsterInstance):
    (message,) = run_day(settings, instance, [KEY], day(1)).failures().values()
    assert "2024-01-01 has no anomaly scores. Materialize anomaly_scores first." in message


def test_days_figures_are_reported(settings: Settings, instance: DagsterInstance):
    """No anomaly is injected, so there is no recall."""
    scores = [
        {
            "serial": "a",
            "time_hour_rolled": f"{day(1)}T{hour:02}:00:00Z",
            "anomaly_probability": probability,
        }
        for hour, probability in enumerate((1, 0.5, None))
    ]
    add_rows(build_resources(settings)["wattif_bigquery"], schemas.ANOMALY_SCORES, scores)
    run = run_day(settings, instance, [KEY], day(1))
    assert run.success, run.failures()
    metadata = run.metadata(KEY)
    assert metadata["clean_hours"] == 2
    assert metadata["false_positive_rate"] == 0.5
    assert metadata["touched_hours"] == 0
    assert "recall" not in metadata


def test_recall_is_by_the_names_of_kinds(settings: Settings, instance: DagsterInstance):
    midnight = f"{day(1)}T00:00:00Z"
    score = {"serial": "a", "time_hour_rolled": midnight, "anomaly_probability": 1}
    label = {
        "label_date": str(day(1)),
        "serial": "a",
        "kind": "T1",
        "starts_at": midnight,
        "ends_at": f"{day(1)}T02:00:00Z",
        "parameters": "{}",
        "kwh_withheld": 1,
        "touched_hours": "[0]",
    }
    bigquery = build_resources(settings)["wattif_bigquery"]
    add_rows(bigquery, schemas.ANOMALY_SCORES, [score])
    add_rows(bigquery, schemas.INJECTED_ANOMALIES, [label])
    run = run_day(settings, instance, [KEY], day(1))
    assert run.success, run.failures()
    table = str(run.metadata(KEY)["recall_by_kind"])
    assert table.endswith("\n| T1 scaled | 1 | 1 | 1 | 100% |")
