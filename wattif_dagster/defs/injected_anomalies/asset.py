"""injected_anomalies: the truth about the day's theft and faults."""

from collections import Counter

from dagster import AssetExecutionContext, MaterializeResult

from wattif_dagster import keys, schemas
from wattif_dagster.daily_asset import daily_asset
from wattif_dagster.ingest.labels import read_labels
from wattif_dagster.ingest.manifest import require_manifest
from wattif_dagster.metering.anomalies.titles import title_kind
from wattif_dagster.partitions import partition_day
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager


@daily_asset(
    keys.INJECTED_ANOMALIES,
    of_simulation=True,
    table=schemas.INJECTED_ANOMALIES,
    deps=[keys.RAW_READINGS],
    group="landing",
    kinds={"gcs", "bigquery"},
)
def injected_anomalies(
    context: AssetExecutionContext,
    wattif_gcs: GcsTransferManager,
    wattif_bigquery: BigQueryWarehouse,
) -> MaterializeResult:
    """The labels that were landed with the day's readings. No detector reads them."""
    manifest = require_manifest(wattif_gcs, partition_day(context))
    kinds = Counter(label.kind for label in read_labels(wattif_gcs, manifest))
    rows = wattif_bigquery.load_partition(
        schemas.INJECTED_ANOMALIES,
        manifest.day,
        [f"{wattif_gcs.uri}/{manifest.beside.name}"],
        manifest.version_digest,
    )
    return MaterializeResult(
        metadata={
            "dagster/partition_row_count": rows,
            "meters_by_kind": {title_kind(kind): n for kind, n in sorted(kinds.items())},
        }
    )
