"""Days of 100 homes through all assets, by real Dagster runs in one process.

`python -m benchmarks.days DAYS` makes days one after the other, as `wattif backfill` does, and
prints the seconds of each as JSON. WATTIF_HOME says where, and a local cloud runs there.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import orjson

from benchmarks.measurement import Measurement

METERS = 100
FIRST_DAY = date(2024, 1, 1)
WATTIF = ("-c", "from wattif_dagster.cli.main import main; main()")
COLD = 1
"""Days after which a process has imported, connected and translated all that it will."""
GROUP = "all assets"


@dataclass(frozen=True)
class Checkout:
    """A checkout of WattIf, and the Python of an environment that its packages are installed in."""

    folder: Path
    python: str


HERE = Checkout(Path(__file__).parents[1], sys.executable)


def run(quick: bool, baseline: Checkout | None = None) -> list[Measurement]:
    """Seconds of a warm day and of a backfill, beside those of the baseline where there is one."""
    warm, backfilled, turns = (1, 2, 1) if quick else (6, 60, 1)
    checkouts = {"": HERE} | ({" by the baseline": baseline} if baseline else {})
    days: dict[str, list[float]] = {name: [] for name in checkouts}
    backfills: dict[str, list[float]] = {name: [] for name in checkouts}
    for _ in range(turns):
        for name, checkout in checkouts.items():
            days[name] += make_days(checkout, COLD + warm)[COLD:]
            backfills[name].append(time_backfill(checkout, backfilled))
    return [
        *_compare(f"a warm day of {METERS} homes", days),
        *_compare(f"`wattif backfill` of {backfilled} days", backfills),
    ]


def _compare(what: str, seconds: Mapping[str, Sequence[float]]) -> list[Measurement]:
    """The median of each checkout. A ratio above 1 is faster than the baseline."""
    medians = {name: median(taken) for name, taken in seconds.items()}
    baseline, ratios = list(medians.values())[-1], len(medians) > 1
    return [
        Measurement(GROUP, f"{what}{name}", value, "s", baseline / value if ratios else None)
        for name, value in medians.items()
    ]


def make_days(checkout: Checkout, days: int) -> list[float]:
    """Seconds of each of the first days, made by one process on a fresh cloud."""
    with running_cloud(checkout) as environment:
        printed = run_python(checkout, environment, "-m", "benchmarks.days", str(days))
    return orjson.loads(printed)


def time_backfill(checkout: Checkout, days: int) -> float:
    """Seconds that `wattif backfill` of the first days takes on a fresh cloud, with its start."""
    last = FIRST_DAY + timedelta(days=days - 1)
    with running_cloud(checkout) as environment:
        began = perf_counter()
        run_python(
            checkout, environment, *WATTIF, "backfill", f"--start={FIRST_DAY}", f"--end={last}"
        )
        return perf_counter() - began


@contextmanager
def running_cloud(checkout: Checkout) -> Iterator[Mapping[str, str]]:
    """Run the checkout's own local cloud, empty at first; yields the environment of its days."""
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WATTIF_", "DAGSTER_"))
    }
    with TemporaryDirectory(prefix="wattif-bench-") as home:
        environment = {
            **others,
            "PYTHONPATH": str(checkout.folder),
            "WATTIF_HOME": home,
            "WATTIF_SIMULATION__START_DATE": str(FIRST_DAY),
            "WATTIF_SIMULATION__METERS": str(METERS),
            "WATTIF_SIMULATION__DAILY_NEW_METERS": "1",  # as many as retire
            "WATTIF_SIMULATION__LOAD": "household",
            "WATTIF_INGEST__COMPRESSION": "gzip",
        }
        run_python(checkout, environment, *WATTIF, "up")
        try:
            yield environment
        finally:
            run_python(checkout, environment, *WATTIF, "down")


def run_python(checkout: Checkout, environment: Mapping[str, str], *arguments: str) -> bytes:
    """Run the checkout's Python to its end; returns what it prints. Raises when it fails."""
    done = subprocess.run(
        [checkout.python, *arguments],
        capture_output=True,
        env=environment,
        cwd=environment["WATTIF_HOME"],  # a folder without a `.env`
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return done.stdout


def main(days: int) -> list[float]:
    """Make each of the first days by a run of all daily assets; returns the seconds of each."""
    from wattif_dagster.backfill.execute import DayRunner
    from wattif_dagster.backfill.plan import DayPlan
    from wattif_dagster.cli.instance import dagster_instance
    from wattif_dagster.definitions import build_defs
    from wattif_dagster.settings import Settings

    settings = Settings.load(target="local")
    instance = dagster_instance(settings.home)
    runner = DayRunner(instance, Path(instance.root_directory), build_defs(settings))
    taken: list[float] = []
    for number in range(days):
        day = settings.simulation.first_day + timedelta(days=number)
        began = perf_counter()
        run = runner.run(DayPlan(day, tuple(runner.graph.parents)))
        taken.append(perf_counter() - began)
        assert run.is_success, f"The run of {day} ended as {run.status.value}."
    return taken


if __name__ == "__main__":
    print(orjson.dumps(main(int(sys.argv[1]))).decode())
