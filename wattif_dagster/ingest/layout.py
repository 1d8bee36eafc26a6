"""Names in the bucket, said once.

dt=YYYY-MM-DD/landing=LANDING/part-NNNNN.json   readings (`.json.gz` when compressed)
dt=YYYY-MM-DD/landing=LANDING/<serial>.json     readings, one meter an object
manifests/dt=YYYY-MM-DD/...                     what shards have landed, until all have
manifests/dt=YYYY-MM-DD.json                    what a day consists of
labels/dt=YYYY-MM-DD/landing=LANDING.json.gz    the truth about its injected anomalies
registry/dt=YYYY-MM-DD/...                      the fleet as of a day

LANDING are 8 hex digits for all that the bytes of a day's objects follow from, so that a
day landed again overwrites an object with its own bytes only (`objects.landing_of`).
"""

import re
from datetime import date

from wattif_dagster.ingest.options import Compression

_LANDING = re.compile(r"/landing=([0-9a-f]{8})[/.]")


def day_prefix(day: date) -> str:
    """Prefix of the day's reading objects, with its slash."""
    return f"dt={day.isoformat()}/"


def readings_prefix(day: date, landing: str) -> str:
    """Prefix of the reading objects of one landing of the day, with its slash."""
    return f"{day_prefix(day)}landing={landing}/"


def readings_name(day: date, stem: str, landing: str, compression: Compression) -> str:
    """Name of a reading object; with the stem `*`, of all those of the landing."""
    return f"{readings_prefix(day, landing)}{stem}{extension(compression)}"


def landing_in(name: str) -> str | None:
    """The landing that an object's name tells; None when it tells none."""
    found = _LANDING.search(name)
    return found[1] if found else None


def extension(compression: Compression) -> str:
    """`.json`, or `.json.gz`, by which BigQuery recognises compressed NDJSON."""
    return ".json.gz" if compression == "gzip" else ".json"


def manifest_name(day: date) -> str:
    """Name of the day's manifest."""
    return f"manifests/dt={day.isoformat()}.json"


def shards_prefix(day: date) -> str:
    """Prefix of what the shards of the day have landed, with its slash; gone with the manifest."""
    return f"manifests/dt={day.isoformat()}/"


def shard_name(day: date, landing: str, number: int, of: int) -> str:
    """Name of the list of objects of one of the day's shards."""
    return f"{shards_prefix(day)}{landing}-{number}-of-{of}.json"


def labels_prefix(day: date) -> str:
    """Prefix of the day's labels, of any landing, with its slash."""
    return f"labels/dt={day.isoformat()}/"


def labels_name(day: date, landing: str) -> str:
    """Name of the day's labels, as BigQuery loads them."""
    return f"{labels_prefix(day)}landing={landing}.json.gz"


def registry_prefix(day: date) -> str:
    """Prefix of the day's registry objects, with its slash."""
    return f"registry/dt={day.isoformat()}/"


def registry_state_name(day: date) -> str:
    """Name of the fleet's state as of the day."""
    return f"{registry_prefix(day)}fleet.bin"


def registry_rows_name(day: date) -> str:
    """Name of the day's registry rows, as BigQuery loads them."""
    return f"{registry_prefix(day)}meters.json.gz"
