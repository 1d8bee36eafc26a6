"""raw_readings in shards: the same asset as a graph of steps, for executors that spread steps.

A shard's objects are in the bucket, so the steps share nothing else. The last step writes the
manifest. It also lands the shards that failed: a failed step would stop the run, so the step of a
shard ends without an error.
"""

import threading
from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetIn,
    AssetsDefinition,
    Definitions,
    DynamicOut,
    DynamicOutput,
    In,
    MaterializeResult,
    Nothing,
    OpExecutionContext,
    Out,
    ResourceParam,
    graph_asset,
    op,
)

from wattif_dagster import keys
from wattif_dagster.daily_asset import BuildContext, handle_errors
from wattif_dagster.defs.raw_readings.report import describe_day, log_progress
from wattif_dagster.errors import CancelledError, TransientError
from wattif_dagster.ingest import shards
from wattif_dagster.ingest.fleet import claim_bucket
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.monitor import Monitor
from wattif_dagster.ingest.registry import read_fleet
from wattif_dagster.ingest.workers import Shard
from wattif_dagster.partitions import partition_day
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.options import IngestResource, SimulationResource

_AFTER = {"before": In(Nothing)}


def plan_shards(wattif_ingest: IngestResource) -> Iterator[DynamicOutput[None]]:
    """Plan a step for each shard."""
    for number in range(wattif_ingest.shards):
        yield DynamicOutput(None, mapping_key=str(number))


def land_shard(
    context: AssetExecutionContext,
    wattif_simulation: SimulationResource,
    wattif_ingest: IngestResource,
    wattif_gcs: GcsTransferManager,
    wattif_stop: ResourceParam[threading.Event],
) -> None:
    """Land one shard of the day. Objects that it has landed before are not rendered again."""
    number = context.op_execution_context.get_mapping_key()
    assert number is not None
    shard = Shard(int(number), wattif_ingest.shards)
    monitor = Monitor(log_progress(context), wattif_stop)
    try:
        claim_bucket(wattif_gcs, wattif_simulation)
        landing = _plan_landing(context, wattif_simulation, wattif_ingest, wattif_gcs)
        shards.land_shard(wattif_gcs, landing, shard, monitor)
    except (TransientError, CancelledError):
        raise
    except Exception as error:
        context.log.error(
            f"Shard {number} failed, and the last step lands it: {error}", exc_info=True
        )


def complete_day(
    context: AssetExecutionContext,
    wattif_simulation: SimulationResource,
    wattif_ingest: IngestResource,
    wattif_gcs: GcsTransferManager,
    wattif_stop: ResourceParam[threading.Event],
) -> MaterializeResult:
    """Land the shards that failed, and write the manifest of the day."""
    landing = _plan_landing(context, wattif_simulation, wattif_ingest, wattif_gcs)
    monitor = Monitor(log_progress(context), wattif_stop)
    report = shards.complete_day(wattif_gcs, landing, wattif_ingest.shards, monitor)
    return MaterializeResult(metadata=describe_day(wattif_gcs, report))


def build_sharded_asset(whole: Definitions, context: BuildContext) -> Definitions:
    """Build the asset of `whole`, with the same spec, as a graph of steps."""
    (unsharded,) = list(whole.assets or ())
    assert isinstance(unsharded, AssetsDefinition)
    plan = op(ins=_AFTER, out=DynamicOut(Nothing))(plan_shards)
    land = op(ins=_AFTER, out=Out(Nothing))(handle_errors(land_shard, context.stop))
    complete = op(ins=_AFTER)(handle_errors(complete_day, context.stop))

    @graph_asset(
        key=keys.RAW_READINGS,
        ins={"registered": AssetIn(keys.METER_REGISTRY, dagster_type=Nothing)},
        partitions_def=unsharded.partitions_def,
    )
    def raw_readings(registered: Any) -> Any:
        return complete(plan(registered).map(land).collect())

    spec = unsharded.get_asset_spec()
    return Definitions(assets=[raw_readings.map_asset_specs(lambda _: spec)])


def _plan_landing(
    context: AssetExecutionContext | OpExecutionContext,
    simulation: SimulationResource,
    ingest: IngestResource,
    gcs: GcsTransferManager,
) -> Landing:
    day = partition_day(context)  # type: ignore[arg-type]
    return Landing(simulation, day, read_fleet(gcs, simulation, day).serials, ingest)
