"""Peak memory and spool of a landing, of few meters and of many, with ten meters an object.

Each landing has a process and a local cloud of its own. The local Cloud Storage lists all objects
of a day that was landed before in one page, which takes memory that Google's pages do not.

`python -m benchmarks.memory HOME METERS` is such a process. It prints its peaks as JSON.
"""

import resource
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import orjson

from benchmarks.cloud import local_resources, resources_below
from benchmarks.measurement import Measurement
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.pipeline import land_day
from wattif_dagster.metering.simulation import Simulation

SIMULATION = Simulation(interval_seconds=600)
"""A meter has few readings, so that many meters land in seconds."""

BUDGET_MIB = 8
"""The smallest possible budget. A landing of 1,000 such meters has 11 MB."""


def run(quick: bool) -> list[Measurement]:
    """Peaks in MB, compared with those of few meters."""
    few, many = (1_000, 10_000) if quick else (1_000, 100_000)
    peaks = {meters: _measure_peaks(meters) for meters in (few, many)}
    return [
        Measurement(title, f"{meters:,} meters", found[key], "MB", found[key] / peaks[few][key])
        for title, key in (
            ("peak memory of a landing", "memory"),
            (f"most in a spool of {BUDGET_MIB} MiB", "spool"),
        )
        for meters, found in peaks.items()
    ]


def _measure_peaks(meters: int) -> dict[str, float]:
    with local_resources() as resources:
        home = str(Path(resources["wattif_cloud"].endpoints_file).parent)
        command = [sys.executable, "-m", "benchmarks.memory", home, str(meters)]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return orjson.loads(printed)


def land(home: Path, meters: int) -> dict[str, float]:
    """Land a day of so many meters; returns the peaks of this process and of its spool in MB."""
    resources = resources_below(home)
    options = resources["wattif_ingest"].model_copy(update={"spool_budget_mib": BUDGET_MIB})
    serials = np.arange(meters, dtype=np.uint32)
    landing = Landing(SIMULATION, date(2024, 1, 1), serials, options)
    report = land_day(resources["wattif_gcs"], landing)
    return {"memory": peak_memory() / 1e6, "spool": report.spool_high_water / 1e6}


def peak_memory() -> int:
    """The most bytes that this process had resident.

    Linux's own figure is preferred: the other may be that of the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    print(orjson.dumps(land(Path(sys.argv[1]), int(sys.argv[2]))).decode())
