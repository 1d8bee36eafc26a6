"""Fixtures shared by all tests: one local cloud, and for each test settings of its own."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from wattif_dagster.local_cloud.supervisor import LocalCloud
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.faults import Proxy, proxy_to


@pytest.fixture(autouse=True)
def _independent_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable, `.env` or account of the developer's reaches a test."""
    for name in list(os.environ):
        if name.startswith(("WATTIF_", "GOOGLE_", "DAGSTER_")) or name.endswith("EMULATOR_HOST"):
            monkeypatch.delenv(name)
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """A local cloud of this session's own; under pytest-xdist, of each worker's own."""
    with LocalCloud(tmp_path_factory.mktemp("local_cloud")).running() as endpoints:
        yield endpoints


@pytest.fixture
def settings(local_cloud: Endpoints, tmp_path: Path) -> Settings:
    """A small simulation on the local cloud, with a bucket and a dataset no other test uses."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "endpoints.json").write_text(local_cloud.model_dump_json())
    unique = uuid4().hex[:12]
    return Settings(
        target="local",
        home=home,
        bucket=f"test-{unique}",
        dataset=f"test_{unique}",
        simulation=Simulation(meters=5, interval_seconds=900),
    )


@pytest.fixture
def gcs_proxy(local_cloud: Endpoints, settings: Settings) -> Iterator[Proxy]:
    """Stands between the local Cloud Storage and resources that are built from `settings`."""
    assert local_cloud.gcs
    with proxy_to(local_cloud.gcs) as proxy:
        spoiled = local_cloud.model_copy(update={"gcs": proxy.url})
        settings.endpoints_file.write_text(spoiled.model_dump_json())
        yield proxy


@pytest.fixture
def bigquery_proxy(local_cloud: Endpoints, settings: Settings) -> Iterator[Proxy]:
    """Stands between the local BigQuery and resources that are built from `settings`."""
    assert local_cloud.bigquery
    with proxy_to(local_cloud.bigquery) as proxy:
        spoiled = local_cloud.model_copy(update={"bigquery": proxy.url})
        settings.endpoints_file.write_text(spoiled.model_dump_json())
        yield proxy
