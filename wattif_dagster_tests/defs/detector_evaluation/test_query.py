"""A day's scores against its injected anomalies, on the local BigQuery."""

from datetime import date

import pytest

from wattif_dagster import schemas
from wattif_dagster.defs.detector_evaluation.query import evaluation_sql
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.warehouse import add_rows

DAY = date(2024, 1, 1)


def make_score(serial: str, hour: int, probability: float | None) -> dict:
    return {
        "serial": serial,
        "time_hour_rolled": f"2024-01-01T{hour:02}:00:00Z",
        "anomaly_probability": probability,
    }


def make_label(serial: str, kind: str, hours: str, kwh: float) -> dict:
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


def test_scores_are_compared_with_injected_anomalies(settings: Settings):
    bigquery = build_resources(settings)["wattif_bigquery"]
    planted = {
        schemas.ANOMALY_SCORES: [
            make_score("a", 0, 0.99),
            make_score("a", 1, None),
            make_score("a", 2, 1),  # not touched: does not count
            make_score("b", 0, 1),
            make_score("c", 0, 1),  # clean
            *(make_score("c", hour, 0.5) for hour in range(1, 4)),
            make_score("c", 4, None),  # not scored: does not count
        ],
        schemas.INJECTED_ANOMALIES: [
            make_label("a", "T1", "[0,1]", 4.0),
            make_label("b", "F3", "[0]", -1.0),
            make_label("b", "F1", "[]", 0.0),
            make_label("c", "B2", "[0,1]", 0.0),  # benign: its hours are clean
        ],
    }
    for table, rows in planted.items():
        add_rows(bigquery, table, rows)
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


def test_day_without_scores_has_no_false_alarm_rate(settings: Settings):
    """A broken rule flags hours from the first day on, and is no score."""
    bigquery = build_resources(settings)["wattif_bigquery"]
    add_rows(bigquery, schemas.ANOMALY_SCORES, [make_score("a", 0, 1), make_score("a", 1, None)])
    bigquery.ensure_table(schemas.INJECTED_ANOMALIES)
    scores, labels = (
        bigquery.quoted(table) for table in (schemas.ANOMALY_SCORES, schemas.INJECTED_ANOMALIES)
    )
    every = bigquery.row(evaluation_sql(scores, labels, DAY))
    names = ("clean_hours", "false_hours", "precision", "false_positive_rate")
    assert {every[name] for name in names} == {None}
    assert every["touched_hours"] == 0
