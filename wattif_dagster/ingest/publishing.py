"""The manifest of a day whose objects have arrived, and the end of what it does not list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.labels import land_labels
from wattif_dagster.ingest.layout import day_prefix, labels_prefix, manifest_name
from wattif_dagster.ingest.manifest import Manifest, ManifestObject, parse_manifest
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

    Raises UserError when another run has landed the day since.
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
    name = manifest_name(day)
    try:
        store.write(name, manifest.dumps(), if_generation=found.generation)
    except GenerationMismatch:
        # A retried request may find the manifest that its first try wrote.
        now = store.read(name)
        if now is None or parse_manifest(now[0], name) != manifest:
            raise UserError(
                f"another run landed {day} at the same time, and its manifest stands; run it again"
            ) from None
    # Only now: until it stood, the old manifest needed what it lists.
    unlisted = (found.objects.keys() | found.labels) - {item.name for item in (labels, *objects)}
    store.delete(sorted(unlisted))
    return manifest, len(unlisted)
