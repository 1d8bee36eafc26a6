"""BigQuery and Dataplex are killed in the middle of what they were asked, and start again."""

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psutil
import pytest

from wattif_dagster import schemas
from wattif_dagster.errors import TransientError
from wattif_dagster.local_cloud.supervisor import LocalCloud
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.resources.dataplex.definition import quality_scan
from wattif_dagster.resources.dataplex.results import ScanError
from wattif_dagster.resources.dataplex.rules import parse_spec
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.faults import Exchange, proxy_to
from wattif_dagster_tests.support.settings import settings_on
from wattif_dagster_tests.resources.test_bigquery import put, reading, readings

MONDAY = date(2024, 1, 1)
READINGS = schemas.METER_READINGS
RULE = "{name: r, tableConditionExpectation: {sqlExpression: COUNT(*) = 0}}"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud of this module's own, to be killed."""
    cloud = LocalCloud(tmp_path_factory.mktemp("killed") / "home")
    with cloud.running():
        yield cloud
        cloud.up()


def process_of(cloud: LocalCloud, name: str) -> psutil.Process:
    (pid,) = [service.pid for service in cloud.status() if service.name == name]
    return psutil.Process(pid)


def kill(cloud: LocalCloud, name: str) -> None:
    process = process_of(cloud, name)
    process.kill()
    process.wait()


@pytest.fixture
def settings(cloud: LocalCloud, tmp_path: Path) -> Settings:
    return settings_on(cloud.up(), tmp_path / "home", Simulation())


@pytest.fixture
def resources(settings: Settings) -> Resources:
    resources = build_resources(settings)
    resources["wattif_gcs"].ensure_bucket()
    return resources


@pytest.mark.slow
@pytest.mark.parametrize("done", [False, True], ids=["before it was done", "after it was done"])
def test_bigquery_restarts_in_a_load_and_in_a_query(
    cloud: LocalCloud, settings: Settings, resources: Resources, done: bool
) -> None:
    """The day is there once and whole, and the day that stood was not lost."""

    def restart(exchange: Exchange) -> None:
        if done:
            exchange.ask(exchange.body())
        kill(cloud, "bigquery")
        cloud.up()
        exchange.hang_up()

    old, new = (put(resources["wattif_gcs"], f"{n}.json", reading(MONDAY, n)) for n in (1, 2))
    resources["wattif_bigquery"].load_partition(READINGS, MONDAY, [old], "old")
    endpoints = cloud.up()
    assert endpoints.bigquery
    with proxy_to(endpoints.bigquery) as proxy:
        spoiled = endpoints.model_copy(update={"bigquery": proxy.url})
        settings.endpoints_file.write_text(spoiled.model_dump_json())
        bigquery = build_resources(settings)["wattif_bigquery"]
        proxy.on("POST", "/jobs", restart)
        assert bigquery.load_partition(READINGS, MONDAY, [new], "new") == 1
        proxy.on("POST", "/queries", restart)
        assert readings(bigquery) == [("2024-01-01", 2.0)]
        assert proxy.exhausted


def test_dataplex_restarts_while_a_scan_is_waited_for(
    cloud: LocalCloud, resources: Resources
) -> None:
    """The job is lost, which is said; the next one is judged."""
    scans, bigquery = resources["wattif_dataplex"], resources["wattif_bigquery"]
    bigquery.ensure_table(READINGS)
    scan = quality_scan(bigquery.table_name(READINGS), parse_spec(f"rules: [{RULE}]", "spec"))
    scans.ensure("restarted", scan)
    answering = process_of(cloud, "bigquery")

    def restart(_seconds: float) -> None:
        if answering.status() == psutil.STATUS_STOPPED:
            kill(cloud, "dataplex")
            answering.resume()
            cloud.up()

    answering.suspend()  # so that the job is not over before Dataplex is killed
    try:
        with pytest.raises(ScanError, match="FAILED: the service stopped before the job ended"):
            scans.wait(scans.run("restarted"), sleep=restart)
    finally:
        answering.resume()
    scans.ensure("restarted", scan)
    assert scans.wait(scans.run("restarted")).passed


def test_a_dataplex_that_is_down_is_asked_again(cloud: LocalCloud, resources: Resources) -> None:
    """For a scan, until it is back; not for a job, of which there might then be two."""
    scans, bigquery = resources["wattif_dataplex"], resources["wattif_bigquery"]
    bigquery.ensure_table(READINGS)
    scan = quality_scan(bigquery.table_name(READINGS), parse_spec(f"rules: [{RULE}]", "spec"))
    kill(cloud, "dataplex")
    with pytest.raises(TransientError, match="does not answer"):
        scans.run("down")
    starting = threading.Thread(target=cloud.up)
    starting.start()
    scans.ensure("down", scan)
    starting.join()
    assert scans.wait(scans.run("down")).passed
