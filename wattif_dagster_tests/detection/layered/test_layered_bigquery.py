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
from wattif_dagster_tests.support.homes import READINGS, TABLES, Homes, Warehouse, find_date

METERS, DAYS = 20, 45
TODAY = DAYS - 1
SCORED_BY = range(TODAY - 2, DAYS)
"""Days with a baseline: enough to calibrate on, quick to fit."""
KEPT = (
    schemas.HOURLY_CONSUMPTION,
    schemas.METER_DAYS,
    schemas.CONSUMPTION_BASELINE,
    schemas.CONSUMPTION_DEVIATIONS,
    schemas.SCORE_COUNTS,
    schemas.ANOMALY_SCORES,
)


@pytest.mark.slow
def test_a_day_is_scored_on_the_local_bigquery(settings: Settings) -> None:
    homes = Homes.clean(METERS, DAYS)
    homes.count[0, TODAY, 3] = 0
    homes.avg[1, TODAY, 5] = 6.0
    in_duckdb = Warehouse(homes, SCORED_BY)
    for table in (schemas.CONSUMPTION_DEVIATIONS, schemas.SCORE_COUNTS):
        in_duckdb.connection.execute(
            f"DELETE FROM {table.name} WHERE day < '{find_date(SCORED_BY.start)}'"
        )
    for day in SCORED_BY:
        in_duckdb.run(deviations_steps(TABLES, find_date(day), READINGS), day)

    bigquery = build_resources(settings)["wattif_bigquery"]
    for table in KEPT:
        bigquery.ensure_table(table)
    bigquery.client.load_table_from_json(
        [
            {**row, "time_hour_rolled": row["time_hour_rolled"].isoformat()}
            for row in in_duckdb.query("SELECT * FROM hourly_consumption")
        ],
        bigquery.table_name(schemas.HOURLY_CONSUMPTION),
    ).result()
    tables = name_tables(bigquery, registry=False)
    for day in map(find_date, range(DAYS)):
        run_steps(bigquery, day, [meter_days_step(tables, day, READINGS)])
    for day in map(find_date, SCORED_BY):
        arguments = tables, day, READINGS
        run_steps(bigquery, day, [*baseline_steps(*arguments), *deviations_steps(*arguments)])
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
