"""The analyzer, for tests that need it: they are skipped where it is not installed."""

import os

import pytest

from wattif_dagster_tests.googlesql.analyzer import Analyzer
from wattif_dagster_tests.googlesql.install import find_folder
from wattif_dagster_tests.googlesql.plugin import WATCH
from wattif_dagster_tests.googlesql.watch import Watch

MISSING = "Google's SQL analyzer is not installed, so no statement was judged: run `make googlesql`"


@pytest.fixture(scope="session")
def watch(pytestconfig: pytest.Config) -> Watch:
    """What judges the statements of this session. Where CI is set it must be there."""
    if not find_folder().exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    return pytestconfig.stash[WATCH]


@pytest.fixture(scope="session")
def analyzer(watch: Watch) -> Analyzer:
    """Google's analyzer."""
    return watch.analyzer
