"""A bucket, and days landed in it."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from wattif_dagster.ingest.progress import Progress

from wattif_dagster.ingest.pipeline import DayReport, land_day
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings
from wattif_dagster.settings.ingest import IngestOptions

DAY = date(2024, 1, 1)

Land = Callable[..., DayReport]


@pytest.fixture
def gcs(settings: Settings) -> GcsTransferManager:
    gcs = build_resources(settings)["wattif_gcs"]
    gcs.ensure_bucket()
    return gcs


@pytest.fixture
def spool_dir(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def land(gcs: GcsTransferManager, settings: Settings, spool_dir: Path) -> Land:
    """Lands DAY for the meters 1, 2, .. with any simulation or ingest setting changed."""

    def land(
        meters: int = 5,
        seed: int = 7,
        interval_seconds: int = 900,
        listener: Callable[[Progress], None] | None = None,
        **options: object,
    ) -> DayReport:
        simulation = settings.simulation.model_copy(
            update={"seed": seed, "interval_seconds": interval_seconds}
        )
        ingest = IngestOptions(**{"spool_dir": str(spool_dir), **options})  # type: ignore[arg-type]
        return land_day(gcs, simulation, DAY, serials(meters), ingest, listener)

    return land


def serials(meters: int) -> np.ndarray:
    """The first serials."""
    return np.arange(1, meters + 1, dtype=np.uint32)


def contents(gcs: GcsTransferManager, prefix: str = "") -> dict[str, bytes]:
    """Every object's bytes, by name."""
    found = {item.name: gcs.read(item.name) for item in gcs.list(prefix)}
    return {name: read[0] for name, read in found.items() if read}


def bytes_below(directory: Path) -> int:
    """Bytes of the files in a directory from which files vanish."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            with suppress(FileNotFoundError):
                total += os.stat(os.path.join(folder, name)).st_size
    return total
