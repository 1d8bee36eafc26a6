"""What holds of a day whenever the process that makes it is killed, and what once it is made."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from wattif_dagster.ingest.layout import day_prefix, labels_prefix
from wattif_dagster.ingest.manifest import ManifestError, read_manifest
from wattif_dagster.reconcile.counts import count_hours, count_readings
from wattif_dagster.reconcile.day import reconcile_days
from wattif_dagster.resources.build import Resources


@dataclass(frozen=True)
class Totals:
    """How many readings a day has, and their sum in W."""

    readings: int
    watts: int


NOTHING = Totals(0, 0)


def count_totals(resources: Resources, day: date) -> dict[str, Totals]:
    """The totals of the day in each table with readings."""
    bigquery = resources["wattif_bigquery"]
    interval = resources["wattif_simulation"].interval_seconds
    readings = count_readings(bigquery, day, interval)
    hours = count_hours(bigquery, day, interval)
    return {
        "meter_readings": Totals(readings.readings, readings.milliwatts),
        "hourly_consumption": Totals(hours.readings, hours.milliwatts),
    }


def find_broken_after_kill(
    resources: Resources, day: date, whole: Collection[Totals]
) -> Iterator[str]:
    """Yield a sentence for each broken promise after a kill.

    The manifest, if there is one, is sound and the bucket holds all it lists. Each partition is
    empty, or has the totals of one of the `whole` days.
    """
    gcs = resources["wattif_gcs"]
    try:
        manifest = read_manifest(gcs, day)
    except ManifestError as error:
        yield str(error)
        return
    if manifest:
        prefixes = (day_prefix(day), labels_prefix(day))
        present = {item.name: item for prefix in prefixes for item in gcs.list(prefix)}
        for item in (*manifest.objects, manifest.beside):
            if different := item.difference(present.get(item.name)):
                yield different
    for table, totals in count_totals(resources, day).items():
        if totals not in {NOTHING, *whole}:
            yield f"{table} has {totals} of {day}, which is no whole day"


def find_broken_at_the_end(resources: Resources, day: date, whole: Totals) -> Iterator[str]:
    """Yield a sentence for each broken promise of a made day.

    Manifest, bucket and tables agree on the right readings, and the spool is empty.
    """
    gcs, bigquery = resources["wattif_gcs"], resources["wattif_bigquery"]
    (found,) = reconcile_days(gcs, bigquery, [day])
    yield from found.differences
    for table, totals in count_totals(resources, day).items():
        if totals != whole:
            yield f"{table} has {totals} of {day}, not {whole}"
    for left in Path(resources["wattif_ingest"].spool_dir).iterdir():
        yield f"{left} is left in the spool"
