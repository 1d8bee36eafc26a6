"""meter_registry: the fleet as of each day, its serials Bloom-deduplicated."""

from datetime import date

from dagster import AssetExecutionContext, MaterializeResult, asset

from wattif_dagster import keys, schemas
from wattif_dagster.assets.common import INDEPENDENT, table_metadata
from wattif_dagster.assets.days import DayMetadata, each_day
from wattif_dagster.ingest.layout import registry_rows_name, registry_state_name
from wattif_dagster.ingest.registry import land_registry
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.options import SimulationResource


@asset(
    key=keys.METER_REGISTRY,
    group_name="fleet",
    kinds={"gcs", "bigquery", "numpy"},
    code_version="1",
    metadata=table_metadata(schemas.METER_REGISTRY),
    **INDEPENDENT,
)
def meter_registry(
    context: AssetExecutionContext,
    simulation: SimulationResource,
    gcs: GcsTransferManager,
    bigquery: BigQueryWarehouse,
) -> MaterializeResult:
    """The fleet as of the day: meters installed and retired, no serial ever issued twice."""

    def make(day: date) -> DayMetadata:
        fleet = land_registry(gcs, simulation, day)
        rows = bigquery.load_partition(
            schemas.METER_REGISTRY, day, [f"{gcs.uri}/{registry_rows_name(day)}"], fleet.fingerprint
        )
        return {
            "dagster/partition_row_count": rows,
            "dagster/table_name": bigquery.table_name(schemas.METER_REGISTRY),
            "dagster/uri": f"{gcs.uri}/{registry_state_name(day)}",
            "meters": len(fleet),
            "serials_ever_issued": fleet.issued,
        }

    return each_day(context, make)
