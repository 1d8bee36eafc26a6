"""One day from rendering to manifest: its objects, and last the manifest that lists them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.ingest.objects import check_options
from wattif_dagster.ingest.options import IngestOptions
from wattif_dagster.ingest.progress import Progress
from wattif_dagster.ingest.publishing import found_of, publish
from wattif_dagster.ingest.store import ObjectStore
from wattif_dagster.ingest.workers import land_objects
from wattif_dagster.metering.simulation import Simulation


@dataclass(frozen=True)
class DayReport:
    """A landed day: its manifest, and what it took."""

    manifest: Manifest
    objects_kept: int
    objects_removed: int
    seconds: float
    spool_high_water: int

    @property
    def megabytes_per_second(self) -> float:
        """Stored bytes of the day by time."""
        return self.manifest.total_bytes / 1e6 / max(self.seconds, 1e-9)


def land_day(
    store: ObjectStore,
    simulation: Simulation,
    day: date,
    serials: NDArray[np.uint32],
    options: IngestOptions,
    listener: Callable[[Progress], None] | None = None,
) -> DayReport:
    """Render the day of these meters and land it in the store, manifest last.

    Raises UserError for what a user must mend, or whatever the store raises; then the old
    manifest still stands and the next call goes on from the objects that arrived.
    """
    check_options(simulation, options)
    began = time.monotonic()
    found = found_of(store, day)
    arrived = land_objects(store, simulation, day, serials, options, found.objects, listener)
    manifest, removed = publish(store, simulation, serials, options, arrived.objects, found)
    return DayReport(
        manifest=manifest,
        objects_kept=arrived.objects_kept,
        objects_removed=removed,
        seconds=time.monotonic() - began,
        spool_high_water=arrived.spool_high_water,
    )
