"""One day's readings counted at every station: rendered = uploaded = loaded = rolled up."""

from dataclasses import dataclass
from datetime import date

from wattif_dagster.ingest.layout import day_prefix
from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.warehouse.load import require_manifest
from wattif_dagster.warehouse.totals import loaded, rolled_up


@dataclass(frozen=True)
class DayCounts:
    """Readings of one day at each station, counted there."""

    manifest: Manifest
    rendered: int
    uploaded: int
    loaded: int
    rolled_up: int

    @property
    def agree(self) -> bool:
        """Whether nothing was lost or added between any two stations."""
        return self.rendered == self.uploaded == self.loaded == self.rolled_up


def count_day(gcs: GcsTransferManager, bigquery: BigQueryWarehouse, day: date) -> DayCounts:
    """Count the day in the manifest, the bucket and both tables.

    `uploaded` are the rows of objects that lie in the bucket with the manifest's size and CRC-32C.
    Raises UserError when the day was not landed.
    """
    manifest = require_manifest(gcs, day)
    stored = {item.name: item for item in gcs.list(day_prefix(day))}
    return DayCounts(
        manifest=manifest,
        rendered=manifest.total_rows,
        uploaded=sum(o.rows for o in manifest.objects if o.matches(stored.get(o.name))),
        loaded=loaded(bigquery, day).readings,
        rolled_up=rolled_up(bigquery, day, manifest.interval_seconds).readings,
    )
