"""A landing: one day of a fleet, and how its readings are cut into objects."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import orjson
from numpy.typing import NDArray

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import readings_name
from wattif_dagster.metering.ndjson import DayRenderer
from wattif_dagster.metering.serials import serial_text
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.settings.ingest import MEBIBYTE, Compression, IngestOptions

MAX_OBJECT_BYTES = 8 * MEBIBYTE
"""Objects stay below this, so that one request uploads each of them."""
LEAST_COMPRESSION = 4
"""Readings compress to less than a fourth (8.5 times smaller was measured)."""
RENDERING_VERSION = "1"
"""Change this when the code renders other bytes from the same settings."""


@dataclass(frozen=True, eq=False)
class Landing:
    """The readings of these meters on one day, and the options of their objects.

    `serials` has the shape (meters,).
    """

    simulation: Simulation
    day: date
    serials: NDArray[np.uint32]
    options: IngestOptions

    @cached_property
    def revision(self) -> str:
        """8 hex digits of a hash over all that decides the bytes of any day's objects."""
        decisive = [
            RENDERING_VERSION,
            self.simulation.fingerprint,
            self.options.meters_per_object,
            self.options.compression,
        ]
        return hashlib.sha256(orjson.dumps(decisive)).hexdigest()[:8]

    @property
    def object_count(self) -> int:
        """Objects of the day."""
        return count_objects(len(self.serials), self.options)

    def object_serials(self, index: int) -> NDArray[np.uint32]:
        """The meters whose readings the day's `index`-th object holds."""
        first = index * self.options.meters_per_object
        return self.serials[first : first + self.options.meters_per_object]

    def object_name(self, index: int) -> str:
        """Name of the day's `index`-th object."""
        one_meter = self.options.meters_per_object == 1
        stem = serial_text(self.object_serials(index)[:1])[0] if one_meter else f"part-{index:05d}"
        return readings_name(self.day, stem, self.revision, self.options.compression)

    def object_names(self, which: slice = slice(None)) -> Iterator[str]:
        """Names of the day's objects, or of `which` of them, in order."""
        return map(self.object_name, range(self.object_count)[which])

    def check(self) -> None:
        """Raise UserError when an object would be too large for one request."""
        meter_bytes = DayRenderer(self.simulation, self.simulation.first_day).bytes_per_meter
        raw = meter_bytes * self.options.meters_per_object
        limit = _limit_raw_bytes(self.options.compression)
        if raw > limit:
            most = most_meters_per_object(self.simulation, self.options.compression)
            raise UserError(
                f"WATTIF_INGEST__METERS_PER_OBJECT={self.options.meters_per_object} makes objects "
                f"of {raw / MEBIBYTE:.1f} MiB before compression, above "
                f"{limit / MEBIBYTE:.0f} MiB. {_advise(most, meter_bytes, self.options)}"
            )


def count_objects(meters: int, options: IngestOptions) -> int:
    """Count the objects of a day of so many meters."""
    return -(-meters // options.meters_per_object)


def most_meters_per_object(simulation: Simulation, compression: Compression) -> int:
    """The most meters that an object can hold, 1 or more."""
    meter_bytes = DayRenderer(simulation, simulation.first_day).bytes_per_meter
    return max(1, _limit_raw_bytes(compression) // meter_bytes)


def _advise(most: int, meter_bytes: int, options: IngestOptions) -> str:
    if meter_bytes <= _limit_raw_bytes(options.compression):
        return f"Set it to {most} or less."
    if options.compression == "none" and meter_bytes <= _limit_raw_bytes("gzip"):
        return "Set it to 1, and WATTIF_INGEST__COMPRESSION=gzip."
    return "Raise WATTIF_SIMULATION__INTERVAL_SECONDS."


def _limit_raw_bytes(compression: Compression) -> int:
    return MAX_OBJECT_BYTES * (LEAST_COMPRESSION if compression == "gzip" else 1)
