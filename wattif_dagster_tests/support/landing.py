"""Lands DAY, in a process of its own where that is to be killed, interrupted, limited or measured.

python -m wattif_dagster_tests.support.landing SETTINGS METERS, with the settings as JSON. Prints
the objects kept and the process's peak resident memory, in KiB.
"""

import json
import resource
import subprocess
import sys
from pathlib import Path

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.pipeline import DayReport, land_day
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.ingest.conftest import DAY, serials


def start(settings: Settings, meters: int) -> subprocess.Popen[str]:
    """Start such a process."""
    return subprocess.Popen(
        [sys.executable, "-m", __name__, settings.model_dump_json(), str(meters)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def land(settings: Settings, meters: int) -> DayReport:
    """Land the day of the first `meters` serials in this process."""
    gcs = build_resources(settings)["wattif_gcs"]
    return land_day(gcs, Landing(settings.simulation, DAY, serials(meters), settings.ingest))


def main(text: str, meters: int) -> None:
    """Land, and tell of it."""
    report = land(Settings(**json.loads(text)), meters)
    print(report.objects_kept, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]))
    except UserError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted")
