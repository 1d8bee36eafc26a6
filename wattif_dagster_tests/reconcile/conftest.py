"""A day of a small fleet, landed; and tables to plant readings in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from wattif_dagster import schemas
from wattif_dagster.ingest.layout import registry_rows_name
from wattif_dagster.ingest.pipeline import land_day
from wattif_dagster.ingest.registry import land_registry
from wattif_dagster.metering.fleet import Fleet
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.schemas import Table
from wattif_dagster.settings import Settings
from wattif_dagster.settings.ingest import IngestOptions

MONDAY, TUESDAY = date(2024, 1, 1), date(2024, 1, 2)
HOSTILE = ("') OR TRUE --", "O'Brien", "\\' OR TRUE #", '"@job" @serials ? `')
"""Texts that are to be values, whatever they would mean in SQL."""


@dataclass(frozen=True)
class Warehouse:
    """A bucket and a dataset."""

    settings: Settings
    gcs: GcsTransferManager
    bigquery: BigQueryWarehouse
    spool_dir: Path

    def land(self, day: date = MONDAY, **options: object) -> Fleet:
        """Land the day's registry and readings; the registry is loaded too."""
        simulation = self.settings.simulation
        fleet = land_registry(self.gcs, simulation, day)
        ingest = IngestOptions(**{"spool_dir": str(self.spool_dir), **options})  # type: ignore[arg-type]
        land_day(self.gcs, simulation, day, fleet.serials, ingest)
        uri = f"{self.gcs.uri}/{registry_rows_name(day)}"
        self.bigquery.load_partition(schemas.METER_REGISTRY, day, [uri], "v")
        return fleet

    def count(self, table: Table, condition: str = "TRUE") -> int:
        """Rows of the table that meet the condition."""
        sql = f"SELECT COUNT(*) AS n FROM {self.bigquery.quoted(table)} WHERE {condition}"
        return self.bigquery.row(sql)["n"]


MakeWarehouse = Callable[..., Warehouse]


@pytest.fixture
def make_warehouse(settings: Settings, tmp_path: Path) -> MakeWarehouse:
    """A warehouse with any setting changed; simulation settings by `interval_seconds` too."""

    def make(interval_seconds: int = 900, **changes: object) -> Warehouse:
        simulation = settings.simulation.model_copy(update={"interval_seconds": interval_seconds})
        changed = settings.model_copy(update={"simulation": simulation, **changes})
        resources = build_resources(changed)
        resources["wattif_gcs"].ensure_bucket()
        return Warehouse(
            changed, resources["wattif_gcs"], resources["wattif_bigquery"], tmp_path / "spool"
        )

    return make


@pytest.fixture
def warehouse(make_warehouse: MakeWarehouse) -> Warehouse:
    return make_warehouse()
