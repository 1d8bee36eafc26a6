"""injected_anomalies: the truth about the day's theft and faults."""

from collections import Counter
from datetime import date

from dagster import AssetExecutionContext, MaterializeResult, asset

from wattif_dagster import keys, schemas
from wattif_dagster.assets.common import INDEPENDENT, table_metadata
from wattif_dagster.assets.days import DAYS_AT_ONCE, DayMetadata, each_day
from wattif_dagster.ingest.labels import read_labels
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.warehouse.load import require_manifest, version


@asset(
    key=keys.INJECTED_ANOMALIES,
    deps=[keys.RAW_READINGS],
    group_name="landing",
    kinds={"gcs", "bigquery"},
    code_version="1",
    metadata=table_metadata(schemas.INJECTED_ANOMALIES),
    **INDEPENDENT,
)
def injected_anomalies(
    context: AssetExecutionContext, gcs: GcsTransferManager, bigquery: BigQueryWarehouse
) -> MaterializeResult:
    """The labels landed with the day's readings; no detector reads them."""

    def make(day: date) -> DayMetadata:
        manifest = require_manifest(gcs, day)
        kinds = Counter(label.kind for label in read_labels(gcs, manifest))
        rows = bigquery.load_partition(
            schemas.INJECTED_ANOMALIES,
            day,
            [f"{gcs.uri}/{manifest.labels.name}"],
            version(manifest),
        )
        return {
            "dagster/partition_row_count": rows,
            "dagster/table_name": bigquery.table_name(schemas.INJECTED_ANOMALIES),
            "meters_by_kind": dict(sorted(kinds.items())),
        }

    return each_day(context, make, DAYS_AT_ONCE)
