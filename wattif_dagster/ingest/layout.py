"""Names in the bucket, said once.

dt=YYYY-MM-DD/part-NNNNN-LANDING.json      readings (`.json.gz` when compressed)
dt=YYYY-MM-DD/<serial>-LANDING.json        readings, one meter an object
manifests/dt=YYYY-MM-DD.json               what a day consists of
labels/dt=YYYY-MM-DD-LANDING.json.gz       the truth about its injected anomalies
registry/dt=YYYY-MM-DD/...                 the fleet as of a day

LANDING are 8 hex digits for all that the bytes of a day's objects follow from, so that a
day landed again overwrites an object with its own bytes only (`objects.landing_of`).
"""

import re
from datetime import date

from wattif_dagster.ingest.options import Compression

_LANDING = re.compile(r"-([0-9a-f]{8})\.json(\.gz)?$")


def day_prefix(day: date) -> str:
    """Prefix of the day's reading objects, with its slash."""
    return f"dt={day.isoformat()}/"


def readings_name(day: date, stem: str, landing: str, compression: Compression) -> str:
    """Name of a reading object; with the stem `*`, of all those of the landing."""
    return f"{day_prefix(day)}{stem}-{landing}{extension(compression)}"


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


def labels_prefix(day: date) -> str:
    """Prefix of the day's labels, of any landing."""
    return f"labels/dt={day.isoformat()}"


def labels_name(day: date, landing: str) -> str:
    """Name of the day's labels, as BigQuery loads them."""
    return f"{labels_prefix(day)}-{landing}.json.gz"


def registry_prefix(day: date) -> str:
    """Prefix of the day's registry objects, with its slash."""
    return f"registry/dt={day.isoformat()}/"


def registry_state_name(day: date) -> str:
    """Name of the fleet's state as of the day."""
    return f"{registry_prefix(day)}fleet.bin"


def registry_rows_name(day: date) -> str:
    """Name of the day's registry rows, as BigQuery loads them."""
    return f"{registry_prefix(day)}meters.json.gz"
