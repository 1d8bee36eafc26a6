"""What imports have landed, read back."""

from collections.abc import Iterator
from datetime import date

import orjson
from isal import igzip

from wattif_dagster.ingest.manifest import require_manifest
from wattif_dagster.ingest.store import ObjectStore
from wattif_dagster_tests.support.landing import contents

Reading = tuple[str, str, float]


def read_day(store: ObjectStore, day: date) -> list[Reading]:
    """The readings of the day's objects, each checked against the manifest."""
    manifest = require_manifest(store, day)
    found: list[Reading] = []
    for item in manifest.objects:
        stored = store.read(item.name)
        assert stored is not None
        body = igzip.decompress(stored[0]) if manifest.compression == "gzip" else stored[0]
        rows = [orjson.loads(line) for line in body.splitlines()]
        assert (len(stored[0]), len(rows)) == (item.bytes, item.rows)
        found += [(row["serial"], row["timestamp"], row["reading"]) for row in rows]
    return found


def read_rejected(store: ObjectStore) -> Iterator[dict[str, object]]:
    """The rejected rows of all imports."""
    for name, body in contents(store, "imports/").items():
        if "/rejected-" in name:
            yield from map(orjson.loads, igzip.decompress(body).splitlines())
