"""The objects of a day: which meters share one, and its bytes."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import orjson
from numpy.typing import NDArray

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.compression import compress
from wattif_dagster.ingest.layout import readings_name
from wattif_dagster.ingest.manifest import ManifestObject
from wattif_dagster.ingest.options import MEBIBYTE, Compression, IngestOptions
from wattif_dagster.ingest.store import crc32c, encode_crc32c
from wattif_dagster.metering.ndjson import DayRenderer
from wattif_dagster.metering.serials import serial_text
from wattif_dagster.metering.simulation import Simulation

MAX_OBJECT_BYTES = 8 * MEBIBYTE
"""Objects stay below it: one request each, and generation preconditions hold."""
GZIP_AT_LEAST = 4
"""Readings compress to less than a fourth (8.5 times smaller was measured)."""
RENDERING_VERSION = "1"
"""Another one when the code comes to render other bytes from the same settings."""


def landing_of(simulation: Simulation, options: IngestOptions) -> str:
    """8 hex digits for all that the bytes of any day's objects follow from, which names carry."""
    follow_from = [
        RENDERING_VERSION,
        simulation.fingerprint,
        options.meters_per_object,
        options.compression,
    ]
    return hashlib.sha256(orjson.dumps(follow_from)).hexdigest()[:8]


def count_objects(meters: int, options: IngestOptions) -> int:
    """Objects that a day of so many meters has."""
    return len(_first_meters(meters, options))


def meters_of_objects(meters: int, options: IngestOptions) -> Iterator[slice]:
    """Which of the day's meters each object holds, in order."""
    for first in _first_meters(meters, options):
        yield slice(first, first + options.meters_per_object)


def names_of_objects(
    day: date,
    landing: str,
    serials: NDArray[np.integer],
    options: IngestOptions,
    which: slice = slice(None),
) -> list[str]:
    """Names of the objects of the day of these meters, or `which` of them, in order."""
    firsts = _first_meters(len(serials), options)
    return [
        _name_of(day, landing, index, serials[firsts[index] :], options)
        for index in range(len(firsts))[which]
    ]


def _name_of(
    day: date, landing: str, index: int, serials: NDArray[np.integer], options: IngestOptions
) -> str:
    one_meter = options.meters_per_object == 1
    stem = serial_text(serials[:1])[0] if one_meter else f"part-{index:05d}"
    return readings_name(day, stem, landing, options.compression)


def _first_meters(meters: int, options: IngestOptions) -> range:
    return range(0, meters, options.meters_per_object)


def most_meters_per_object(simulation: Simulation, compression: Compression) -> int:
    """As many meters as an object can hold, 1 or more."""
    meter_bytes = DayRenderer(simulation, simulation.first_day).bytes_per_meter
    return max(1, _raw_limit(compression) // meter_bytes)


def check_options(simulation: Simulation, options: IngestOptions) -> None:
    """Raises UserError when an object would be too large for one request."""
    meter_bytes = DayRenderer(simulation, simulation.first_day).bytes_per_meter
    raw, limit = meter_bytes * options.meters_per_object, _raw_limit(options.compression)
    if raw > limit:
        most = most_meters_per_object(simulation, options.compression)
        raise UserError(
            f"meters_per_object={options.meters_per_object} makes objects of "
            f"{raw / MEBIBYTE:.1f} MiB before compression, above {limit / MEBIBYTE:.0f}; "
            f"set it to {most} or less (WATTIF_INGEST__METERS_PER_OBJECT)"
        )


def _raw_limit(compression: Compression) -> int:
    return MAX_OBJECT_BYTES * (GZIP_AT_LEAST if compression == "gzip" else 1)


@dataclass(frozen=True)
class RenderedObject:
    """An object as the manifest lists it, and its bytes; `raw_bytes` is their uncompressed size."""

    item: ManifestObject
    body: bytes | memoryview
    crc32c: int
    raw_bytes: int


class ObjectRenderer:
    """Renders objects of one day. Not for use by two threads at once."""

    def __init__(self, simulation: Simulation, day: date, options: IngestOptions):
        self._day = day
        self._options = options
        self._landing = landing_of(simulation, options)
        self._renderer = DayRenderer(simulation, day)

    def render(self, index: int, serials: NDArray[np.integer]) -> RenderedObject:
        """The day's `index`-th object, which holds these meters; its bytes hold until the next."""
        compression = self._options.compression
        data = self._renderer.render(serials)
        body = compress(data) if compression == "gzip" else data
        checksum = crc32c(body)
        item = ManifestObject(
            name=_name_of(self._day, self._landing, index, serials, self._options),
            bytes=len(body),
            crc32c=encode_crc32c(checksum),
            rows=len(data) // self._renderer.bytes_per_row,
        )
        return RenderedObject(item, body, checksum, len(data))
