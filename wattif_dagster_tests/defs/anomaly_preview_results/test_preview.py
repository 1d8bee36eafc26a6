"""Which rows of `anomaly_preview_results` are those of a job."""

import pytest

from wattif_dagster import schemas
from wattif_dagster.defs.anomaly_preview_results.preview import judged_by
from wattif_dagster_tests.reconcile.conftest import HOSTILE, Warehouse


@pytest.mark.parametrize("text", HOSTILE)
def test_a_jobs_id_is_no_sql(warehouse: Warehouse, text: str):
    bigquery, table = warehouse.bigquery, schemas.ANOMALY_PREVIEW_RESULTS
    bigquery.ensure_table(table)
    jobs = (text, "another")
    rows = [{"data_scan_job_id": job, "metric": "AVG"} for job in jobs]
    bigquery.client.load_table_from_json(rows, bigquery.table_name(table)).result()
    for job in jobs:
        (found,) = judged_by(bigquery, f"projects/p/locations/l/dataScans/s/jobs/{job}")
        assert found["data_scan_job_id"] == job
