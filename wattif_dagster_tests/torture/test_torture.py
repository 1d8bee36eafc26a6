"""However often the process that makes a day is killed, the day is old or new, and then right."""

from pathlib import Path
from random import Random

import pytest

from wattif_dagster.settings import Endpoints
from wattif_dagster_tests.torture.loop import tortured
from wattif_dagster_tests.torture.making import make_by_calls


@pytest.mark.slow
def test_day_survives_kills_of_its_process(local_cloud: Endpoints, tmp_path: Path) -> None:
    """A few moments; `make torture` tries others for minutes."""
    with tortured(local_cloud, tmp_path, make_by_calls, days=1) as torture:
        torture.round(torture.deaths(5, Random(1)))
