"""Fails each test whose statements Google's SQL analyzer refuses.

A test with the marker `own_sql` sends statements that are not the product's, or that are to be
refused: they are not judged. Without an installed analyzer nothing is judged, and the tests of this
folder say so.
"""

from collections.abc import Generator

import pytest

from wattif_dagster_tests.googlesql.install import find_folder
from wattif_dagster_tests.googlesql.watch import Watch

WATCH = pytest.StashKey[Watch]()


def pytest_configure(config: pytest.Config) -> None:
    """Record from the first test on."""
    config.stash[WATCH] = Watch()
    config.add_cleanup(config.stash[WATCH].close)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge what a test and its fixtures have sent."""
    try:
        return (yield)
    finally:
        if find_folder().exists():
            _judge(item)


def _judge(item: pytest.Item) -> None:
    judged = item.config.stash[WATCH].take()
    if item.get_closest_marker("own_sql"):
        return
    found = [
        "\n".join(("Google refuses a statement, or it is too large:", *faults, statement.sql))
        for statement, faults in judged
        if faults
    ]
    if found:
        pytest.fail("\n\n".join(dict.fromkeys(found)), pytrace=False)
