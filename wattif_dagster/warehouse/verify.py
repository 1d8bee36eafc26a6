"""Whether a day is the same everywhere: manifest, bucket, tables, roll-up.

Objects are compared by the size and CRC-32C of the bucket's listing; nothing is downloaded. Tables
are compared by their rows, the roll-up by the energy too. Readings of `meter_readings` that were
changed, and none added or lost, and rolled up again since, are not seen.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from wattif_dagster import schemas
from wattif_dagster.ingest.layout import (
    day_prefix,
    labels_prefix,
    manifest_name,
    registry_prefix,
    registry_rows_name,
    registry_state_name,
)
from wattif_dagster.ingest.manifest import Manifest, ManifestDamaged, read_manifest
from wattif_dagster.resources.bigquery import BigQueryWarehouse, JobFailed
from wattif_dagster.resources.bigquery_tables import of_day
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.schemas import Table
from wattif_dagster.warehouse.totals import loaded, rolled_up

TABLES = (
    schemas.METER_REGISTRY,
    schemas.METER_READINGS,
    schemas.INJECTED_ANOMALIES,
    schemas.HOURLY_CONSUMPTION,
)
"""Those that hold what the manifest says of the day, each in its own way."""

T = TypeVar("T")


@dataclass(frozen=True)
class Verdict:
    """A day, its manifest where there is a sound one, and all that differs, a sentence each."""

    day: date
    manifest: Manifest | None
    differences: tuple[str, ...]


def verify_days(
    gcs: GcsTransferManager, bigquery: BigQueryWarehouse, days: Iterable[date]
) -> Iterator[Verdict]:
    """Judge each day. Raises UserError when a service cannot be asked."""
    external = bigquery.readings_type == "external"
    missing = {table.name for table in TABLES if not bigquery.has_table(table)}
    for day in days:
        try:
            manifest = read_manifest(gcs, day)
        except ManifestDamaged as error:
            yield Verdict(day, None, (str(error),))
            continue
        if manifest is None:
            unlisted = (f"{item.name} is not listed" for item in gcs.list(day_prefix(day)))
            yield Verdict(day, None, (f"{manifest_name(day)} is missing", *unlisted))
            continue
        of_tables = _Tables(bigquery, manifest, missing).differences()
        yield Verdict(day, manifest, (*_in_bucket(gcs, manifest, external), *of_tables))


def _in_bucket(gcs: GcsTransferManager, manifest: Manifest, external: bool) -> list[str]:
    day = manifest.day
    beside = {
        item.name: item
        for prefix in (labels_prefix(day), registry_prefix(day))
        for item in gcs.list(prefix)
    }
    labels = manifest.labels.difference(beside.get(manifest.labels.name))
    registry = (registry_state_name(day), registry_rows_name(day))
    return [
        *manifest.differences(gcs.list(day_prefix(day)), alone=external),
        *([labels] if labels else []),
        *(f"{name} is missing" for name in registry if name not in beside),
    ]


class _Tables:
    """What the tables hold of a day, each asked by itself: one that is not there hides no other."""

    def __init__(self, bigquery: BigQueryWarehouse, manifest: Manifest, missing: set[str]):
        self._bigquery = bigquery
        self._manifest = manifest
        self._missing = missing
        self._found: list[str] = []

    def differences(self) -> list[str]:
        """A sentence each."""
        bigquery, manifest = self._bigquery, self._manifest
        day, interval = manifest.day, manifest.interval_seconds
        self._compare_rows(schemas.METER_REGISTRY, manifest.meters)
        self._compare_rows(schemas.INJECTED_ANOMALIES, manifest.labels.rows)
        raw = self._ask(schemas.METER_READINGS, lambda: loaded(bigquery, day))
        if raw:
            self._compare(schemas.METER_READINGS, "rows", raw.readings, manifest.total_rows)
        hourly = self._ask(schemas.HOURLY_CONSUMPTION, lambda: rolled_up(bigquery, day, interval))
        if hourly:
            rows = hourly.readings
            self._compare(schemas.HOURLY_CONSUMPTION, "readings", rows, manifest.total_rows)
        if raw and hourly and raw.readings == hourly.readings and raw.watts != hourly.watts:
            self._found.append(
                f"hourly_consumption adds up to {hourly.kwh(interval):,.6f} kWh, "
                f"meter_readings to {raw.kwh(interval):,.6f}"
            )
        return self._found

    def _compare_rows(self, table: Table, listed: int) -> None:
        sql = f"SELECT COUNT(*) AS n FROM {self._bigquery.quoted(table)} "
        sql += f"WHERE {of_day(table, self._manifest.day)}"
        counted = self._ask(table, lambda: self._bigquery.row(sql)["n"])
        if counted is not None:
            self._compare(table, "rows", counted, listed)

    def _compare(self, table: Table, what: str, counted: int, listed: int) -> None:
        if counted != listed:
            self._found.append(f"{table.name} has {counted:,} {what}, not {listed:,}")

    def _ask(self, table: Table, query: Callable[[], T]) -> T | None:
        """The query's answer; None, and a difference, when the table has none to give."""
        if table.name in self._missing:
            self._found.append(f"table {self._bigquery.table_name(table)} is missing")
            return None
        try:
            return query()
        except JobFailed as error:
            self._found.append(f"{table.name} cannot be read: {' '.join(str(error).split())}")
            return None
