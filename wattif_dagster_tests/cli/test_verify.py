"""`wattif verify`: what it prints, and what its exit code says."""

from datetime import date

from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.cli.conftest import Run
from wattif_dagster_tests.support.whole_day import make_whole_day

DAYS = ("--start", "2024-01-01", "--end", "2024-01-02")


def test_verify_prints_each_day_and_its_differences(wattif: Run, settings: Settings):
    resources = build_resources(settings)
    gcs, bigquery = resources["wattif_gcs"], resources["wattif_bigquery"]
    gcs.ensure_bucket()
    make_whole_day(resources, date(2024, 1, 1), str(settings.home / "spool"))
    where = f"{gcs.uri} and {bigquery.cloud.project}.{bigquery.dataset}"
    whole = wattif("verify", "--start", "2024-01-01", "--end", "2024-01-01")
    assert whole.returncode == 0, whole.stderr
    assert whole.stdout.splitlines() == [
        "2024-01-01  agrees   3 objects, 480 rows",
        f"1 of 1 days agree in {where}.",
    ]
    manifest = read_manifest(gcs, date(2024, 1, 1))
    assert manifest
    gcs.delete([manifest.objects[1].name])
    spoiled = wattif("verify", *DAYS)
    assert spoiled.returncode == 1
    assert spoiled.stderr == ""
    assert spoiled.stdout.splitlines() == [
        "2024-01-01  differs  3 objects, 480 rows",
        f"  {manifest.objects[1].name} is missing",
        "2024-01-02  differs  no manifest",
        "  manifests/dt=2024-01-02.json is missing",
        f"0 of 2 days agree in {where}.",
    ]


def test_verify_of_future_days_is_one_sentence(wattif: Run):
    done = wattif("verify", "--start", "2024-01-01", "--end", "9999-12-31")
    assert done.returncode == 1
    assert done.stderr.startswith("wattif: --end 9999-12-31 must be in the past")
    assert len(done.stderr.splitlines()) == 1
