"""The statements of every detector are Google's SQL; those of BigQuery ML run nowhere here."""

from contextlib import suppress
from datetime import timedelta
from itertools import product

import pytest

from wattif_dagster import schemas
from wattif_dagster.defs.anomaly_scores.scores import score_day
from wattif_dagster.defs.consumption_baseline.fit import fit_baseline
from wattif_dagster.detection.detectors import DETECTORS
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.bigquery_errors import JobError
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster.settings.detection import LOCAL_DETECTORS, DetectorName
from wattif_dagster_tests.googlesql.known_faults import EXPECTED, KNOWN_TABLES
from wattif_dagster_tests.googlesql.watch import Watch
from wattif_dagster_tests.support.runs import day
from wattif_dagster_tests.support.warehouse import add_rows

DAYS = 9


@pytest.fixture
def warehouse(settings: Settings) -> BigQueryWarehouse:
    """A meter with a week of history before the last day."""
    bigquery = build_resources(settings)["wattif_bigquery"]
    hours = [
        {
            "serial": "MAC00000001",
            "time_hour_rolled": f"{day(number)}T{hour:02d}:00:00Z",
            **dict.fromkeys(("consumption_hour_rolled", "avg_kw", "max_kw", "min_kw"), 0.5),
            "n_readings": 4,
        }
        for number, hour in product(range(1, DAYS + 1), range(24))
    ]
    add_rows(bigquery, schemas.HOURLY_CONSUMPTION, hours)
    bigquery.ensure_table(schemas.METER_REGISTRY)
    return bigquery


@EXPECTED
@pytest.mark.parametrize("name", [name for name in DETECTORS if name not in LOCAL_DETECTORS])
def test_bigquery_ml_is_asked_in_googles_sql(
    warehouse: BigQueryWarehouse, name: DetectorName, watch: Watch
) -> None:
    detector, last = DETECTORS[name], day(DAYS)
    if detector.training:
        with suppress(JobError):
            fit_baseline(warehouse, detector, last, 4)
    with suppress(JobError):  # the local BigQuery has no BigQuery ML
        score_day(warehouse, detector, last, 4)
    judged = [(s.sql, faults) for s, faults in watch.take() if "MODEL" in s.sql or "AI." in s.sql]
    assert len(judged) == (2 if detector.training else 1)
    assert {sql: faults for sql, faults in judged if faults} == {}


@EXPECTED
def test_layered_detector_is_asked_in_googles_sql(
    warehouse: BigQueryWarehouse, watch: Watch
) -> None:
    detector, last = DETECTORS["layered"], day(DAYS)
    fit_baseline(warehouse, detector, last - timedelta(days=1), 4)
    score_day(warehouse, detector, last, 4)
    judged = watch.take()
    filled = {(statement.destination or "").rpartition(".")[2] for statement, _ in judged}
    assert filled >= KNOWN_TABLES
    assert [faults for _, faults in judged if faults] == []
