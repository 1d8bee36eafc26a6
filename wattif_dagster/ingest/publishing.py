"""The manifest of a day whose objects have arrived, and the end of what it does not list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.labels import land_labels
from wattif_dagster.ingest.layout import day_prefix, labels_prefix, manifest_name
from wattif_dagster.ingest.manifest import Manifest, ManifestObject, read_manifest
from wattif_dagster.ingest.objects import landing_of
from wattif_dagster.ingest.options import IngestOptions
from wattif_dagster.ingest.store import (
    GENERATION_ABSENT,
    GenerationMismatch,
    ObjectStore,
    StoredObject,
)
from wattif_dagster.metering.incidents import incident_label
from wattif_dagster.metering.simulation import Simulation

REMOVED_AT_ONCE = 250
"""Objects that are deleted between two looks at whether the manifest still stands."""


@dataclass(frozen=True)
class Found:
    """What the store holds of a day before it is landed: the generation of its manifest, its
    reading objects by name, and the names of its labels."""

    day: date
    generation: int
    objects: Mapping[str, StoredObject]
    labels: frozenset[str]


def found_of(store: ObjectStore, day: date) -> Found:
    """What the store holds of the day. The manifest is read first: whoever replaces it later is
    noticed when the new one is written."""
    before = store.read(manifest_name(day))
    return Found(
        day=day,
        generation=before[1] if before else GENERATION_ABSENT,
        objects={item.name: item for item in store.list(day_prefix(day))},
        labels=frozenset(item.name for item in store.list(labels_prefix(day))),
    )


def publish(
    store: ObjectStore,
    simulation: Simulation,
    serials: NDArray[np.uint32],
    options: IngestOptions,
    objects: Sequence[ManifestObject],
    found: Found,
) -> tuple[Manifest, int]:
    """Write labels and manifest of these objects; then remove whatever else was `found`, and count.

    Raises UserError when another run has landed the day since, or lists what is removed here, or
    removed what is listed here: one looks at the manifest after it has deleted, the other for its
    objects after it has written the manifest, so that whatever is missing, one of the two says so.
    """
    day, landing = found.day, landing_of(simulation, options)
    labels = land_labels(store, simulation, day, serials, landing)
    manifest = Manifest(
        day=day,
        fingerprint=simulation.fingerprint,
        landing=landing,
        interval_seconds=simulation.interval_seconds,
        meters=len(serials),
        compression=options.compression,
        incident=incident_label(simulation, day),
        labels=labels,
        objects=tuple(objects),
    )
    try:
        store.write(manifest_name(day), manifest.dumps(), if_generation=found.generation)
    except GenerationMismatch:
        # A retried request may find the manifest that its first try wrote.
        _require_standing(store, manifest)
    if found.generation != GENERATION_ABSENT:
        # Who wrote the manifest before this one may have gone on removing what it did not list.
        _require_objects(store, manifest)
    # Only now: until it stood, the old manifest needed what it lists.
    unlisted = sorted(
        (found.objects.keys() | found.labels) - {item.name for item in (labels, *objects)}
    )
    for first in range(0, len(unlisted), REMOVED_AT_ONCE):
        _require_standing(store, manifest)
        store.delete(unlisted[first : first + REMOVED_AT_ONCE])
    if unlisted:
        _require_standing(store, manifest)
    return manifest, len(unlisted)


def _require_standing(store: ObjectStore, manifest: Manifest) -> None:
    if read_manifest(store, manifest.day) != manifest:
        raise UserError(
            f"another run landed {manifest.day} at the same time, and its manifest stands; "
            "run it again"
        )


def _require_objects(store: ObjectStore, manifest: Manifest) -> None:
    prefixes = day_prefix(manifest.day), labels_prefix(manifest.day)
    stored = {item.name: item for prefix in prefixes for item in store.list(prefix)}
    listed = (manifest.labels, *manifest.objects)
    gone = [item.name for item in listed if not item.matches(stored.get(item.name))]
    if gone:
        _require_standing(store, manifest)
        raise UserError(
            f"another run removed {len(gone)} of the objects of {manifest.day} at the same time, "
            f"{gone[0]} first; run it again"
        )
