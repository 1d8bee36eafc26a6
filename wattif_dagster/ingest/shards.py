"""Lands a day in shards, each by a process of its own, with one manifest and the same bytes.

A shard writes the list of its objects beside the manifests. Whoever completes the day lands the
shards whose lists are missing, makes the manifest from the lists and removes them. A shard whose
list is valid and whose objects are all stored is not rendered again. A damaged list, or a list of
other objects, counts as missing.
"""

import time
from collections.abc import Mapping

from pydantic import BaseModel, Field, ValidationError

from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.layout import day_prefix, shard_name, shards_prefix
from wattif_dagster.ingest.manifest import Count, ManifestObject
from wattif_dagster.ingest.monitor import Monitor
from wattif_dagster.ingest.pipeline import DayReport
from wattif_dagster.ingest.publishing import find_stored, land_manifest, publish
from wattif_dagster.ingest.store import ObjectStore, StoredObject
from wattif_dagster.ingest.workers import Shard, land_objects


class ShardReport(BaseModel, frozen=True, extra="forbid"):
    """The objects of a shard, in order, and what landing them took."""

    objects: tuple[ManifestObject, ...]
    objects_kept: Count
    seconds: float = Field(ge=0, allow_inf_nan=False)
    spool_high_water: Count

    def is_stored(self, stored: Mapping[str, StoredObject]) -> bool:
        """Whether the store holds all that is listed."""
        return all(item.matches(stored.get(item.name)) for item in self.objects)


def land_shard(store: ObjectStore, landing: Landing, shard: Shard, monitor: Monitor) -> ShardReport:
    """Land the shard's objects, and then their list.

    Raises what `land_day` raises. The next call continues from the objects that arrived.
    """
    landing.check()
    began = time.monotonic()
    present = {item.name: item for item in store.list(day_prefix(landing.day))}
    before = _read_list(store, landing, shard)
    if before and before.is_stored(present):
        return before
    arrived = land_objects(store, landing, shard, present, monitor)
    report = ShardReport(
        objects=arrived.objects,
        objects_kept=arrived.objects_kept,
        seconds=time.monotonic() - began,
        spool_high_water=arrived.spool_high_water,
    )
    store.write(_list_name(landing, shard), report.model_dump_json().encode())
    return report


def complete_day(store: ObjectStore, landing: Landing, shards: int, monitor: Monitor) -> DayReport:
    """Land the shards that are missing, then write the day's manifest.

    `seconds` is the time of the slowest shard. Raises what `land_day` raises.
    """
    stored = find_stored(store, landing.day)
    reports: list[ShardReport] = []
    for shard in (Shard(number, shards) for number in range(shards)):
        report = _read_list(store, landing, shard)
        if report is None or not report.is_stored(stored.objects):
            report = land_shard(store, landing, shard, monitor)
        reports.append(report)
    objects = [
        reports[index % shards].objects[index // shards] for index in range(landing.object_count)
    ]
    manifest = land_manifest(store, landing, objects)
    removed = publish(store, manifest, stored)
    store.delete(item.name for item in store.list(shards_prefix(landing.day)))
    return DayReport(
        manifest=manifest,
        objects_kept=sum(report.objects_kept for report in reports),
        objects_removed=removed,
        seconds=max(report.seconds for report in reports),
        spool_high_water=max(report.spool_high_water for report in reports),
    )


def parse_list(data: bytes, names: list[str]) -> ShardReport | None:
    """Parse a list; None when it is damaged or names other objects than these."""
    try:
        report = ShardReport.model_validate_json(data)
    except ValidationError:
        return None
    return report if [item.name for item in report.objects] == names else None


def _read_list(store: ObjectStore, landing: Landing, shard: Shard) -> ShardReport | None:
    found = store.read(_list_name(landing, shard))
    return parse_list(found[0], list(landing.object_names(shard.objects))) if found else None


def _list_name(landing: Landing, shard: Shard) -> str:
    return shard_name(landing.day, landing.revision, shard.number, shard.of)
