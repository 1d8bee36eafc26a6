"""The rows of `anomaly_preview_results` that a job wrote."""

import pytest

from wattif_dagster import schemas
from wattif_dagster.defs.anomaly_preview_results.preview import read_scored
from wattif_dagster_tests.support.warehouse import HOSTILE, Warehouse, add_rows


@pytest.mark.parametrize("text", HOSTILE)
def test_job_id_is_not_executed_as_sql(warehouse: Warehouse, text: str):
    bigquery, table = warehouse.bigquery, schemas.ANOMALY_PREVIEW_RESULTS
    jobs = (text, "another")
    add_rows(bigquery, table, [{"data_scan_job_id": job, "metric": "AVG"} for job in jobs])
    for job in jobs:
        (found,) = read_scored(bigquery, f"projects/p/locations/l/dataScans/s/jobs/{job}")
        assert found["data_scan_job_id"] == job
