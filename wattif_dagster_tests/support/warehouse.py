"""A bucket and a dataset, with days of a small fleet and rows that tests plant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from wattif_dagster import schemas
from wattif_dagster.defs.hourly_consumption.asset import roll_up
from wattif_dagster.defs.meter_readings.load import load_readings
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.layout import registry_rows_name
from wattif_dagster.ingest.manifest import Manifest, require_manifest
from wattif_dagster.ingest.pipeline import land_day
from wattif_dagster.ingest.registry import land_registry, read_fleet
from wattif_dagster.metering.serials import serial_text
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.build import Resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.schemas import Table
from wattif_dagster.settings import Settings
from wattif_dagster.settings.ingest import IngestOptions

MONDAY, TUESDAY = date(2024, 1, 1), date(2024, 1, 2)
HOSTILE = ("') OR TRUE --", "O'Brien", "\\' OR TRUE #", '"@job" @serials ? `')
"""Texts that must stay values, whatever they mean in SQL."""


@dataclass(frozen=True)
class Warehouse:
    """A bucket and a dataset, and the settings of their fleet."""

    settings: Settings
    resources: Resources
    spool_dir: Path

    @property
    def gcs(self) -> GcsTransferManager:
        return self.resources["wattif_gcs"]

    @property
    def bigquery(self) -> BigQueryWarehouse:
        return self.resources["wattif_bigquery"]

    def land(self, day: date = MONDAY, **options: object) -> Manifest:
        """Land the day's registry and readings, and load the registry; returns the manifest."""
        simulation = self.settings.simulation
        serials = land_registry(self.gcs, simulation, day).serials
        ingest = IngestOptions(**{"spool_dir": str(self.spool_dir), **options})  # type: ignore[arg-type]
        report = land_day(self.gcs, Landing(simulation, day, serials, ingest))
        uri = f"{self.gcs.uri}/{registry_rows_name(day)}"
        self.bigquery.load_partition(schemas.METER_REGISTRY, day, [uri], "v")
        return report.manifest

    def load(self, day: date = MONDAY) -> int:
        """Load the day's landed readings; returns the number of rows."""
        return load_readings(self.gcs, self.bigquery, require_manifest(self.gcs, day))

    def roll_up(self, day: date = MONDAY) -> None:
        """Roll up the day's loaded readings."""
        roll_up(self.bigquery, require_manifest(self.gcs, day))

    def read_serials(self, day: date = MONDAY) -> list[str]:
        """Read the serials of the day's registry."""
        return serial_text(read_fleet(self.gcs, self.settings.simulation, day).serials)

    def count(self, table: Table, condition: str = "TRUE") -> int:
        """Count the rows of the table that meet the condition."""
        sql = f"SELECT COUNT(*) AS n FROM {self.bigquery.quoted(table)} WHERE {condition}"
        return self.bigquery.row(sql)["n"]


MakeWarehouse = Callable[..., Warehouse]


def add_rows(bigquery: BigQueryWarehouse, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows to the table, which is created where it does not exist."""
    bigquery.ensure_table(table)
    bigquery.client.load_table_from_json(list(rows), bigquery.table_name(table)).result()


def make_flagged_day(serial: str, day: date) -> dict[str, Any]:
    """Make a row of `flagged_days`: an hour of the day breaks a rule."""
    return {
        "day": str(day),
        "serial": serial,
        "kind": "rule",
        "hours": 1,
        "probability": 1.0,
        "reason": "rule:missing",
        "provisional": False,
    }
