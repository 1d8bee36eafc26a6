"""One mended server, and one with the emulator's own load jobs, for all tests of this folder."""

from collections.abc import Iterator

import pytest

from wattif_dagster_tests.local_cloud.bigquery.server import Server, serving


@pytest.fixture(scope="package")
def mended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("mended")) as server:
        yield server


@pytest.fixture(scope="package")
def emulated_loads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("emulated"), "load_atomically") as server:
        yield server
