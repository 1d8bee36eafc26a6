"""How much a backfill of a fleet's first days makes: readings, bytes, objects, operations."""

from dataclasses import dataclass

from wattif_dagster.ingest.landing import count_objects
from wattif_dagster.planning.calibration import Calibration
from wattif_dagster.settings.ingest import IngestOptions

LISTED_AT_ONCE = 1000
"""Objects in a page of a bucket's listing."""
WRITES_BESIDE_READINGS = 4
"""Objects of a day: the fleet's state, its registry rows, the labels, the manifest."""
READS = 13
"""Of a day: the fleet of the day before and its own; the manifest by raw_readings, meter_readings,
injected_anomalies, hourly_consumption, consumption_baseline, anomaly_scores and twice by checks;
the labels by injected_anomalies and twice by checks."""


@dataclass(frozen=True)
class Size:
    """Of all days together, unless said; `objects` and bytes are of readings alone.

    `class_a` and `class_b` are Cloud Storage operations of the daily job (writes and listings;
    reads) when a day is landed for the first time, in one shard. What BigQuery reads by itself is
    not among them, nor the client's looks at the bucket itself, one or two a process.
    """

    days: int
    meters_on_first_day: int
    meters_on_last_day: int
    meter_days: int
    rows: int
    raw_bytes: int
    gzip_bytes: int
    stored_bytes: int
    stored_bytes_of_largest_day: int
    objects: int
    objects_of_largest_day: int
    class_a: int
    class_b: int
    spool_bytes: int
    rendering_seconds: float


def size_of(
    meters: list[int], options: IngestOptions, plain: Calibration, gzip: Calibration
) -> Size:
    """The size of days with so many meters each, from a run of each kind of compression."""
    meter_days, most = sum(meters), max(meters)
    stored = gzip if options.compression == "gzip" else plain
    objects = [count_objects(of_day, options) for of_day in meters]

    def bytes_of(days_of_meters: int, calibration: Calibration) -> int:
        return round(days_of_meters * calibration.stored_bytes / calibration.meter_days)

    of_largest = bytes_of(most, stored)
    return Size(
        days=len(meters),
        meters_on_first_day=meters[0],
        meters_on_last_day=meters[-1],
        meter_days=meter_days,
        rows=round(meter_days * stored.rows / stored.meter_days),
        raw_bytes=bytes_of(meter_days, plain),
        gzip_bytes=bytes_of(meter_days, gzip),
        stored_bytes=bytes_of(meter_days, stored),
        stored_bytes_of_largest_day=of_largest,
        objects=sum(objects),
        objects_of_largest_day=max(objects),
        class_a=sum(_writes_and_listings(of_day) for of_day in objects),
        class_b=READS * len(meters),
        spool_bytes=min(options.spool_budget, of_largest),
        rendering_seconds=meter_days / stored.meter_days_per_second,
    )


def _writes_and_listings(objects: int) -> int:
    """raw_readings lists a day and its labels, empty yet, meter_readings the whole day."""
    pages = -(-objects // LISTED_AT_ONCE)
    return objects + WRITES_BESIDE_READINGS + 2 + pages
