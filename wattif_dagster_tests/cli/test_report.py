"""wattif report, on scores planted here."""

from datetime import date
from pathlib import Path

from wattif_dagster import schemas
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.cli.conftest import Run
from wattif_dagster_tests.support.warehouse import add_rows, make_flagged_day

DAY = date(2024, 1, 5)


def test_report_is_a_page_in_a_file(
    wattif: Run, settings: Settings, local_cloud_home: Path, tmp_path: Path
):
    bigquery = build_resources(settings)["wattif_bigquery"]
    score = {"serial": "M1", "time_hour_rolled": f"{DAY}T05:00:00Z", "anomaly_probability": 1.0}
    add_rows(bigquery, schemas.ANOMALY_SCORES, [score])
    add_rows(bigquery, schemas.FLAGGED_DAYS, [make_flagged_day("M1", DAY)])
    done = wattif("report", "--day", str(DAY), WATTIF_HOME=str(local_cloud_home))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"report-{DAY}.html: 0 meters behave unlike expected, 1 ")
    page = (tmp_path / f"report-{DAY}.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "readings are missing" in page


def test_day_without_scores_is_one_sentence(wattif: Run, local_cloud_home: Path, tmp_path: Path):
    home = str(local_cloud_home)
    refused = wattif("report", "--day", str(DAY), "--out", "page.html", WATTIF_HOME=home)
    assert refused.returncode == 1
    assert refused.stderr == (
        f"wattif: {DAY} has no anomaly scores. Materialize anomaly_scores first.\n"
    )
    assert not (tmp_path / "page.html").exists()
