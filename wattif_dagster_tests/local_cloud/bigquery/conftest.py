"""Servers for all tests of this folder: one with all patches, one with unpatched load jobs."""

from collections.abc import Iterator

import pytest

from wattif_dagster_tests.local_cloud.bigquery.server import Server, serving


@pytest.fixture(scope="package")
def patched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("patched")) as server:
        yield server


@pytest.fixture(scope="package")
def unpatched_loads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("unpatched"), "load_atomically") as server:
        yield server
