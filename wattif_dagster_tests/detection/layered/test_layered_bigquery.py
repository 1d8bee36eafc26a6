"""The layered detector gives the same scores on the local BigQuery as in DuckDB."""

import pytest

from wattif_dagster import schemas
from wattif_dagster.detection.layered.queries import (
    baseline_steps,
    deviations_steps,
    meter_days_step,
    scores_steps,
)
from wattif_dagster.detection.layered.temporary import SCORE_TAILS
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.steps import name_tables, run_steps
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.homes import READINGS, Homes, Warehouse, find_date
from wattif_dagster_tests.support.warehouse import add_rows

METERS, DAYS = 20, 45
TODAY = DAYS - 1
SCORED_BY = range(TODAY - 2, DAYS)
"""Days with a baseline: enough to calibrate on, quick to fit."""


@pytest.mark.slow
def test_a_day_is_scored_on_the_local_bigquery(settings: Settings) -> None:
    homes = Homes.clean(METERS, DAYS)
    homes.count[0, TODAY, 3] = 0
    homes.avg[1, TODAY, 5] = 6.0
    in_duckdb = Warehouse(homes, SCORED_BY, lookback=0)

    bigquery = build_resources(settings)["wattif_bigquery"]
    for table in (schemas.HOURLY_CONSUMPTION, schemas.METER_DAYS):
        rows = in_duckdb.query(f"SELECT * FROM {table.name}")
        time = table.partition_by
        add_rows(bigquery, table, [{**row, time: row[time].isoformat()} for row in rows])
    tables = name_tables(bigquery, registry=False)
    for day in map(find_date, SCORED_BY):
        arguments = tables, day, READINGS
        steps = [*baseline_steps(*arguments), *deviations_steps(*arguments)]
        run_steps(bigquery, day, [meter_days_step(*arguments), *steps])
    today = find_date(TODAY)
    for _ in range(2):
        run_steps(bigquery, today, scores_steps(tables, today, READINGS))
    assert bigquery.count_rows(SCORE_TAILS, today) == 0

    found = bigquery.day_rows(schemas.ANOMALY_SCORES, today, "serial, time_hour_rolled")
    expected = in_duckdb.score(TODAY)
    assert len(found) == METERS * 24
    assert found[3]["reason"] == "rule:missing"
    assert found[24 + 5]["anomaly_probability"] > 0.99
    for column in schemas.ANOMALY_SCORES.column_names:
        there, here = ([row[column] for row in rows] for rows in (found, expected))
        if column in ("score", "anomaly_probability", "lower", "upper"):
            assert there == pytest.approx(here)
        else:
            assert there == here
