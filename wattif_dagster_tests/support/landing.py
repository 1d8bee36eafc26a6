"""Days landed by tests, in a process of its own where that is killed, interrupted or measured.

python -m wattif_dagster_tests.support.landing SETTINGS METERS, with the settings as JSON. Prints
the objects kept and the process's peak resident memory, in KiB.
"""

import json
import os
import resource
import subprocess
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path

import numpy as np

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.layout import day_prefix, labels_prefix
from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.ingest.pipeline import DayReport, land_day
from wattif_dagster.ingest.store import ObjectStore
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings

DAY = date(2024, 1, 1)


def serials(meters: int) -> np.ndarray:
    """The first serials."""
    return np.arange(1, meters + 1, dtype=np.uint32)


def contents(store: ObjectStore, prefix: str = "") -> dict[str, bytes]:
    """Every object's bytes, by name."""
    found = {item.name: store.read(item.name) for item in store.list(prefix)}
    return {name: read[0] for name, read in found.items() if read}


def read_data(store: ObjectStore) -> dict[str, bytes]:
    """Every object of readings and labels of DAY."""
    return contents(store, day_prefix(DAY)) | contents(store, labels_prefix(DAY))


def list_names(manifest: Manifest) -> set[str]:
    """The names of the readings and labels in the manifest."""
    return {item.name for item in (manifest.beside, *manifest.objects)}


def count_bytes_below(directory: Path) -> int:
    """Bytes of the files in a directory from which files vanish."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            with suppress(FileNotFoundError):
                total += os.stat(os.path.join(folder, name)).st_size
    return total


def start(settings: Settings, meters: int) -> subprocess.Popen[str]:
    """Start a process that lands DAY."""
    return subprocess.Popen(
        [sys.executable, "-m", __name__, settings.model_dump_json(), str(meters)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def land(settings: Settings, meters: int) -> DayReport:
    """Land DAY for the first `meters` serials in this process."""
    gcs = build_resources(settings)["wattif_gcs"]
    return land_day(gcs, Landing(settings.simulation, DAY, serials(meters), settings.ingest))


def main(text: str, meters: int) -> None:
    """Land, and print what it took."""
    report = land(Settings(**json.loads(text)), meters)
    print(report.objects_kept, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]))
    except UserError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted")
