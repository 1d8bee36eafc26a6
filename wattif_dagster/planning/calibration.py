"""A short run of what landing does before it uploads: render, compress, check, spool."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.objects import ObjectRenderer
from wattif_dagster.ingest.spool import Spool, open_spool
from wattif_dagster.metering.fleet import first_fleet
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.settings.ingest import IngestOptions

MOST_METERS = 10_000
"""Meters that are rendered over and over: enough for their mean."""


@dataclass(frozen=True)
class Calibration:
    """The result: rendered days of meters, their readings and bytes, and the time it took."""

    meter_days: int
    rows: int
    raw_bytes: int
    stored_bytes: int
    seconds: float

    @property
    def meter_days_per_second(self) -> float:
        """The rate of all render threads together."""
        return self.meter_days / self.seconds


def calibrate(
    simulation: Simulation, options: IngestOptions, days: int, seconds: float
) -> Calibration:
    """Render and spool objects of the first, a middle and the last of the fleet's first `days`.

    With the options' threads, compression, objects and spool; no object is uploaded. At least one
    object of each of these days is made, however few the seconds. Raises UserError when the spool
    cannot be used.
    """
    sample = simulation.model_copy(update={"meters": min(simulation.meters, MOST_METERS)})
    serials = first_fleet(sample).serials
    offsets = sorted({0, days // 2, days - 1})
    sampled = [simulation.first_day + timedelta(days=offset) for offset in offsets]
    workers = options.render_workers
    with (
        open_spool(Path(options.spool_dir), options.spool_budget) as spool,
        ThreadPoolExecutor(workers) as pool,
    ):
        threads = [
            _Worker(number, spool, [Landing(simulation, day, serials, options) for day in sampled])
            for number in range(workers)
        ]
        for _ in pool.map(_Worker.warm_up, threads):
            pass
        began = time.perf_counter()
        parts = list(pool.map(lambda worker: worker.run(began + seconds), threads))
        took = time.perf_counter() - began
    meter_days, rows, raw_bytes, stored_bytes = (sum(column) for column in zip(*parts, strict=True))
    return Calibration(meter_days, rows, raw_bytes, stored_bytes, took)


class _Worker:
    """One render thread; it has one file at a time in the spool."""

    def __init__(
        self,
        number: int,
        spool: Spool,
        landings: Sequence[Landing],
    ):
        self._spool = spool
        self._renderers = [ObjectRenderer(landing) for landing in landings]
        self._landing = landings[0]
        self._first = number * self._landing.object_count // self._landing.options.render_workers

    def warm_up(self) -> None:
        """Let each day's renderer make its buffers."""
        for renderer in self._renderers:
            renderer.render(self._first)

    def run(self, deadline: float) -> tuple[int, int, int, int]:
        """Meter-days, readings, raw and stored bytes of what was made until the deadline."""
        meter_days = rows = raw_bytes = stored_bytes = 0
        for turn in count():
            if turn >= len(self._renderers) and time.perf_counter() >= deadline:
                return meter_days, rows, raw_bytes, stored_bytes
            index = (self._first + turn) % self._landing.object_count
            rendered = self._renderers[turn % len(self._renderers)].render(index)
            self._spool.reserve(len(rendered.body))
            path = self._spool.write(rendered.body)
            self._spool.release(path, len(rendered.body))
            meter_days += len(self._landing.object_serials(index))
            rows += rendered.item.rows
            raw_bytes += rendered.raw_bytes
            stored_bytes += rendered.item.bytes
        raise AssertionError("count has no end")
