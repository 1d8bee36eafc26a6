"""The size of a backfill of a fleet's first days: readings, bytes, objects, operations."""

from dataclasses import dataclass

from wattif_dagster.ingest.landing import count_objects
from wattif_dagster.planning.calibration import Calibration
from wattif_dagster.settings.ingest import IngestOptions

LISTED_AT_ONCE = 1000
"""Objects in a page of a bucket's listing."""
READS = {
    "meter_registry": 2,  # the record of the bucket's fleet, the fleet of the day before
    "raw_readings": 4,  # the record, the fleet of the day, the manifest twice
    "injected_anomalies": 2,  # the manifest, the labels
    "meter_readings": 2,  # the same
    "hourly_consumption": 2,  # the same
    "meter_days": 1,  # the manifest
    "consumption_baseline": 1,  # the manifest
    "anomaly_scores": 1,  # the manifest
}
"""Objects that each asset reads for a day."""
WRITES_ONCE = 1
"""Objects of the bucket: the record of its fleet."""


@dataclass(frozen=True)
class Size:
    """Amounts of all days together, unless a name says otherwise. `objects` and bytes count only
    readings.

    `class_a` and `class_b` are Cloud Storage operations of the daily job (writes and listings;
    reads) when a day is landed for the first time, in one shard. They leave out what BigQuery reads
    by itself, and the one or two requests of each process for the bucket.
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


def compute_size(
    meters: list[int], options: IngestOptions, plain: Calibration, gzip: Calibration
) -> Size:
    """Compute the size of days with so many meters each, from a calibration of each compression."""
    meter_days, most = sum(meters), max(meters)
    stored = gzip if options.compression == "gzip" else plain
    objects = [count_objects(count, options) for count in meters]

    def scale_bytes(meter_days: int, calibration: Calibration) -> int:
        return round(meter_days * calibration.stored_bytes / calibration.meter_days)

    of_largest = scale_bytes(most, stored)
    return Size(
        days=len(meters),
        meters_on_first_day=meters[0],
        meters_on_last_day=meters[-1],
        meter_days=meter_days,
        rows=round(meter_days * stored.rows / stored.meter_days),
        raw_bytes=scale_bytes(meter_days, plain),
        gzip_bytes=scale_bytes(meter_days, gzip),
        stored_bytes=scale_bytes(meter_days, stored),
        stored_bytes_of_largest_day=of_largest,
        objects=sum(objects),
        objects_of_largest_day=max(objects),
        class_a=WRITES_ONCE + sum(sum(count_class_a(count).values()) for count in objects),
        class_b=sum(READS.values()) * len(meters),
        spool_bytes=min(options.spool_budget, of_largest),
        rendering_seconds=meter_days / stored.meter_days_per_second,
    )


def count_class_a(objects: int) -> dict[str, int]:
    """Count the writes and listings of each asset for a day of so many objects of readings."""
    return {
        "meter_registry": 2,  # writes the state of the fleet and its rows
        "raw_readings": objects + 4,  # the labels, the manifest, two listings that are empty yet
        "meter_readings": -(-objects // LISTED_AT_ONCE),  # lists the day
        "daily_report": 1,  # the page
    }
