"""Publishes a landed day: writes its manifest, then removes what the manifest does not list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.labels import land_labels
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.layout import day_prefix, labels_prefix, manifest_name
from wattif_dagster.ingest.manifest import Manifest, ManifestObject, read_manifest
from wattif_dagster.ingest.store import (
    GENERATION_ABSENT,
    GenerationMismatchError,
    ObjectStore,
    StoredObject,
)
from wattif_dagster.metering.incidents import incident_label

DELETED_AT_ONCE = 250
"""Objects that are deleted between two checks that the manifest is still the newest."""


@dataclass(frozen=True)
class StoredDay:
    """What the store holds of a day before it is landed: the generation of its manifest, its
    reading objects by name, and the names of the labels or serials beside them."""

    day: date
    generation: int
    objects: Mapping[str, StoredObject]
    beside: frozenset[str]


def find_stored(store: ObjectStore, day: date, beside: str | None = None) -> StoredDay:
    """List what the store holds of the day; `beside` is the prefix of its serials if it has any.

    The manifest is read first: if another writer replaces it later, writing ours fails.
    """
    before = store.read(manifest_name(day))
    return StoredDay(
        day=day,
        generation=before[1] if before else GENERATION_ABSENT,
        objects={item.name: item for item in store.list(day_prefix(day))},
        beside=frozenset(item.name for item in store.list(beside or labels_prefix(day))),
    )


def land_manifest(
    store: ObjectStore, landing: Landing, objects: Sequence[ManifestObject]
) -> Manifest:
    """Write the labels of a simulated day, and make the manifest of them and of these objects."""
    return Manifest(
        day=landing.day,
        fingerprint=landing.simulation.fingerprint,
        revision=landing.revision,
        interval_seconds=landing.simulation.interval_seconds,
        meters=len(landing.serials),
        compression=landing.options.compression,
        incident=incident_label(landing.simulation, landing.day),
        labels=land_labels(store, landing),
        objects=tuple(objects),
    )


def publish(store: ObjectStore, manifest: Manifest, stored: StoredDay) -> int:
    """Write the manifest, whose objects are in the store, then remove what else was `stored`.

    Returns the number of objects removed. Raises UserError when another run landed the day since,
    or lists what is removed here, or removed what is listed here. Of two concurrent writers one
    checks the manifest after it deletes, the other checks its objects after it writes the manifest,
    so at least one of them notices whatever is missing.
    """
    try:
        store.write(manifest_name(manifest.day), manifest.dumps(), if_generation=stored.generation)
    except GenerationMismatchError:
        # A retried request may find the manifest that its first try wrote.
        _require_manifest(store, manifest)
    if stored.generation != GENERATION_ABSENT:
        # The writer of the former manifest may still be removing what that one did not list.
        _require_objects(store, manifest)
    # Not earlier: the former manifest needed what it lists.
    listed = {item.name for item in (manifest.beside, *manifest.objects)}
    unlisted = sorted((stored.objects.keys() | stored.beside) - listed)
    for first in range(0, len(unlisted), DELETED_AT_ONCE):
        _require_manifest(store, manifest)
        store.delete(unlisted[first : first + DELETED_AT_ONCE])
    if unlisted:
        _require_manifest(store, manifest)
    return len(unlisted)


def _require_manifest(store: ObjectStore, manifest: Manifest) -> None:
    if read_manifest(store, manifest.day) != manifest:
        raise UserError(
            f"Another run landed {manifest.day} at the same time, and its manifest is the newest. "
            "Run this again."
        )


def _require_objects(store: ObjectStore, manifest: Manifest) -> None:
    prefixes = day_prefix(manifest.day), f"{manifest.beside.name.rpartition('/')[0]}/"
    stored = {item.name: item for prefix in prefixes for item in store.list(prefix)}
    listed = (manifest.beside, *manifest.objects)
    gone = [item.name for item in listed if not item.matches(stored.get(item.name))]
    if gone:
        _require_manifest(store, manifest)
        raise UserError(
            f"Another run removed {len(gone)} objects of {manifest.day} at the same time, "
            f"{gone[0]} first. Run this again."
        )
