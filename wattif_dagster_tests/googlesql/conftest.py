"""The analyzer, for tests that need it: they are skipped where it is not installed."""

import os
from pathlib import Path

import pytest

from wattif_dagster_tests.googlesql.analyzer import Analyzer
from wattif_dagster_tests.googlesql.install import find_folder
from wattif_dagster_tests.googlesql.plugin import WATCH
from wattif_dagster_tests.googlesql.watch import Watch

MISSING = "Google's SQL analyzer is not installed, so no statement was judged: run `make googlesql`"


def require_analyzer(folder: Path) -> None:
    """Skip the test where the analyzer is not installed; where CI is set, fail it."""
    if not folder.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)


@pytest.fixture(scope="session")
def watch(pytestconfig: pytest.Config) -> Watch:
    """What judges the statements of this session."""
    require_analyzer(find_folder())
    return pytestconfig.stash[WATCH]


@pytest.fixture(scope="session")
def analyzer(watch: Watch) -> Analyzer:
    """Google's analyzer."""
    return watch.analyzer
