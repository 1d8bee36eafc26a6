from collections.abc import Iterator

import pytest

from wattif_dagster_tests.support.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made
