"""Whether a day is right everywhere, after other processes made it."""

from datetime import date

from wattif_dagster.warehouse.anomalies import anomaly_rows
from wattif_dagster.warehouse.reconcile import count_day

from wattif_dagster import keys
from wattif_dagster.definitions import ASSETS
from wattif_dagster_tests.dagster_processes.conftest import Project

RULES = 7


def assert_day_is_landed(project: Project, day: date) -> None:
    """Bucket = manifest = table = roll-up."""
    counts = count_day(project.resources["wattif_gcs"], project.resources["wattif_bigquery"], day)
    age = (day - project.settings.simulation.first_day).days
    assert counts.rendered == (project.settings.simulation.meters + age) * 48
    assert counts.agree


def assert_day_is_right(project: Project, day: date) -> None:
    """Landed, 48 hours judged, scanned once, each asset credited."""
    assert_day_is_landed(project, day)
    bigquery = project.resources["wattif_bigquery"]
    assert len(anomaly_rows(bigquery, day)) == 48
    for asset in ASSETS:
        assert len(project.materializations(asset.key, day)) == 1, asset.key
    (scanned,) = project.materializations(keys.ANOMALY_SCAN_RESULTS, day)
    assert scanned.asset_materialization
    job = str(scanned.asset_materialization.metadata["job"].value).rsplit("/", 1)[-1]
    exported = bigquery.row(
        f"SELECT COUNT(DISTINCT rule_name) AS rules, COUNT(*) AS n "
        f"FROM `{bigquery.cloud.project}.{bigquery.dataset}.anomaly_scan_results` "
        f"WHERE data_quality_job_id = '{job}'"
    )
    assert exported == {"rules": RULES, "n": RULES}
