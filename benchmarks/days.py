"""Days of 100 homes through all assets, by real Dagster runs in one process.

`python -m benchmarks.days DAYS` makes days one run after the other and prints the seconds of each
as JSON; WATTIF_HOME says where, and a local cloud runs there.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

import orjson

from benchmarks.cloud import local_resources
from benchmarks.measurement import Measurement

METERS = 100
COLD = 1
"""Days after which a process has imported, connected and translated all that it will."""
LANDED = "meter_registry,raw_readings,meter_readings"
"""Assets whose time goes with the readings' bytes."""


def run(quick: bool) -> list[Measurement]:
    """Seconds of a warm day, and of a run for a range of days beside that of their bytes alone."""
    warm, ranged = (1, 2) if quick else (3, 60)
    whole, landed = _run(ranged), _run(ranged, "--select", LANDED)
    of_range = f"{ranged} days of {METERS} homes, in one run"
    return [
        Measurement("all assets", f"a warm day of {METERS} homes", _warm_day(warm), "s"),
        Measurement("all assets", of_range, whole, "s"),
        Measurement("all assets", f"landing and loading alone of {of_range}", landed, "s"),
        Measurement("all assets", "what the other assets add to it", whole - landed, "s"),
    ]


def _warm_day(days: int) -> float:
    with local_resources() as resources:
        said = subprocess.run(
            [sys.executable, "-m", "benchmarks.days", str(COLD + days)],
            check=True,
            stdout=subprocess.PIPE,
            env=_environment(resources["wattif_cloud"].endpoints_file),
        ).stdout
    return median(orjson.loads(said)[COLD:])


def _run(days: int, *more: str) -> float:
    """Seconds that `wattif backfill` of the first days takes on a fresh cloud: its process's start,
    and what it asks of Dagster's history, are in it."""
    with local_resources() as resources:
        first = resources["wattif_simulation"].first_day
        span = ["--start", str(first), "--end", str(first + timedelta(days=days - 1))]
        return _backfill(_environment(resources["wattif_cloud"].endpoints_file), *span, *more)


def _backfill(environment: Mapping[str, str], *arguments: str) -> float:
    """Seconds that the command takes."""
    began = perf_counter()
    subprocess.run(
        [
            *(sys.executable, "-c", "from wattif_dagster.cli import main; main()"),
            *("backfill", *arguments),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    return perf_counter() - began


def _environment(endpoints_file: str) -> Mapping[str, str]:
    """The homes' settings and nobody else's, with a Dagster instance below the cloud's home."""
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WATTIF_", "DAGSTER_"))
    }
    return {
        **others,
        "WATTIF_HOME": str(Path(endpoints_file).parent),
        "WATTIF_SIMULATION__METERS": str(METERS),
        "WATTIF_SIMULATION__DAILY_NEW_METERS": "1",  # as many as retire
        "WATTIF_SIMULATION__LOAD": "household",
        "WATTIF_INGEST__COMPRESSION": "gzip",
    }


def make(days: int) -> list[float]:
    """Seconds of the daily job of each of the first days."""
    from wattif_dagster.cli.instance import dagster_instance
    from wattif_dagster.definitions import build_defs
    from wattif_dagster.resources.build import build_resources
    from wattif_dagster.settings import Settings

    settings = Settings.load(target="local")
    instance = dagster_instance(settings.home)
    job = build_defs(build_resources(settings)).resolve_job_def("daily")
    quiet = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}
    taken: list[float] = []
    for number in range(days):
        day = settings.simulation.first_day + timedelta(days=number)
        began = perf_counter()
        job.execute_in_process(partition_key=str(day), instance=instance, run_config=quiet)
        taken.append(perf_counter() - began)
    return taken


if __name__ == "__main__":
    print(orjson.dumps(make(int(sys.argv[1]))).decode())
