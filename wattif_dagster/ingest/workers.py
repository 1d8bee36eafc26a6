"""Rendering and uploading the objects of a day: producers, a bounded spool, consumers.

Render threads fill the spool, upload threads drain it in batches. A file is deleted when the
store has confirmed its size and CRC-32C. Objects that already hold the right bytes are not
sent again, which is how an interrupted day goes on.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.ingest.manifest import ManifestObject
from wattif_dagster.ingest.objects import ObjectRenderer, meters_of_objects
from wattif_dagster.ingest.options import IngestOptions
from wattif_dagster.ingest.progress import Progress
from wattif_dagster.ingest.spool import Spool, open_spool
from wattif_dagster.ingest.store import ObjectStore, SpooledFile, StoredObject
from wattif_dagster.metering.simulation import Simulation

FILES_PER_WORKER = 4
"""Files in a batch for each thread that uploads it: enough to keep them all busy."""


@dataclass(frozen=True)
class Shard:
    """Every `of`-th object of a day, from the `number`-th on, which counts from 0."""

    number: int
    of: int


WHOLE = Shard(0, 1)


@dataclass(frozen=True)
class Arrived:
    """The objects of a shard in the store, in order; how many were there already, and the most
    bytes that the spool held."""

    objects: tuple[ManifestObject, ...]
    objects_kept: int
    spool_high_water: int


def land_objects(
    store: ObjectStore,
    simulation: Simulation,
    day: date,
    serials: NDArray[np.uint32],
    options: IngestOptions,
    present: Mapping[str, StoredObject],
    listener: Callable[[Progress], None] | None = None,
    shard: Shard = WHOLE,
) -> Arrived:
    """Render the shard's objects of these meters and upload those that are not `present`.

    Raises UserError for what a user must mend, or whatever the store or the listener raises.
    """
    with open_spool(Path(options.spool_dir), options.spool_budget) as spool:
        threads = _Threads(
            store, simulation, day, serials, options, spool, present, listener, shard
        )
        objects = threads.run()
    return Arrived(objects, threads.progress.objects_kept, spool.high_water)


@dataclass(frozen=True)
class _Rendered:
    """An object in the spool, and its place among the day's."""

    index: int
    item: ManifestObject
    file: SpooledFile


class _Threads:
    """The threads of one shard. Whoever fails first stops the others."""

    def __init__(
        self,
        store: ObjectStore,
        simulation: Simulation,
        day: date,
        serials: NDArray[np.uint32],
        options: IngestOptions,
        spool: Spool,
        present: Mapping[str, StoredObject],
        listener: Callable[[Progress], None] | None,
        shard: Shard,
    ):
        self.store = store
        self.simulation = simulation
        self.day = day
        self.options = options
        self.spool = spool
        self.present = present
        meters_of = list(meters_of_objects(len(serials), options))
        self.indices = range(shard.number, len(meters_of), shard.of)
        self.groups = {index: serials[meters_of[index]] for index in self.indices}
        self.arrived: dict[int, ManifestObject] = {}
        self.progress = Progress(objects_total=len(self.groups), listener=listener)
        self._next_index = iter(self.indices)
        self._turn = threading.Lock()
        self._ready: queue.SimpleQueue[_Rendered | None] = queue.SimpleQueue()
        self._stop = threading.Event()

    def run(self) -> tuple[ManifestObject, ...]:
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
        return tuple(self.arrived[index] for index in self.indices)

    def _end_uploads(self) -> None:
        for _ in range(self.options.batches_in_flight):
            self._ready.put(None)

    def _claim(self) -> Iterator[int]:
        """Indices of groups nobody has claimed yet."""
        while not self._stop.is_set():
            with self._turn:
                index = next(self._next_index, None)
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
            path = self.spool.write(body)
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
