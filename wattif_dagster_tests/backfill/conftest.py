from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance

from wattif_dagster_tests.support.tiny import Tiny


@pytest.fixture
def dagster_home(tmp_path: Path) -> Path:
    home = tmp_path / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text(
        "telemetry: {enabled: false}\n"
        "concurrency: {pools: {granularity: op, default_limit: 1}}\n"
        "run_retries: {enabled: true, max_retries: 1, retry_on_asset_or_op_failure: false}\n"
    )
    return home


@pytest.fixture
def tiny(dagster_home: Path) -> Iterator[Tiny]:
    with DagsterInstance.from_config(str(dagster_home)) as instance:
        yield Tiny(instance, dagster_home)
