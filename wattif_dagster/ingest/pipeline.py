"""Lands one day: its objects first, then the manifest that lists them."""

import time
from dataclasses import dataclass

from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.ingest.monitor import Monitor
from wattif_dagster.ingest.publishing import find_stored, land_manifest, publish
from wattif_dagster.ingest.store import ObjectStore
from wattif_dagster.ingest.workers import WHOLE, land_objects


@dataclass(frozen=True)
class DayReport:
    """A landed day: its manifest, and what landing it took."""

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
    landing: Landing,
    monitor: Monitor = Monitor(),  # noqa: B008
) -> DayReport:
    """Render the day and land it in the store, its manifest last.

    Raises UserError for what you must fix, CancelledError when the monitor stops it, or whatever
    the store raises. The old manifest is valid then, and the next call continues from the objects
    that arrived.
    """
    landing.check()
    began = time.monotonic()
    stored = find_stored(store, landing.day)
    arrived = land_objects(store, landing, WHOLE, stored.objects, monitor)
    manifest = land_manifest(store, landing, arrived.objects)
    removed = publish(store, manifest, stored)
    return DayReport(
        manifest=manifest,
        objects_kept=arrived.objects_kept,
        objects_removed=removed,
        seconds=time.monotonic() - began,
        spool_high_water=arrived.spool_high_water,
    )
