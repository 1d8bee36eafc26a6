"""Reconciles a day: finds out whether manifest, bucket, tables and roll-up agree.

Objects are compared by the size and CRC-32C in the bucket's listing, and nothing is downloaded.
Tables are compared by their rows, and the roll-up and the fleet's hours by their energy too.
Readings that were changed in `meter_readings` and rolled up again, with none added or removed,
are not noticed.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from math import isclose
from typing import TypeVar

from wattif_dagster import schemas
from wattif_dagster.ingest.layout import (
    day_prefix,
    manifest_name,
    registry_prefix,
    registry_rows_name,
    registry_state_name,
)
from wattif_dagster.ingest.manifest import Manifest, ManifestError, read_manifest
from wattif_dagster.ingest.store import StoredObject
from wattif_dagster.reconcile.counts import count_fleet, count_hours, count_readings, to_kwh
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.bigquery_errors import JobError
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.schemas import Table

TABLES = (
    schemas.METER_REGISTRY,
    schemas.METER_READINGS,
    schemas.INJECTED_ANOMALIES,
    schemas.HOURLY_CONSUMPTION,
    schemas.FLEET_HOURS,
)
"""The tables that are compared with the manifest."""

TOLERANCE = 1e-9
"""Of an energy that was computed back from means, relative to the energy."""

T = TypeVar("T")


@dataclass(frozen=True)
class Reconciliation:
    """A day, its manifest if it has a valid one, and a text for each difference.

    `uploaded` counts the readings of the objects that are in the bucket as the manifest lists them.
    `loaded` and `rolled_up` are None where they could not be counted.
    """

    day: date
    manifest: Manifest | None
    differences: tuple[str, ...]
    uploaded: int = 0
    loaded: int | None = None
    rolled_up: int | None = None

    @property
    def agrees(self) -> bool:
        """Whether the day is the same everywhere."""
        return not self.differences


def reconcile_days(
    gcs: GcsTransferManager, bigquery: BigQueryWarehouse, days: Iterable[date]
) -> Iterator[Reconciliation]:
    """Reconcile each day. Raises UserError when a service refuses to be asked."""
    missing = {table.name for table in TABLES if not bigquery.has_table(table)}
    for day in days:
        try:
            manifest = read_manifest(gcs, day)
        except ManifestError as error:
            yield Reconciliation(day, None, (str(error),))
            continue
        if manifest is None:
            unlisted = (f"{item.name} is not listed" for item in gcs.list(day_prefix(day)))
            yield Reconciliation(day, None, (f"{manifest_name(day)} is missing", *unlisted))
            continue
        yield _reconcile(gcs, bigquery, manifest, missing)


def _reconcile(
    gcs: GcsTransferManager, bigquery: BigQueryWarehouse, manifest: Manifest, missing: set[str]
) -> Reconciliation:
    stored = list(gcs.list(day_prefix(manifest.day)))
    by_name = {item.name: item for item in stored}
    tables = _Tables(bigquery, manifest, missing)
    tables.compare()
    in_bucket = _compare_bucket(gcs, manifest, stored, bigquery.readings_type == "external")
    return Reconciliation(
        day=manifest.day,
        manifest=manifest,
        differences=(*in_bucket, *tables.differences),
        uploaded=sum(o.rows for o in manifest.objects if o.matches(by_name.get(o.name))),
        loaded=tables.loaded,
        rolled_up=tables.rolled_up,
    )


def _compare_bucket(
    gcs: GcsTransferManager, manifest: Manifest, stored: list[StoredObject], external: bool
) -> list[str]:
    day = manifest.day
    beside = {
        item.name: item
        for prefix in (f"{manifest.beside.name.rpartition('/')[0]}/", registry_prefix(day))
        for item in gcs.list(prefix)
    }
    labels = manifest.beside.difference(beside.get(manifest.beside.name))
    registry = [registry_rows_name(day)]
    if manifest.imported is None:
        registry.append(registry_state_name(day))
    return [
        *manifest.differences(stored, alone=external),
        *([labels] if labels else []),
        *(f"{name} is missing" for name in registry if name not in beside),
    ]


class _Tables:
    """The tables of a day. Each has a query of its own, so that a missing one hides no other."""

    def __init__(self, bigquery: BigQueryWarehouse, manifest: Manifest, missing: set[str]):
        self._bigquery = bigquery
        self._manifest = manifest
        self._missing = missing
        self.differences: list[str] = []
        self.loaded: int | None = None
        self.rolled_up: int | None = None

    def compare(self) -> None:
        """Fill in the differences and the counts."""
        bigquery, manifest = self._bigquery, self._manifest
        day, interval = manifest.day, manifest.interval_seconds
        if manifest.labels is not None:  # an imported day's fleet has silent meters too
            self._compare_rows(schemas.METER_REGISTRY, manifest.meters)
            self._compare_rows(schemas.INJECTED_ANOMALIES, manifest.labels.rows)
        readings = self._ask(
            schemas.METER_READINGS, lambda: count_readings(bigquery, day, interval)
        )
        hours = self._ask(schemas.HOURLY_CONSUMPTION, lambda: count_hours(bigquery, day, interval))
        fleet = self._ask(schemas.FLEET_HOURS, lambda: count_fleet(bigquery, day))
        if readings:
            self.loaded = readings.readings
            self._compare(schemas.METER_READINGS, "rows", readings.readings, manifest.total_rows)
        if hours:
            self.rolled_up = hours.readings
            self._compare(
                schemas.HOURLY_CONSUMPTION, "readings", hours.readings, manifest.total_rows
            )
        if (
            readings
            and hours
            and self.loaded == self.rolled_up
            and readings.milliwatts != hours.milliwatts
        ):
            self.differences.append(
                f"hourly_consumption adds up to {to_kwh(hours.milliwatts, interval):,.6f} kWh, "
                f"meter_readings to {to_kwh(readings.milliwatts, interval):,.6f}"
            )
        if fleet and hours:
            kwh = to_kwh(hours.milliwatts, interval)
            same_kwh = isclose(fleet.kwh, kwh, rel_tol=TOLERANCE, abs_tol=1e-6)
            if fleet.hours != hours.hours or not same_kwh:
                self.differences.append(
                    f"fleet_hours adds up to {fleet.hours:,} hours of meters and "
                    f"{fleet.kwh:,.6f} kWh, hourly_consumption to {hours.hours:,} and {kwh:,.6f}"
                )

    def _compare_rows(self, table: Table, listed: int) -> None:
        counted = self._ask(table, lambda: self._bigquery.count_rows(table, self._manifest.day))
        if counted is not None:
            self._compare(table, "rows", counted, listed)

    def _compare(self, table: Table, what: str, counted: int, listed: int) -> None:
        if counted != listed:
            self.differences.append(f"{table.name} has {counted:,} {what}, not {listed:,}")

    def _ask(self, table: Table, query: Callable[[], T]) -> T | None:
        """Run the query; when it cannot run, add a difference and return None."""
        if table.name in self._missing:
            self.differences.append(f"table {self._bigquery.table_name(table)} is missing")
            return None
        try:
            return query()
        except JobError as error:
            self.differences.append(f"{table.name} cannot be read: {' '.join(str(error).split())}")
            return None
