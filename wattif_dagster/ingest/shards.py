"""A day in shards, each landed by a process of its own: one manifest, and the bytes of one landing.

A shard writes what it landed beside the manifests; whoever completes the day lands the shards that
lack, makes the manifest of their lists and removes these. A shard that has its list and all that it
lists renders nothing again. A list that is damaged, or of other objects than its shard's, is as
none.
"""

import time
from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationError

from wattif_dagster.ingest.layout import day_prefix, shard_name, shards_prefix
from wattif_dagster.ingest.manifest import Count, ManifestObject
from wattif_dagster.ingest.objects import check_options, landing_of, names_of_objects
from wattif_dagster.ingest.options import IngestOptions
from wattif_dagster.ingest.pipeline import DayReport
from wattif_dagster.ingest.progress import Progress
from wattif_dagster.ingest.publishing import found_of, publish
from wattif_dagster.ingest.store import ObjectStore, StoredObject
from wattif_dagster.ingest.workers import Shard, land_objects
from wattif_dagster.metering.simulation import Simulation


class ShardReport(BaseModel, frozen=True, extra="forbid"):
    """The objects of a shard, in order, and what it took to land them."""

    objects: tuple[ManifestObject, ...]
    objects_kept: Count
    seconds: float = Field(ge=0, allow_inf_nan=False)
    spool_high_water: Count

    def stands(self, stored: Mapping[str, StoredObject]) -> bool:
        """Whether the store holds all that is listed."""
        return all(item.matches(stored.get(item.name)) for item in self.objects)


def land_shard(
    store: ObjectStore,
    simulation: Simulation,
    day: date,
    serials: NDArray[np.uint32],
    options: IngestOptions,
    shard: Shard,
    listener: Callable[[Progress], None] | None = None,
) -> ShardReport:
    """Land the shard's objects of the day of these meters, and then their list.

    Raises what `land_day` raises; the next call goes on from the objects that arrived.
    """
    check_options(simulation, options)
    began = time.monotonic()
    landing = landing_of(simulation, options)
    name = shard_name(day, landing, shard.number, shard.of)
    own = slice(shard.number, None, shard.of)
    names = names_of_objects(day, landing, serials, options, own)
    present = {item.name: item for item in store.list(day_prefix(day))}
    before = _read(store, name, names)
    if before and before.stands(present):
        return before
    arrived = land_objects(store, simulation, day, serials, options, present, listener, shard)
    report = ShardReport(
        objects=arrived.objects,
        objects_kept=arrived.objects_kept,
        seconds=time.monotonic() - began,
        spool_high_water=arrived.spool_high_water,
    )
    store.write(name, report.model_dump_json().encode())
    return report


def complete_day(
    store: ObjectStore,
    simulation: Simulation,
    day: date,
    serials: NDArray[np.uint32],
    options: IngestOptions,
    shards: int,
    listener: Callable[[Progress], None] | None = None,
) -> DayReport:
    """Write the manifest of a day when its shards stand, and land those that do not before.

    `seconds` are of the slowest shard. Raises what `land_day` raises.
    """
    found, landing = found_of(store, day), landing_of(simulation, options)
    names = names_of_objects(day, landing, serials, options)
    reports: list[ShardReport] = []
    for shard in (Shard(number, shards) for number in range(shards)):
        name = shard_name(day, landing, shard.number, shards)
        report = _read(store, name, names[shard.number :: shards])
        if report is None or not report.stands(found.objects):
            report = land_shard(store, simulation, day, serials, options, shard, listener)
        reports.append(report)
    objects = [reports[index % shards].objects[index // shards] for index in range(len(names))]
    manifest, removed = publish(store, simulation, serials, options, objects, found)
    store.delete(item.name for item in store.list(shards_prefix(day)))
    return DayReport(
        manifest=manifest,
        objects_kept=sum(report.objects_kept for report in reports),
        objects_removed=removed,
        seconds=max(report.seconds for report in reports),
        spool_high_water=max(report.spool_high_water for report in reports),
    )


def parse_list(data: bytes, names: list[str]) -> ShardReport | None:
    """The list in `data`; None when it is not a sound one of the objects of these names."""
    try:
        report = ShardReport.model_validate_json(data)
    except ValidationError:
        return None
    return report if [item.name for item in report.objects] == names else None


def _read(store: ObjectStore, name: str, names: list[str]) -> ShardReport | None:
    found = store.read(name)
    return parse_list(found[0], names) if found else None
