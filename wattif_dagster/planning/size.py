"""The size of a backfill of a fleet's first days: readings, bytes, objects, operations."""

from dataclasses import dataclass

from wattif_dagster.ingest.landing import count_objects
from wattif_dagster.planning.calibration import Calibration
from wattif_dagster.settings.ingest import IngestOptions

LISTED_AT_ONCE = 1000
"""Objects in a page of a bucket's listing."""
WRITES_BESIDE_READINGS = 4
"""Objects of a day: the fleet's state, its registry rows, the labels, the manifest."""
READS = 13
"""Objects read for a day: the fleet's record by meter_registry and raw_readings; the fleet of the
day before and its own; the manifest by raw_readings, meter_readings, injected_anomalies,
hourly_consumption, consumption_baseline and anomaly_scores; the labels by injected_anomalies,
meter_readings and hourly_consumption."""
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
        class_a=WRITES_ONCE + sum(_count_class_a(count) for count in objects),
        class_b=READS * len(meters),
        spool_bytes=min(options.spool_budget, of_largest),
        rendering_seconds=meter_days / stored.meter_days_per_second,
    )


def _count_class_a(objects: int) -> int:
    """raw_readings lists a day and its labels, empty yet, meter_readings the whole day."""
    pages = -(-objects // LISTED_AT_ONCE)
    return objects + WRITES_BESIDE_READINGS + 2 + pages
