"""Renders the objects of a landing."""

from dataclasses import dataclass

from wattif_dagster.ingest.compression import compress
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.manifest import ManifestObject
from wattif_dagster.ingest.store import crc32c, encode_crc32c
from wattif_dagster.metering.ndjson import DayRenderer


@dataclass(frozen=True)
class RenderedObject:
    """An object as the manifest lists it, and its bytes; `raw_bytes` is their uncompressed size."""

    item: ManifestObject
    body: bytes | memoryview
    crc32c: int
    raw_bytes: int


class ObjectRenderer:
    """Renders objects of one day. Two threads must not use it at the same time."""

    def __init__(self, landing: Landing):
        self._landing = landing
        self._renderer = DayRenderer(landing.simulation, landing.day)

    def render(self, index: int) -> RenderedObject:
        """Render the day's `index`-th object. Its bytes are valid until the next call."""
        data = self._renderer.render(self._landing.object_serials(index))
        body = compress(data) if self._landing.options.compression == "gzip" else data
        checksum = crc32c(body)
        item = ManifestObject(
            name=self._landing.object_name(index),
            bytes=len(body),
            crc32c=encode_crc32c(checksum),
            rows=len(data) // self._renderer.bytes_per_row,
        )
        return RenderedObject(item, body, checksum, len(data))
