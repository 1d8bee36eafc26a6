"""BigQuery and Dataplex are killed in the middle of a request, and start again."""

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
from wattif_dagster_tests.support.services import make_reading, read_readings, write_rows
from wattif_dagster_tests.support.settings import settings_on

MONDAY = date(2024, 1, 1)
READINGS = schemas.METER_READINGS
RULE = "{name: r, tableConditionExpectation: {sqlExpression: COUNT(*) = 0}}"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud of this module's own, whose services are killed."""
    cloud = LocalCloud(tmp_path_factory.mktemp("killed") / "home")
    with cloud.running():
        yield cloud
        cloud.up()


def find_process(cloud: LocalCloud, name: str) -> psutil.Process:
    (pid,) = [service.pid for service in cloud.status() if service.name == name]
    return psutil.Process(pid)


def kill(cloud: LocalCloud, name: str) -> None:
    process = find_process(cloud, name)
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
    """The new day is there once and complete."""

    def restart(exchange: Exchange) -> None:
        if done:
            exchange.ask(exchange.body())
        kill(cloud, "bigquery")
        cloud.up()
        exchange.hang_up()

    old, new = (
        write_rows(resources["wattif_gcs"], f"{n}.json", make_reading(MONDAY, n)) for n in (1, 2)
    )
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
        assert read_readings(bigquery) == [("2024-01-01", 2.0)]
        assert proxy.exhausted


def test_dataplex_restarts_while_a_scan_is_waited_for(
    cloud: LocalCloud, resources: Resources
) -> None:
    """The error says that the job is lost. The next job succeeds."""
    scans, bigquery = resources["wattif_dataplex"], resources["wattif_bigquery"]
    bigquery.ensure_table(READINGS)
    scan = quality_scan(bigquery.table_name(READINGS), parse_spec(f"rules: [{RULE}]", "spec"))
    scans.ensure("restarted", scan)
    answering = find_process(cloud, "bigquery")

    def restart() -> None:
        kill(cloud, "dataplex")
        answering.resume()
        cloud.up()

    answering.suspend()  # so that the job does not end before Dataplex is killed
    job_name = scans.run("restarted")
    restarting = threading.Thread(target=restart)
    restarting.start()
    try:
        with pytest.raises(ScanError, match=r"FAILED: (?i:the service stopped before)"):
            scans.wait(job_name, threading.Event())
    finally:
        restarting.join()
    scans.ensure("restarted", scan)
    assert scans.wait(scans.run("restarted"), threading.Event()).passed


def test_a_dataplex_that_is_down_is_asked_again(cloud: LocalCloud, resources: Resources) -> None:
    """A scan is asked for again until the service is back; a job is not, to have no second one."""
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
    assert scans.wait(scans.run("down"), threading.Event()).passed
