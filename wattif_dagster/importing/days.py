"""Lands the ordered readings, a day after the other."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import orjson

from wattif_dagster.errors import CancelledError
from wattif_dagster.importing.landed import to_date
from wattif_dagster.importing.lines import Lines
from wattif_dagster.importing.order import Block, Ordered
from wattif_dagster.importing.spill import SECONDS_PER_DAY
from wattif_dagster.ingest.compression import compress
from wattif_dagster.ingest.fleet import IMPORTED
from wattif_dagster.ingest.layout import readings_name, serials_name, serials_prefix
from wattif_dagster.ingest.manifest import ImportedDay, Manifest, ManifestObject
from wattif_dagster.ingest.monitor import Monitor
from wattif_dagster.ingest.objects import RenderedObject
from wattif_dagster.ingest.publishing import find_stored, publish
from wattif_dagster.ingest.store import ObjectStore, crc32c, encode_crc32c
from wattif_dagster.ingest.workers import Rendering, Work, land_work
from wattif_dagster.settings.ingest import MEBIBYTE, IngestOptions

RENDERING_VERSION = "1"
"""Change this when the code renders other bytes from the same readings."""
OBJECT_BYTES = 4 * MEBIBYTE
"""The most bytes of an object before compression."""


@dataclass
class Tally:
    """What came of the rows of the files, and each meter's readings; arrays have a place a meter.

    `first` and `last` count intervals from the first day on, over days that have readings.
    """

    meters: int
    days: list[int]
    interval: int
    landed: int = 0
    replaced: int = 0
    by_day: dict[int, int] = field(default_factory=dict)
    """Readings of each day, those landed before included."""
    changed: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.readings = np.zeros(self.meters, np.int64)
        self.first = np.full(self.meters, np.iinfo(np.int64).max)
        self.last = np.full(self.meters, -1)
        self._order = {day: place for place, day in enumerate(self.days)}

    def add(self, block: Block) -> None:
        """Count a block."""
        if not len(block.meters):
            return
        self.landed += block.landed
        self.replaced += block.replaced
        self.by_day[block.day] = self.by_day.get(block.day, 0) + len(block.meters)
        begins = np.append(0, np.flatnonzero(np.diff(block.meters)) + 1)
        ends = np.append(begins[1:], len(block.meters))
        meters = block.meters[begins]
        place = (self._order[block.day] * SECONDS_PER_DAY + block.seconds) // self.interval
        self.readings[meters] += ends - begins
        self.first[meters] = np.minimum(self.first[meters], place[begins])
        self.last[meters] = np.maximum(self.last[meters], place[ends - 1])

    def missing(self) -> np.ndarray:
        """Intervals without a reading between each meter's first and last one."""
        return np.where(self.readings > 0, self.last - self.first + 1 - self.readings, 0)


@dataclass(frozen=True)
class ImportLanding:
    """Where and how the days of an import are landed. `report` and `rejected` go to manifests."""

    store: ObjectStore
    options: IngestOptions
    lines: Lines
    content: int
    report: str
    rejected: int
    monitor: Monitor


def count_days(ordered: Ordered, on_day: Callable[[], None]) -> Tally:
    """Count what would be landed."""
    tally = Tally(len(ordered.serials), ordered.days, ordered.fit.interval)
    for day in ordered.days:
        for block in ordered.read_day(day):
            tally.add(block)
        on_day()
    return tally


def land_days(
    ordered: Ordered,
    landed: Mapping[int, Manifest],
    landing: ImportLanding,
    on_day: Callable[[], None],
) -> Tally:
    """Land the days that are not yet landed so.

    Raises CancelledError between two of them, and what landing raises.
    """
    tally = Tally(len(ordered.serials), ordered.days, ordered.fit.interval)
    for day in ordered.days:
        if landing.monitor.stop.is_set():
            raise CancelledError
        blocks = _count(ordered.read_day(day), tally)
        if day not in landed or ordered.differs(day):
            _land_day(ordered, day, blocks, landed.get(day), landing)
            tally.changed.append(day)
        for _ in blocks:  # what is not landed is counted all the same
            pass
        on_day()
    return tally


def _count(blocks: Iterator[Block], tally: Tally) -> Iterator[Block]:
    for block in blocks:
        tally.add(block)
        yield block


def _land_day(
    ordered: Ordered,
    day: int,
    blocks: Iterator[Block],
    before: Manifest | None,
    landing: ImportLanding,
) -> None:
    store, options = landing.store, landing.options
    digest = before.version_digest if before else ""
    interval = ordered.fit.interval
    decisive = [RENDERING_VERSION, landing.content, digest, interval, options.compression]
    revision = hashlib.sha256(orjson.dumps(decisive)).hexdigest()[:8]
    stored = find_stored(store, to_date(day), serials_prefix(to_date(day)))
    seen = np.zeros(len(ordered.serials), np.bool_)
    rendering = render_objects(day, revision, blocks, seen, landing)
    arrived = land_work(store, Work([rendering], 0, options), stored.objects, landing.monitor)
    serials = _land_serials(
        store, day, revision, [ordered.serials[n] for n in np.flatnonzero(seen).tolist()]
    )
    manifest = Manifest(
        day=to_date(day),
        fingerprint=IMPORTED,
        revision=revision,
        interval_seconds=interval,
        meters=serials.rows,
        compression=options.compression,
        imported=ImportedDay(report=landing.report, rejected=landing.rejected, serials=serials),
        objects=arrived.objects,
    )
    publish(store, manifest, stored)


def render_objects(
    day: int, revision: str, blocks: Iterator[Block], seen: np.ndarray, landing: ImportLanding
) -> Rendering:
    """Render the objects of a day; marks the meters that are `seen`."""
    lines, compression = landing.lines, landing.options.compression
    rows = max(1, OBJECT_BYTES // lines.bytes_per_row)
    for index, part in enumerate(_cut_evenly(blocks, rows)):
        seen[part.meters] = True
        data = lines.render(day, part.meters, part.seconds, part.mw)
        body = compress(data) if compression == "gzip" else data
        checksum = crc32c(body)
        item = ManifestObject(
            name=readings_name(to_date(day), f"part-{index:05d}", revision, compression),
            bytes=len(body),
            crc32c=encode_crc32c(checksum),
            rows=len(part.meters),
        )
        yield index, RenderedObject(item, body, checksum, len(data))


@dataclass(frozen=True, eq=False)
class _Part:
    meters: np.ndarray
    seconds: np.ndarray
    mw: np.ndarray

    def __add__(self, other: "_Part") -> "_Part":
        pairs = (
            (getattr(self, name), getattr(other, name)) for name in ("meters", "seconds", "mw")
        )
        return _Part(*(np.concatenate(pair) for pair in pairs))

    def __getitem__(self, which: slice) -> "_Part":
        return _Part(self.meters[which], self.seconds[which], self.mw[which])


def _cut_evenly(blocks: Iterator[Block], rows: int) -> Iterator[_Part]:
    """Cut blocks into parts of so many rows; the last one has the rest."""
    rest: _Part | None = None
    for block in blocks:
        part = _Part(block.meters, block.seconds, block.mw)
        part = rest + part if rest else part
        whole = len(part.meters) // rows * rows
        for first in range(0, whole, rows):
            yield part[first : first + rows]
        rest = part[whole:] if whole < len(part.meters) else None
    if rest:
        yield rest


def _land_serials(
    store: ObjectStore, day: int, revision: str, serials: list[str]
) -> ManifestObject:
    """Write the meters that have readings on the day, a JSON text a line."""
    body = compress(b"".join(orjson.dumps(s, option=orjson.OPT_APPEND_NEWLINE) for s in serials))
    name = serials_name(to_date(day), revision)
    store.write(name, body)
    return ManifestObject(
        name=name, bytes=len(body), crc32c=encode_crc32c(crc32c(body)), rows=len(serials)
    )
