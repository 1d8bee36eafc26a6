"""A day's scores against its truth, on the local BigQuery."""

from datetime import date

import pytest

from wattif_dagster import schemas
from wattif_dagster.defs.detector_evaluation.query import evaluation_sql
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings

DAY = date(2024, 1, 1)


def score(serial: str, hour: int, probability: float | None) -> dict:
    return {
        "serial": serial,
        "time_hour_rolled": f"2024-01-01T{hour:02}:00:00Z",
        "anomaly_probability": probability,
    }


def label(serial: str, kind: str, hours: str, kwh: float) -> dict:
    return {
        "label_date": "2024-01-01",
        "serial": serial,
        "kind": kind,
        "starts_at": "2024-01-01T00:00:00Z",
        "ends_at": "2024-01-02T00:00:00Z",
        "parameters": "{}",
        "kwh_withheld": kwh,
        "touched_hours": hours,
    }


def test_a_days_scores_are_compared_with_its_truth(settings: Settings):
    bigquery = build_resources(settings)["wattif_bigquery"]
    planted = {
        schemas.ANOMALY_SCORES: [
            score("a", 0, 0.99),
            score("a", 1, None),
            score("a", 2, 1),  # not touched: not judged
            score("b", 0, 1),
            score("c", 0, 1),  # clean
            *(score("c", hour, 0.5) for hour in range(1, 4)),
        ],
        schemas.INJECTED_ANOMALIES: [
            label("a", "T1", "[0,1]", 4.0),
            label("b", "F3", "[0]", -1.0),
            label("b", "F1", "[]", 0.0),
        ],
    }
    for table, rows in planted.items():
        bigquery.ensure_table(table)
        bigquery.client.load_table_from_json(rows, bigquery.table_name(table)).result()
    for _ in range(2):
        select = evaluation_sql(
            bigquery.quoted(schemas.ANOMALY_SCORES),
            bigquery.quoted(schemas.INJECTED_ANOMALIES),
            DAY,
        )
        bigquery.replace_partition(schemas.DETECTOR_EVALUATION, DAY, select)
    table = bigquery.quoted(schemas.DETECTOR_EVALUATION)
    fault, theft, every = bigquery.rows(f"SELECT * FROM {table} ORDER BY kind")
    assert (theft["kind"], theft["recall"], theft["kwh_recovered"]) == ("T1", 0.5, 2)
    assert (fault["kind"], fault["recall"], fault["kwh_withheld"]) == ("F3", 1, 0)
    assert every["kind"] == "all"
    assert (every["meters"], every["touched_hours"], every["flagged_hours"]) == (2, 3, 2)
    assert (every["clean_hours"], every["false_hours"]) == (4, 1)
    assert every["precision"] == pytest.approx(2 / 3)
    assert every["false_positive_rate"] == 0.25
