"""raw_readings in shards: the same asset as a graph of steps, for executors that spread steps.

Each shard goes through all days of the run; what it landed of them lies in the bucket, so that
steps need nothing else in common. The days are credited by the last step, which writes their
manifests. A shard that fails is left to that step: Dagster runs none after one that failed, and no
day would be credited.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetIn,
    DynamicOut,
    DynamicOutput,
    In,
    MaterializeResult,
    Nothing,
    Out,
    graph_asset,
    op,
)

from wattif_dagster import keys
from wattif_dagster.assets import raw_readings as unsharded
from wattif_dagster.assets.common import INDEPENDENT
from wattif_dagster.assets.days import DayMetadata, each_day, end_if_cancelled
from wattif_dagster.ingest import shards
from wattif_dagster.ingest.registry import read_fleet
from wattif_dagster.ingest.workers import Shard
from wattif_dagster.partitions import days_of
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.options import IngestResource, SimulationResource
from wattif_dagster.retries import retry_if_it_may_pass

_AFTER = {"before": In(Nothing)}


@op(ins=_AFTER, out=DynamicOut(Nothing))
def plan_shards(ingest: IngestResource) -> Iterator[DynamicOutput[None]]:
    """A step for each shard."""
    for number in range(ingest.shards):
        yield DynamicOutput(None, mapping_key=str(number))


@op(ins=_AFTER, out=Out(Nothing))
def land_shard(
    context: AssetExecutionContext,
    simulation: SimulationResource,
    ingest: IngestResource,
    gcs: GcsTransferManager,
) -> None:
    """A shard of each day; what it has landed whole before is not rendered again.

    Ends at the first day that fails for good, and says so: `complete_days` goes on with it.
    """
    number = context.op_execution_context.get_mapping_key()
    assert number is not None
    shard = Shard(int(number), ingest.shards)
    log = unsharded.log_of(context)
    try:
        for day in days_of(context):
            end_if_cancelled(context)
            fleet = read_fleet(gcs, simulation, day)
            shards.land_shard(gcs, simulation, day, fleet.serials, ingest, shard, log)
    except Exception as error:
        retry_if_it_may_pass(context, error)
        context.log.error(f"shard {number} is left to the last step: {error}", exc_info=True)


@op(ins=_AFTER)
def complete_days(
    context: AssetExecutionContext,
    simulation: SimulationResource,
    ingest: IngestResource,
    gcs: GcsTransferManager,
) -> MaterializeResult:
    """The manifest of each day, of what its shards have landed; what they have not is landed now.

    Where that fails too, the step does, and the days before are credited.
    """

    def make(day: date) -> DayMetadata:
        serials, log = read_fleet(gcs, simulation, day).serials, unsharded.log_of(context)
        report = shards.complete_day(gcs, simulation, day, serials, ingest, ingest.shards, log)
        return unsharded.metadata_of(gcs, report)

    return each_day(context, make)


@graph_asset(
    key=keys.RAW_READINGS,
    ins={"registered": AssetIn(keys.METER_REGISTRY, dagster_type=Nothing)},
    partitions_def=INDEPENDENT["partitions_def"],
    backfill_policy=INDEPENDENT["backfill_policy"],
)
def _raw_readings(registered: Any) -> Any:
    return complete_days(plan_shards(registered).map(land_shard).collect())


raw_readings = _raw_readings.map_asset_specs(lambda _: unsharded.raw_readings.get_asset_spec())
