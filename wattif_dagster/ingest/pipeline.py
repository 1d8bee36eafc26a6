"""One day from rendering to manifest: producers, a bounded spool, consumers.

Render threads fill the spool, upload threads drain it in batches. A file is deleted when the
store has confirmed its size and CRC-32C. Objects that already hold the right bytes are not
sent again, which is how an interrupted day goes on. The manifest is written last.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.errors import UserError
from wattif_dagster.ingest import layout
from wattif_dagster.ingest.labels import land_labels
from wattif_dagster.ingest.manifest import Manifest, ManifestObject, parse_manifest
from wattif_dagster.ingest.objects import (
    ObjectRenderer,
    check_options,
    landing_of,
    meters_of_objects,
)
from wattif_dagster.ingest.options import IngestOptions
from wattif_dagster.ingest.spool import Spool, open_spool
from wattif_dagster.ingest.store import (
    GENERATION_ABSENT,
    GenerationMismatch,
    ObjectStore,
    SpooledFile,
    StoredObject,
)
from wattif_dagster.metering.incidents import incident_label
from wattif_dagster.metering.simulation import Simulation

FILES_PER_WORKER = 4
"""Files in a batch for each thread that uploads it: enough to keep them all busy."""
LISTENER_PAUSE_SECONDS = 1.0
"""A listener may write a line of a log: a day may have 100,000 objects."""


@dataclass
class Progress:
    """What has arrived so far; `listener` is told at most once a second, and at the end."""

    objects_total: int
    objects: int = 0
    objects_kept: int = 0
    bytes: int = 0
    rows: int = 0
    listener: Callable[["Progress"], None] | None = None
    _told: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, done: list[ManifestObject], *, kept: bool) -> None:
        """Count objects as arrived; `kept` ones were in the store already."""
        with self._lock:
            self.objects += len(done)
            self.objects_kept += len(done) if kept else 0
            self.bytes += sum(item.bytes for item in done)
            self.rows += sum(item.rows for item in done)
            now = time.monotonic()
            ended = self.objects == self.objects_total
            if self.listener and (ended or now - self._told >= LISTENER_PAUSE_SECONDS):
                self._told = now
                self.listener(self)


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
    manifest_name, landing = layout.manifest_name(day), landing_of(simulation, options)
    before = store.read(manifest_name)
    generation = before[1] if before else GENERATION_ABSENT
    present = {item.name: item for item in store.list(layout.day_prefix(day))}
    labels_before = {item.name for item in store.list(layout.labels_prefix(day))}
    with open_spool(Path(options.spool_dir), options.spool_budget) as spool:
        pipeline = _Pipeline(store, simulation, day, serials, options, spool, present, listener)
        objects = pipeline.run()
    labels = land_labels(store, simulation, day, serials, landing)
    manifest = Manifest(
        day=day,
        fingerprint=simulation.fingerprint,
        landing=landing,
        interval_seconds=simulation.interval_seconds,
        meters=len(serials),
        compression=options.compression,
        incident=incident_label(simulation, day),
        labels=labels,
        objects=tuple(objects),
    )
    try:
        store.write(manifest_name, manifest.dumps(), if_generation=generation)
    except GenerationMismatch:
        # A retried request may find the manifest that its first try wrote.
        now = store.read(manifest_name)
        if now is None or parse_manifest(now[0], manifest_name) != manifest:
            raise UserError(
                f"another run landed {day} at the same time, and its manifest stands; run it again"
            ) from None
    # Only now: until it stood, the old manifest needed what it lists.
    unlisted = (present.keys() | labels_before) - {item.name for item in (labels, *objects)}
    store.delete(sorted(unlisted))
    return DayReport(
        manifest=manifest,
        objects_kept=pipeline.progress.objects_kept,
        objects_removed=len(unlisted),
        seconds=time.monotonic() - began,
        spool_high_water=spool.high_water,
    )


@dataclass(frozen=True)
class _Rendered:
    """An object in the spool, and its place among the day's."""

    index: int
    item: ManifestObject
    file: SpooledFile


class _Pipeline:
    """The threads of one day. Whoever fails first stops the others."""

    def __init__(
        self,
        store: ObjectStore,
        simulation: Simulation,
        day: date,
        serials: NDArray[np.uint32],
        options: IngestOptions,
        spool: Spool,
        present: dict[str, StoredObject],
        listener: Callable[[Progress], None] | None,
    ):
        self.store = store
        self.simulation = simulation
        self.day = day
        self.options = options
        self.spool = spool
        self.present = present
        self.groups = [serials[meters] for meters in meters_of_objects(len(serials), options)]
        self.arrived: dict[int, ManifestObject] = {}
        self.progress = Progress(objects_total=len(self.groups), listener=listener)
        self._next_group = iter(range(len(self.groups)))
        self._turn = threading.Lock()
        self._ready: queue.SimpleQueue[_Rendered | None] = queue.SimpleQueue()
        self._stop = threading.Event()

    def run(self) -> list[ManifestObject]:
        """Land every group; the objects in order."""
        workers = self.options.render_workers + self.options.batches_in_flight
        with ThreadPoolExecutor(workers, thread_name_prefix="ingest") as pool:
            try:
                rendering = {pool.submit(self._render) for _ in range(self.options.render_workers)}
                uploads = [pool.submit(self._upload) for _ in range(self.options.batches_in_flight)]
                for done in as_completed([*rendering, *uploads]):
                    done.result()
                    if done in rendering:
                        rendering.remove(done)
                        if not rendering:
                            self._end_uploads()
            except BaseException:
                self._stop.set()
                self.spool.stop()
                self._end_uploads()
                raise
        return [self.arrived[index] for index in range(len(self.groups))]

    def _end_uploads(self) -> None:
        for _ in range(self.options.batches_in_flight):
            self._ready.put(None)

    def _claim(self) -> Iterator[int]:
        """Indices of groups nobody has claimed yet."""
        while not self._stop.is_set():
            with self._turn:
                index = next(self._next_group, None)
            if index is None:
                return
            yield index

    def _render(self) -> None:
        renderer = ObjectRenderer(self.simulation, self.day, self.options)
        for index in self._claim():
            rendered = renderer.render(index, self.groups[index])
            item, body = rendered.item, rendered.body
            if item.matches(self.present.get(item.name)):
                self._count([(index, item)], kept=True)
                continue
            self.spool.reserve(len(body))
            path = self.spool.write(item.name, body)
            spooled = SpooledFile(path, item.name, len(body), rendered.crc32c)
            self._ready.put(_Rendered(index, item, spooled))

    def _upload(self) -> None:
        while (batch := self._take_batch()) and not self._stop.is_set():
            self.store.upload([rendered.file for rendered in batch], self._stop)
            for rendered in batch:
                self.spool.release(rendered.file.path, rendered.file.size)
            self._count([(rendered.index, rendered.item) for rendered in batch], kept=False)

    def _count(self, arrived: list[tuple[int, ManifestObject]], *, kept: bool) -> None:
        self.arrived.update(arrived)
        self.progress.add([item for _, item in arrived], kept=kept)

    def _take_batch(self) -> list[_Rendered]:
        """What is ready, at most a batch; waits for the first file only, so that a spent
        budget cannot stall both sides. Empty at the end."""
        batch: list[_Rendered] = []
        item = self._ready.get()
        while item is not None:
            batch.append(item)
            if len(batch) >= FILES_PER_WORKER * self.options.upload_workers:
                return batch
            try:
                item = self._ready.get_nowait()
            except queue.Empty:
                return batch
        if batch:
            self._ready.put(None)  # the end mark is for the next call
        return batch
