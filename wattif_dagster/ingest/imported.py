"""The fleet of imported readings: the meters that were seen in the weeks up to a day."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta

import orjson
from isal import igzip

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.compression import compress
from wattif_dagster.ingest.layout import (
    MANIFESTS_FOLDER,
    SERIALS_FOLDER,
    parse_day,
    registry_rows_name,
)
from wattif_dagster.ingest.manifest import Manifest, ManifestError, read_manifest
from wattif_dagster.ingest.store import ObjectStore, StoredObject, crc32c, encode_crc32c

DAYS_SEEN = 28
"""A meter belongs to the fleet of the day on which it is seen, and of the days until this many."""
SEGMENT = "unknown"

Versions = Mapping[date, str]
"""Texts that change when the days do."""


def require_imported(store: ObjectStore, day: date) -> Manifest:
    """Read the manifest of an imported day, whose objects must be there.

    Raises UserError when no readings of it were imported.
    """
    manifest = read_manifest(store, day)
    if manifest is None or manifest.imported is None:
        raise UserError(
            f"No readings of {day} were imported into {store.uri}. Import some with "
            "`wattif import FILE`, or leave the day out."
        )
    return manifest


def register_seen_meters(store: ObjectStore, day: date) -> int:
    """Write the registry rows of the meters seen on the day or in the weeks before.

    `issued_on` is the first day on which a meter is seen in them. Returns the number of meters.
    Raises UserError when nobody was seen.
    """
    first_seen: dict[str, date] = {}
    for back in range(DAYS_SEEN - 1, -1, -1):
        seen_on = day - timedelta(days=back)
        for serial in _read_serials(store, seen_on):
            first_seen.setdefault(serial, seen_on)
    if not first_seen:
        require_imported(store, day)
    rows = (
        {"registry_date": day, "serial": serial, "segment": SEGMENT, "issued_on": since}
        for serial, since in sorted(first_seen.items())
    )
    lines = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    store.write(registry_rows_name(day), compress(lines))
    return len(first_seen)


def find_day_versions(store: ObjectStore) -> Versions:
    """Find the version of each landed day: the CRC-32C of its manifest."""
    manifests = store.list(f"{MANIFESTS_FOLDER}dt=")
    return {
        day: encode_crc32c(item.crc32c)
        for item in manifests
        if (day := parse_day(item.name)) and item.name.endswith(f"{day}.json")
    }


def find_fleet_versions(store: ObjectStore, days: list[date]) -> Versions:
    """Find the version of the fleet of each of these days: a digest of the serials in its weeks."""
    by_day: dict[date, list[StoredObject]] = defaultdict(list)
    for item in store.list(SERIALS_FOLDER):
        if day := parse_day(item.name):
            by_day[day].append(item)
    return {day: _digest(by_day, day) for day in days}


def _digest(by_day: Mapping[date, list[StoredObject]], day: date) -> str:
    weeks = (day - timedelta(days=back) for back in range(DAYS_SEEN))
    seen = [(str(each), item.crc32c) for each in weeks for item in by_day.get(each, [])]
    return hashlib.sha256(orjson.dumps(seen)).hexdigest()[:12]


def _read_serials(store: ObjectStore, day: date) -> list[str]:
    manifest = read_manifest(store, day)
    if manifest is None or manifest.imported is None:
        return []
    item = manifest.imported.serials
    found = store.read(item.name)
    if found is None or encode_crc32c(crc32c(found[0])) != item.crc32c:
        raise ManifestError(
            f"{item.name} is not what the manifest of {day} lists. Import readings of {day} again."
        )
    return [orjson.loads(line) for line in igzip.decompress(found[0]).splitlines()]
