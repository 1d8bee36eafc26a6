"""Whether a day that other processes made is right everywhere."""

from datetime import date

from wattif_dagster import keys
from wattif_dagster.backfill.graph import read_graph
from wattif_dagster.daily_asset import find_daily_assets
from wattif_dagster.definitions import build_defs
from wattif_dagster.defs.fleet_anomalies.asset import read_anomalies
from wattif_dagster.reconcile.day import reconcile_days
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.project import Project

RULES = 7
DAILY = find_daily_assets(build_defs(Settings()))
GRAPH = read_graph(build_defs(Settings()))


def assert_day_is_landed(project: Project, day: date) -> None:
    """Bucket, manifest, tables and roll-up agree."""
    resources = project.resources
    gcs, bigquery = resources["wattif_gcs"], resources["wattif_bigquery"]
    (found,) = reconcile_days(gcs, bigquery, [day])
    assert found.agrees, found.differences
    age = (day - project.settings.simulation.first_day).days
    rows = (project.settings.simulation.meters + age) * 48
    assert (found.uploaded, found.loaded, found.rolled_up) == (rows, rows, rows)


def assert_day_is_right(project: Project, day: date) -> None:
    """The day is landed, scored, scanned once, and each asset has one materialization."""
    assert_day_is_landed(project, day)
    bigquery = project.resources["wattif_bigquery"]
    assert len(read_anomalies(bigquery, day)) == 48
    for key in DAILY:
        assert len(project.materializations(key, day)) == 1, key
    (scanned,) = project.materializations(keys.ANOMALY_SCAN_RESULTS, day)
    assert scanned.asset_materialization
    job = str(scanned.asset_materialization.metadata["job"].value).rsplit("/", 1)[-1]
    exported = bigquery.row(
        f"SELECT COUNT(DISTINCT rule_name) AS rules, COUNT(*) AS n "
        f"FROM `{bigquery.cloud.project}.{bigquery.dataset}.anomaly_scan_results` "
        f"WHERE data_quality_job_id = '{job}'"
    )
    assert exported == {"rules": RULES, "n": RULES}
