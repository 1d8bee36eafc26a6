"""What the tests on a project have of their own, and its removal, tried on the local cloud."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest
from google.api_core import exceptions as gexc

from wattif_dagster import schemas
from wattif_dagster.defs.anomaly_scan_results.asset import RULES, SCAN
from wattif_dagster.errors import UserError
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.resources.dataplex.rules import load_spec
from wattif_dagster.scans.daily_scan import scan_day
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support import gcp_project
from wattif_dagster_tests.support.faults import Proxy, status
from wattif_dagster_tests.support.gcp_project import (
    needs_project,
    resources_on_project,
    settings_on_project,
)
from wattif_dagster_tests.support.runs import day
from wattif_dagster_tests.support.settings import set_environment
from wattif_dagster_tests.support.warehouse import add_rows
from wattif_dagster_tests.support.whole_day import make_whole_day

ACCOUNT = "GOOGLE_APPLICATION_CREDENTIALS"


@pytest.fixture(scope="module", autouse=True)
def _account_of_the_developer() -> Iterator[None]:
    with set_environment({ACCOUNT: "account.json"}):
        yield


def make_everything(made: Resources, settings: Settings) -> None:
    """Make objects, tables and a scan with a job."""
    make_whole_day(made, day(1), str(settings.home / "spool"))
    bigquery = made["wattif_bigquery"]
    add_rows(bigquery, schemas.FLEET_ANOMALIES, [])
    options = settings.scan.with_ids(settings.dataset)
    scan_day(made["wattif_dataplex"], bigquery, options, SCAN, load_spec(RULES), day(1), Event())


def list_left(settings: Settings) -> set[str]:
    """List what is left of bucket, dataset and scans."""
    made = build_resources(settings)
    gcs, scans = made["wattif_gcs"], made["wattif_dataplex"]
    bucket = gcs.client.lookup_bucket(settings.bucket)
    datasets = {item.dataset_id for item in made["wattif_bigquery"].client.list_datasets()}
    options = settings.scan.with_ids(settings.dataset)
    found = {
        scan.name.rpartition("/")[2] for scan in scans.client.list_data_scans(parent=scans.parent)
    }
    left = {"bucket": bucket is not None, "dataset": settings.dataset in datasets}
    left["scan"] = bool(found & {options.scan_id, options.meter_scan_id})
    return {name for name, there in left.items() if there}


def run_test(settings: Settings, then: Callable[[], None]) -> None:
    """Do what a test on the project does: make everything, then succeed or fail."""
    with resources_on_project(settings) as made:
        make_everything(made, settings)
        assert list_left(settings) == {"bucket", "dataset", "scan"}
        then()


def test_failed_test_leaves_nothing(settings: Settings):
    with pytest.raises(pytest.fail.Exception, match="as tests do"):
        run_test(settings, lambda: pytest.fail("as tests do"))
    assert list_left(settings) == set()


def test_test_that_makes_nothing_leaves_nothing(settings: Settings):
    with resources_on_project(settings):
        assert list_left(settings) == {"bucket"}
    assert list_left(settings) == set()


def test_refused_removal_is_raised_after_the_others(settings: Settings, bigquery_proxy: Proxy):
    refusal = status(403, "not yours")
    with pytest.raises(gexc.Forbidden, match="not yours"):
        run_test(settings, lambda: bigquery_proxy.on("DELETE", settings.dataset, refusal))
    assert list_left(settings) == {"dataset"}


def test_refused_bucket_is_raised_and_leaves_nothing(settings: Settings, gcs_proxy: Proxy):
    gcs_proxy.on("POST", "/b", status(403, "not yours"))
    with pytest.raises(UserError, match="refused"):
        run_test(settings, lambda: None)
    assert list_left(settings) == set()


def test_two_tests_share_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gcp_project, "PROJECT", "my-project")
    names: list[set[str | None]] = []
    for _ in range(2):
        made = settings_on_project(Simulation(), home=tmp_path)
        scans = made.scan.with_ids(made.dataset)
        names.append({made.bucket, made.dataset, scans.scan_id, scans.meter_scan_id})
    assert names[0].isdisjoint(names[1])
    assert all(name and "wattif" in name and "test" in name for name in names[0] | names[1])


def test_skip_reason_names_all_needs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gcp_project, "PROJECT", None)
    gcp, skip = needs_project(apis="bigquery", roles="roles/bigquery.user")
    assert gcp.name == "gcp"
    assert skip.args == (True,)
    for need in ("WATTIF_TEST_GCP_PROJECT", "credentials", "bigquery", "roles/bigquery.user"):
        assert need in skip.kwargs["reason"]


def test_other_tests_have_no_account():
    assert ACCOUNT not in os.environ


@pytest.mark.gcp
def test_tests_on_a_project_have_the_account():
    assert os.environ[ACCOUNT] == "account.json"
