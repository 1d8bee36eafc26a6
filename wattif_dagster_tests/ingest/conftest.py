"""A bucket, and days landed in it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.monitor import Monitor
from wattif_dagster.ingest.pipeline import DayReport, land_day
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster_tests.support.landing import DAY, serials

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
        monitor: Monitor | None = None,
        **options: object,
    ) -> DayReport:
        simulation = settings.simulation.model_copy(
            update={"seed": seed, "interval_seconds": interval_seconds}
        )
        ingest = IngestOptions(**{"spool_dir": str(spool_dir), **options})  # type: ignore[arg-type]
        landing = Landing(simulation, DAY, serials(meters), ingest)
        return land_day(gcs, landing, monitor or Monitor())

    return land
