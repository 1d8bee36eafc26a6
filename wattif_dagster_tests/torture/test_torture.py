"""However often the process that makes a day is killed, the day is old or new, and then right."""

from pathlib import Path
from random import Random

from wattif_dagster.settings import Endpoints
from wattif_dagster_tests.torture.lives import Death
from wattif_dagster_tests.torture.loop import tortured
from wattif_dagster_tests.torture.making import make_by_calls


def test_a_day_whose_process_is_killed_again_and_again(
    local_cloud: Endpoints, tmp_path: Path
) -> None:
    """A few moments; `make torture` tries others for minutes."""
    random = Random(4)
    with tortured(local_cloud, tmp_path, make_by_calls, days=1) as torture:
        moments = range(1, torture.requests + 1)
        torture.round(
            Death(request, random.random() < 0.5) for request in random.sample(moments, 5)
        )
