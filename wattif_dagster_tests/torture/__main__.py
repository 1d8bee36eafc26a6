"""`make torture`: the loop for minutes, by runs of Dagster, at moments drawn from a seed."""

import argparse
import sys
import time
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from wattif_dagster.local_cloud.supervisor import LocalCloud
from wattif_dagster_tests.torture.loop import tortured
from wattif_dagster_tests.torture.making_by_runs import make_by_runs

DEATHS_A_ROUND = 8


def main() -> None:
    """Begin rounds until the time is up; exit code 1 at the first broken promise."""
    parser = argparse.ArgumentParser(
        prog="python -m wattif_dagster_tests.torture", description=__doc__
    )
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="default: the time")
    parser.add_argument("--days", type=int, default=2, help="days that each process makes")
    arguments = parser.parse_args()
    random = Random(arguments.seed)
    print(f"seed {arguments.seed}", flush=True)
    deadline = time.monotonic() + arguments.minutes * 60
    kills = rounds = 0
    with TemporaryDirectory(prefix="wattif-torture-") as name:
        folder = Path(name)
        (folder / "days").mkdir()
        with (
            LocalCloud(folder / "cloud").running() as local_cloud,
            tortured(local_cloud, folder / "days", make_by_runs, arguments.days) as torture,
        ):
            while time.monotonic() < deadline:
                deaths = torture.deaths(DEATHS_A_ROUND, random)
                try:
                    torture.round(deaths)
                except AssertionError as broken:
                    sys.exit(f"broken in round {rounds + 1}, {deaths}: {broken}")
                kills, rounds = kills + len(deaths), rounds + 1
                moments = ", ".join(f"{d.write}{'+' if d.done else '-'}" for d in deaths)
                print(f"round {rounds}: killed at writes {moments}; all as promised", flush=True)
    print(f"{kills} kills in {rounds} rounds, every promise kept")


if __name__ == "__main__":
    main()
