"""Fixtures shared by all tests: one local cloud, and for each test settings of its own."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dagster import DagsterInstance
from hypothesis import settings as hypothesis_settings

from wattif_dagster.local_cloud.supervisor import LocalCloud
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.support.faults import Proxy, proxy_to
from wattif_dagster_tests.support.instances import open_instance
from wattif_dagster_tests.support.runs import make_resources
from wattif_dagster_tests.support.settings import settings_on
from wattif_dagster_tests.support.warehouse import MakeWarehouse, Warehouse

pytest_plugins = ["wattif_dagster_tests.googlesql.plugin"]

# A shell has what it starts in the background ignore Ctrl-C, and so would all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Without deadlines: a busy machine fails no test.
hypothesis_settings.register_profile("tests", deadline=None)
hypothesis_settings.register_profile("fuzz", max_examples=1000, deadline=None)
hypothesis_settings.load_profile("tests")


@pytest.fixture(autouse=True)
def _independent_of_the_developer(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No variable, `.env` or account of the developer's reaches a test.

    The tests on a real project alone keep the account.
    """
    kept = {"GOOGLE_APPLICATION_CREDENTIALS"} if request.node.get_closest_marker("gcp") else set()
    for name in os.environ.keys() - kept:
        if name.startswith(("WATTIF_", "GOOGLE_", "DAGSTER_")) or name.endswith("EMULATOR_HOST"):
            monkeypatch.delenv(name)
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="session")
def local_cloud_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Home of the session's local cloud, for who joins it as users do."""
    return tmp_path_factory.mktemp("local_cloud")


@pytest.fixture(scope="session")
def local_cloud(local_cloud_home: Path) -> Iterator[Endpoints]:
    """A local cloud of this session's own; under pytest-xdist, of each worker's own."""
    with LocalCloud(local_cloud_home).running() as endpoints:
        yield endpoints


@pytest.fixture
def settings(local_cloud: Endpoints, tmp_path: Path) -> Settings:
    """A small simulation on the local cloud, with a bucket and a dataset no other test uses."""
    simulation = Simulation(meters=5, interval_seconds=900)
    return settings_on(local_cloud, tmp_path / "home", simulation)


@pytest.fixture
def gcs_proxy(local_cloud: Endpoints, settings: Settings) -> Iterator[Proxy]:
    """Stands between the local Cloud Storage and resources that are built from `settings`."""
    with _between(local_cloud, "gcs", settings) as proxy:
        yield proxy


@pytest.fixture
def bigquery_proxy(local_cloud: Endpoints, settings: Settings) -> Iterator[Proxy]:
    """Stands between the local BigQuery and resources that are built from `settings`."""
    with _between(local_cloud, "bigquery", settings) as proxy:
        yield proxy


@contextmanager
def _between(local_cloud: Endpoints, service: str, settings: Settings) -> Iterator[Proxy]:
    address = getattr(local_cloud, service)
    assert address
    with proxy_to(address) as proxy:
        spoiled = local_cloud.model_copy(update={service: proxy.url})
        settings.endpoints_file.write_text(spoiled.model_dump_json())
        yield proxy


@pytest.fixture
def make_warehouse(settings: Settings, tmp_path: Path) -> MakeWarehouse:
    """Makes a warehouse with any setting changed; `interval_seconds` is one of the simulation's."""

    def make(interval_seconds: int = 900, **changes: object) -> Warehouse:
        simulation = settings.simulation.model_copy(update={"interval_seconds": interval_seconds})
        changed = settings.model_copy(update={"simulation": simulation, **changes})
        return Warehouse(changed, make_resources(changed), tmp_path / "spool")

    return make


@pytest.fixture
def warehouse(make_warehouse: MakeWarehouse) -> Warehouse:
    """A warehouse of the settings."""
    return make_warehouse()


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[DagsterInstance]:
    """A Dagster instance of the test's own."""
    with open_instance(tmp_path / "instance") as made:
        yield made
