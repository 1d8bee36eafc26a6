"""A streamed day: how its readings are cut into objects, by time."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property

import orjson

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.landing import RENDERING_VERSION, Landing
from wattif_dagster.ingest.layout import STREAMED, readings_name
from wattif_dagster.metering.anomalies.injection import reported_bounds
from wattif_dagster.metering.lines import SECONDS_PER_DAY, DayLines

MAX_PART_BYTES = 4 * 2**20
"""A part stays below the largest object, even when every reading of it arrives twice."""


@dataclass(frozen=True, eq=False)
class StreamLanding(Landing):
    """The readings of these meters on one day, in objects of `every` seconds."""

    every: int

    @cached_property
    def revision(self) -> str:
        """8 hex digits of a hash over all that decides the bytes of any day's objects."""
        decisive = [
            RENDERING_VERSION,
            self.simulation.fingerprint,
            STREAMED,
            self.every,
            self.options.compression,
        ]
        return hashlib.sha256(orjson.dumps(decisive)).hexdigest()[:8]

    @property
    def ticks(self) -> int:
        """Spans of `every` seconds in a day."""
        return SECONDS_PER_DAY // self.every

    @cached_property
    def meters_per_part(self) -> int:
        """The most meters whose readings of a tick are in one object."""
        bounds = reported_bounds(self.simulation)
        lines = DayLines(self.day, self.simulation.interval_seconds, *bounds)
        rows = self.every // self.simulation.interval_seconds
        return max(1, MAX_PART_BYTES // (rows * lines.bytes_per_row))

    @property
    def parts(self) -> int:
        """Objects of a tick."""
        return max(1, -(-len(self.serials) // self.meters_per_part))

    @property
    def object_count(self) -> int:
        """Objects of the day."""
        return self.ticks * self.parts

    def object_name(self, index: int) -> str:
        """Name of the day's `index`-th object."""
        tick, part = divmod(index, self.parts)
        at = self.find_end(tick) - timedelta(seconds=self.every)
        stem = f"{STREAMED}{at:%H%M%S}-{part:03d}"
        return readings_name(self.day, stem, self.revision, self.options.compression)

    def find_end(self, tick: int) -> datetime:
        """Find the end of a tick, at which its readings are known."""
        midnight = datetime.combine(self.day, time(), UTC)
        return midnight + timedelta(seconds=(tick + 1) * self.every)

    def find_readings(self, tick: int) -> slice:
        """Find the day's readings that belong to a tick."""
        rows = self.every // self.simulation.interval_seconds
        return slice(tick * rows, (tick + 1) * rows)

    def find_meters(self, part: int) -> slice:
        """Find the meters that belong to a part."""
        return slice(part * self.meters_per_part, (part + 1) * self.meters_per_part)

    def check(self) -> None:
        """Raise UserError unless the ticks divide the day, and the interval the ticks."""
        interval = self.simulation.interval_seconds
        if self.every % interval or SECONDS_PER_DAY % self.every:
            raise UserError(
                f"--every {self.every}s does not fit: it must be a multiple of the interval of "
                f"{interval} s, and divide a day."
            )
