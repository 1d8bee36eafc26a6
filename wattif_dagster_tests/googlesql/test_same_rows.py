"""Google's reference implementation gives the rows that the local BigQuery gives."""

from datetime import timedelta

import pytest

from wattif_dagster import keys, schemas
from wattif_dagster.detection.layered.queries import (
    baseline_steps,
    deviations_steps,
    meter_days_step,
)
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.steps import name_tables, run_steps
from wattif_dagster.settings import Endpoints
from wattif_dagster_tests.googlesql.analyzer import Analyzer
from wattif_dagster_tests.googlesql.reference import Compared, compare_queries
from wattif_dagster_tests.support.instances import open_instance
from wattif_dagster_tests.support.runs import day, make_resources, make_settings, run_day
from wattif_dagster_tests.support.warehouse import add_rows, make_flagged_day
from wattif_dagster_tests.support.whole_day import make_whole_day

pytestmark = pytest.mark.slow

LAST = 12
BASELINES = range(8, LAST)
"""Days with seven days of history. Their deviations calibrate the scores of the last day."""
READINGS_PER_HOUR = 2
KEYS = [
    keys.METER_REGISTRY,
    keys.RAW_READINGS,
    keys.METER_READINGS,
    keys.HOURLY_CONSUMPTION,
    keys.METER_DAYS,
    keys.INJECTED_ANOMALIES,
    keys.FLEET_ANOMALIES,
    keys.CONSUMPTION_BASELINE,
    keys.ANOMALY_SCORES,
    keys.ANOMALY_ALERTS,
    keys.DETECTOR_EVALUATION,
]
FILLED = {
    "hourly_consumption",
    "fleet_hours",
    "meter_days",
    "baseline_fit",
    "day_deviations",
    "consumption_deviations",
    "scaled_deviations",
    "score_counts",
    "score_tails",
    "fleet_anomalies",
    "consumption_baseline",
    "anomaly_scores",
    "flagged_days",
    "anomaly_alerts",
    "detector_evaluation",
}


@pytest.fixture(scope="module")
def compared(
    local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory, analyzer: Analyzer
) -> list[Compared]:
    """The queries of one run of the last day, with checks."""
    home = tmp_path_factory.mktemp("rows") / "home"
    settings = make_settings(local_cloud, home, meters=4, anomaly_share=0.5)
    resources = make_resources(settings)
    bigquery = resources["wattif_bigquery"]
    for number in range(1, LAST):
        make_whole_day(resources, day(number), str(home / "spool"))
        arguments = name_tables(bigquery), day(number), READINGS_PER_HOUR
        run_steps(bigquery, day(number), [meter_days_step(*arguments)])
        if number in BASELINES:
            steps = [*baseline_steps(*arguments), *deviations_steps(*arguments)]
            run_steps(bigquery, day(number), steps)
    flag_days_before(bigquery)
    with open_instance(home / "instance") as instance, compare_queries(analyzer) as found:
        run = run_day(settings, instance, KEYS, day(LAST))
    assert run.failures() == {}
    return found


def flag_days_before(bigquery: BigQueryWarehouse) -> None:
    """Flag a meter on the two days before the last: its alert is open on that day."""
    days = [day(LAST) - timedelta(days=before) for before in (1, 2)]
    rows = [make_flagged_day("MAC00000001", flagged) for flagged in days]
    add_rows(bigquery, schemas.FLAGGED_DAYS, rows)


def find(compared: list[Compared], table: str) -> Compared:
    (found,) = (each for each in compared if each.fills == table)
    return found


@pytest.mark.parametrize("table", sorted(FILLED))
def test_table_has_the_rows_of_google(compared: list[Compared], table: str) -> None:
    found = find(compared, table)
    assert found.differences == []
    assert found.rows > 0


def test_checks_have_the_rows_of_google(compared: list[Compared]) -> None:
    """Checks, and what assets report of the rows they made."""
    read = [each for each in compared if not each.fills]
    assert [found for each in read for found in each.differences] == []
    assert sum("deviating" in each.sql for each in read) == 2
    assert {each.fills for each in compared} == {*FILLED, ""}
