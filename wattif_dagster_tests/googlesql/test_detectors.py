"""The statements of every detector are Google's SQL; those of BigQuery ML run nowhere here."""

from contextlib import suppress
from itertools import product

import pytest

from wattif_dagster import schemas
from wattif_dagster.defs.anomaly_scores.scores import score_day
from wattif_dagster.defs.consumption_baseline.fit import fit_baseline
from wattif_dagster.detection.detectors import DETECTORS
from wattif_dagster.detection.layered import temporary
from wattif_dagster.detection.layered.queries import meter_days_step
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.bigquery_errors import JobError
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.steps import name_tables, run_steps
from wattif_dagster.settings import Settings
from wattif_dagster.settings.detection import LOCAL_DETECTORS, DetectorName
from wattif_dagster_tests.googlesql.watch import Watch
from wattif_dagster_tests.support.runs import day
from wattif_dagster_tests.support.warehouse import add_rows

DAYS = 9
READINGS_PER_HOUR = 4
KEPT = (
    schemas.METER_DAYS,
    schemas.CONSUMPTION_BASELINE,
    schemas.CONSUMPTION_DEVIATIONS,
    schemas.SCORE_COUNTS,
    schemas.ANOMALY_SCORES,
    schemas.FLAGGED_DAYS,
)
TEMPORARY = (
    temporary.BASELINE_FIT,
    temporary.DAY_DEVIATIONS,
    temporary.SCALED_DEVIATIONS,
    temporary.SCORE_TAILS,
)


@pytest.fixture
def warehouse(settings: Settings) -> BigQueryWarehouse:
    """A meter with a week of history before the last day."""
    bigquery = build_resources(settings)["wattif_bigquery"]
    hours = [
        {
            "serial": "MAC00000001",
            "time_hour_rolled": f"{day(number)}T{hour:02d}:00:00Z",
            **dict.fromkeys(("consumption_hour_rolled", "avg_kw", "max_kw", "min_kw"), 0.5),
            "n_readings": READINGS_PER_HOUR,
        }
        for number, hour in product(range(1, DAYS + 1), range(24))
    ]
    add_rows(bigquery, schemas.HOURLY_CONSUMPTION, hours)
    bigquery.ensure_table(schemas.METER_REGISTRY)
    for number in range(1, DAYS + 1):
        step = meter_days_step(name_tables(bigquery), day(number), READINGS_PER_HOUR)
        run_steps(bigquery, day(number), [step])
    return bigquery


@pytest.mark.parametrize("name", [name for name in DETECTORS if name not in LOCAL_DETECTORS])
def test_bigquery_ml_is_asked_in_googles_sql(
    warehouse: BigQueryWarehouse, name: DetectorName, watch: Watch
) -> None:
    detector, last = DETECTORS[name], day(DAYS)
    if detector.training:
        with suppress(JobError):
            fit_baseline(warehouse, detector, last, READINGS_PER_HOUR)
    with suppress(JobError):  # the local BigQuery has no BigQuery ML
        score_day(warehouse, detector, last, READINGS_PER_HOUR)
    judged = [(s.sql, faults) for s, faults in watch.take() if "MODEL" in s.sql or "AI." in s.sql]
    assert len(judged) == (2 if detector.training else 1)
    assert {sql: faults for sql, faults in judged if faults} == {}


def test_layered_detector_is_asked_in_googles_sql(
    warehouse: BigQueryWarehouse, watch: Watch
) -> None:
    detector, last = DETECTORS["layered"], day(DAYS)
    fit_baseline(warehouse, detector, last, READINGS_PER_HOUR)
    score_day(warehouse, detector, last, READINGS_PER_HOUR)
    judged = watch.take()
    filled = {(statement.destination or "").rpartition(".")[2] for statement, _ in judged}
    filled.discard("")  # a query of counts fills no table
    assert filled == {table.name for table in (*TEMPORARY, *KEPT)}
    assert [faults for _, faults in judged if faults] == []
