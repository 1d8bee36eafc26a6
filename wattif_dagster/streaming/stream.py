"""Streams a day: each tick's readings are rendered when the clock has passed it, and uploaded."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from wattif_dagster.errors import CancelledError, TransientError
from wattif_dagster.ingest.compression import compress
from wattif_dagster.ingest.manifest import Manifest, ManifestObject
from wattif_dagster.ingest.monitor import Monitor, Progress
from wattif_dagster.ingest.objects import RenderedObject
from wattif_dagster.ingest.publishing import find_stored, land_manifest, publish
from wattif_dagster.ingest.store import ObjectStore, crc32c, encode_crc32c
from wattif_dagster.ingest.workers import Rendering, Work, land_work
from wattif_dagster.metering.spans import DaySpans
from wattif_dagster.streaming.clock import Clock
from wattif_dagster.streaming.landing import StreamLanding

PAUSE_SECONDS = 5
"""Before a day is tried again whose bucket did not answer for as long as an upload tries."""


@dataclass(frozen=True)
class Position:
    """How far the stream is: what arrived of the day, and real seconds behind the clock."""

    landing: StreamLanding
    progress: Progress
    lag_seconds: float


def stream_day(
    store: ObjectStore,
    landing: StreamLanding,
    clock: Clock,
    report: Callable[[Position], None],
    stop: threading.Event,
) -> Manifest:
    """Land the day's readings as the clock passes them, and its manifest at the end of the day.

    What the bucket holds already is not sent again. While the bucket does not answer, readings wait
    in the spool, and beyond its budget they are not rendered yet. Raises UserError for what you
    must fix, and CancelledError when `stop` is set.
    """
    landing.check()
    with TemporaryDirectory(dir=_ensure(Path(landing.options.spool_dir))) as folder:
        spans = DaySpans(landing.simulation, landing.day, landing.serials, Path(folder))

        def tell(progress: Progress) -> None:
            ticks = progress.objects // landing.parts
            end = landing.find_end(0) + timedelta(seconds=(ticks - 1) * landing.every)
            report(Position(landing, progress, max(0.0, clock.seconds_since(end))))

        while True:
            try:
                stored = find_stored(store, landing.day)
                work = Work(
                    [_render(landing, spans, clock, stop)], landing.object_count, landing.options
                )
                arrived = land_work(store, work, stored.objects, Monitor(tell, stop))
                manifest = land_manifest(store, landing, arrived.objects)
                publish(store, manifest, stored)
                return manifest
            except TransientError:
                if stop.wait(PAUSE_SECONDS):
                    raise CancelledError from None


def _render(
    landing: StreamLanding, spans: DaySpans, clock: Clock, stop: threading.Event
) -> Rendering:
    """Render the objects in the order of time, each when its readings are known."""
    for index in range(landing.object_count):
        tick, part = divmod(index, landing.parts)
        clock.wait_until(landing.find_end(tick), stop)
        if stop.is_set():
            raise CancelledError
        data = spans.render(landing.find_readings(tick), landing.find_meters(part))
        body = compress(data) if landing.options.compression == "gzip" else data
        checksum = crc32c(body)
        item = ManifestObject(
            name=landing.object_name(index),
            bytes=len(body),
            crc32c=encode_crc32c(checksum),
            rows=len(data) // spans.bytes_per_row,
        )
        yield index, RenderedObject(item, body, checksum, len(data))


def _ensure(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
