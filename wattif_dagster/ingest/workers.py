"""Renders and uploads the objects of a day: producers, a bounded spool, consumers.

Render threads fill the spool, and upload threads drain it in batches. A file is deleted when the
store has confirmed its size and CRC-32C. Objects that already hold the right bytes are not sent
again, so an interrupted day continues where it ended.
"""

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from wattif_dagster.errors import CancelledError
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.manifest import ManifestObject
from wattif_dagster.ingest.monitor import Monitor, ProgressCounter
from wattif_dagster.ingest.objects import ObjectRenderer, RenderedObject
from wattif_dagster.ingest.spool import Spool, open_spool
from wattif_dagster.ingest.store import ObjectStore, SpooledFile, StoredObject
from wattif_dagster.settings.ingest import IngestOptions

FILES_PER_WORKER = 4
"""Files in a batch for each thread that uploads it: enough to keep them all busy."""
STOP_CHECK_SECONDS = 0.2


@dataclass(frozen=True)
class Shard:
    """Every `of`-th object of a day, from the `number`-th on, which counts from 0."""

    number: int
    of: int

    @property
    def objects(self) -> slice:
        """Its objects among the day's."""
        return slice(self.number, None, self.of)


WHOLE = Shard(0, 1)


@dataclass(frozen=True)
class Arrived:
    """The objects of a shard in the store, in order; `objects_kept` were there before, and
    `spool_high_water` is the most bytes that the spool held."""

    objects: tuple[ManifestObject, ...]
    objects_kept: int
    spool_high_water: int


Rendering = Iterator[tuple[int, RenderedObject]]
"""Objects of a day, each with its index among them. Its bytes are valid until the next one."""


@dataclass(frozen=True)
class Work:
    """The renderings of a day's `total` objects. Each rendering gets a thread."""

    renderings: Sequence[Rendering]
    total: int
    options: IngestOptions


def land_objects(
    store: ObjectStore,
    landing: Landing,
    shard: Shard,
    present: Mapping[str, StoredObject],
    monitor: Monitor,
) -> Arrived:
    """Render the shard's objects and upload those that are not `present`.

    Raises UserError for what you must fix, CancelledError when the monitor stops it, or whatever
    the store raises.
    """
    indices = range(landing.object_count)[shard.objects]
    turn, unclaimed = threading.Lock(), iter(indices)

    def render() -> Rendering:
        renderer = ObjectRenderer(landing)
        while True:
            with turn:
                index = next(unclaimed, None)
            if index is None:
                return
            yield index, renderer.render(index)

    renderings = [render() for _ in range(landing.options.render_workers)]
    return land_work(store, Work(renderings, len(indices), landing.options), present, monitor)


def land_work(
    store: ObjectStore, work: Work, present: Mapping[str, StoredObject], monitor: Monitor
) -> Arrived:
    """Upload the objects that are not `present` while they are rendered.

    Raises what `land_objects` raises, and what the renderings raise.
    """
    with open_spool(Path(work.options.spool_dir), work.options.spool_budget) as spool:
        workers = _Workers(store, work, present, monitor)
        objects = workers.run(spool)
    return Arrived(objects, workers.counter.progress.objects_kept, spool.high_water)


@dataclass(frozen=True)
class _Rendered:
    """An object in the spool, and its index among the day's objects."""

    index: int
    item: ManifestObject
    file: SpooledFile


class _Workers:
    """The threads of one shard. Whichever fails first stops the others."""

    def __init__(
        self,
        store: ObjectStore,
        work: Work,
        present: Mapping[str, StoredObject],
        monitor: Monitor,
    ):
        self.store = store
        self.options = work.options
        self.renderings = work.renderings
        self.present = present
        self.arrived: dict[int, ManifestObject] = {}
        self.counter = ProgressCounter(work.total, monitor)
        self._monitor = monitor
        self._ready: queue.SimpleQueue[_Rendered | None] = queue.SimpleQueue()
        self._stop = threading.Event()

    def run(self, spool: Spool) -> tuple[ManifestObject, ...]:
        """Land every object; returns them in order."""
        uploaders = self.options.batches_in_flight
        threads = len(self.renderings) + uploaders
        with ThreadPoolExecutor(threads, thread_name_prefix="ingest") as pool:
            try:
                rendering = {pool.submit(self._render, each, spool) for each in self.renderings}
                uploading = {pool.submit(self._upload, spool) for _ in range(uploaders)}
                self._wait(rendering, uploading)
            except BaseException:
                self._stop.set()
                spool.stop()
                self._end_uploads()
                raise
        return tuple(self.arrived[index] for index in sorted(self.arrived))

    def _wait(self, rendering: set[Future[None]], uploading: set[Future[None]]) -> None:
        """Wait for all threads. Raises the first error, or CancelledError."""
        running = rendering | uploading
        while running:
            done, running = wait(running, STOP_CHECK_SECONDS, FIRST_COMPLETED)
            for future in done:
                future.result()
            if self._monitor.stop.is_set():
                raise CancelledError
            if done & rendering and not running & rendering:
                self._end_uploads()

    def _end_uploads(self) -> None:
        for _ in range(self.options.batches_in_flight):
            self._ready.put(None)

    def _render(self, rendering: Rendering, spool: Spool) -> None:
        for index, rendered in rendering:
            if self._stop.is_set():
                return
            item, body = rendered.item, rendered.body
            if item.matches(self.present.get(item.name)):
                self._count([(index, item)], kept=True)
                continue
            spool.reserve(len(body))
            path = spool.write(body)
            spooled = SpooledFile(path, item.name, len(body), rendered.crc32c)
            self._ready.put(_Rendered(index, item, spooled))

    def _upload(self, spool: Spool) -> None:
        while (batch := self._take_batch()) and not self._stop.is_set():
            self.store.upload([rendered.file for rendered in batch], self._stop)
            for rendered in batch:
                spool.release(rendered.file.path, rendered.file.size)
            self._count([(rendered.index, rendered.item) for rendered in batch], kept=False)

    def _count(self, arrived: list[tuple[int, ManifestObject]], *, kept: bool) -> None:
        self.arrived.update(arrived)
        self.counter.add([item for _, item in arrived], kept=kept)

    def _take_batch(self) -> list[_Rendered]:
        """Take what is ready, at most a batch; empty at the end.

        It waits for the first file only, so that a spent budget cannot stall both sides.
        """
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
