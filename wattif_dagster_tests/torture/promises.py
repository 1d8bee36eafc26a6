"""What holds of a day whenever the process that makes it is killed, and what once it is made."""

from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

from wattif_dagster.warehouse.totals import Totals, loaded, rolled_up

from wattif_dagster.ingest.layout import day_prefix, labels_prefix
from wattif_dagster.ingest.manifest import ManifestError, read_manifest
from wattif_dagster.reconcile.day import verify_days
from wattif_dagster.resources.build import Resources

NOTHING = Totals(0, 0)


def broken_in_the_middle(
    resources: Resources, day: date, whole: Collection[Totals]
) -> Iterator[str]:
    """What is not as promised, a sentence each: a manifest that stands is kept in all its objects,
    and a partition is empty or has one of the `whole` days that were ever begun."""
    gcs = resources["wattif_gcs"]
    try:
        manifest = read_manifest(gcs, day)
    except ManifestError as error:
        yield str(error)
        return
    if manifest:
        prefixes = (day_prefix(day), labels_prefix(day))
        present = {item.name: item for prefix in prefixes for item in gcs.list(prefix)}
        for item in (*manifest.objects, manifest.labels):
            if different := item.difference(present.get(item.name)):
                yield different
    for table, totals in _totals(resources, day).items():
        if totals not in {NOTHING, *whole}:
            yield f"{table} has {totals} of {day}, which is no whole day"


def broken_at_the_end(resources: Resources, day: date, whole: Totals) -> Iterator[str]:
    """What is not as promised of a day that was made: all stations agree, on the right readings,
    and the spool is empty."""
    gcs, bigquery = resources["wattif_gcs"], resources["wattif_bigquery"]
    (verdict,) = verify_days(gcs, bigquery, [day])
    yield from verdict.differences
    for table, totals in _totals(resources, day).items():
        if totals != whole:
            yield f"{table} has {totals} of {day}, not {whole}"
    for left in Path(resources["wattif_ingest"].spool_dir).iterdir():
        yield f"{left} is left in the spool"


def _totals(resources: Resources, day: date) -> dict[str, Totals]:
    """Of each table with readings."""
    bigquery, interval = resources["wattif_bigquery"], resources["wattif_simulation"].interval_seconds
    return {
        "meter_readings": loaded(bigquery, day),
        "hourly_consumption": rolled_up(bigquery, day, interval),
    }
