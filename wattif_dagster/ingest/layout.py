"""The names of the objects in the bucket.

dt=YYYY-MM-DD/REVISION/part-NNNNN.json    readings (`.json.gz` when compressed)
dt=YYYY-MM-DD/REVISION/<serial>.json      readings, one meter an object
manifests/dt=YYYY-MM-DD/...               lists of the objects of shards, until all are landed
manifests/dt=YYYY-MM-DD.json              the manifest: the list of the day's objects
labels/dt=YYYY-MM-DD/REVISION.json.gz     the labels of its injected anomalies
serials/dt=YYYY-MM-DD/REVISION.json.gz    the meters of its imported readings
imports/TIME-DIGEST/...                   the report of an import, and the rows it rejected
reports/dt=YYYY-MM-DD.html                the page about a day
registry/dt=YYYY-MM-DD/...                the fleet as of a day
registry/fleet.json                       the settings of the fleet that the bucket holds

REVISION is 8 hex digits of a hash over all that decides the bytes of a day's objects. A day that is
landed again overwrites an object with the same bytes only (see `Landing.revision`). The folder has
no `=` in its name, so that BigQuery takes `dt` for the only partition key.
"""

import re
from datetime import date

from wattif_dagster.settings.ingest import Compression

_REVISION = re.compile(r"/([0-9a-f]{8})[/.]")
_DAY = re.compile(r"\bdt=(\d{4}-\d{2}-\d{2})")
FLEET_NAME = "registry/fleet.json"
MANIFESTS_FOLDER = "manifests/"
SERIALS_FOLDER = "serials/"


def day_prefix(day: date) -> str:
    """Prefix of the day's reading objects, with its slash."""
    return f"dt={day.isoformat()}/"


def readings_prefix(day: date, revision: str) -> str:
    """Prefix of the day's reading objects of one revision, with its slash."""
    return f"{day_prefix(day)}{revision}/"


def readings_name(day: date, stem: str, revision: str, compression: Compression) -> str:
    """Name of a reading object. The stem `*` matches every reading object of the revision."""
    return f"{readings_prefix(day, revision)}{stem}{extension(compression)}"


def parse_revision(name: str) -> str | None:
    """Read the revision from an object's name; None when the name has none."""
    found = _REVISION.search(name)
    return found[1] if found else None


def parse_day(name: str) -> date | None:
    """Read the day from an object's name; None when the name has none."""
    found = _DAY.search(name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def extension(compression: Compression) -> str:
    """`.json`, or `.json.gz`, by which BigQuery recognises compressed NDJSON."""
    return ".json.gz" if compression == "gzip" else ".json"


def manifest_name(day: date) -> str:
    """Name of the day's manifest."""
    return f"{MANIFESTS_FOLDER}dt={day.isoformat()}.json"


def report_name(day: date) -> str:
    """Name of the page about the day."""
    return f"reports/dt={day.isoformat()}.html"


def shards_prefix(day: date) -> str:
    """Prefix of the lists of the day's shards, with its slash. The manifest replaces them."""
    return f"{MANIFESTS_FOLDER}dt={day.isoformat()}/"


def shard_name(day: date, revision: str, number: int, of: int) -> str:
    """Name of the list of objects of one of the day's shards."""
    return f"{shards_prefix(day)}{revision}-{number}-of-{of}.json"


def labels_prefix(day: date) -> str:
    """Prefix of the day's labels of any revision, with its slash."""
    return f"labels/dt={day.isoformat()}/"


def labels_name(day: date, revision: str) -> str:
    """Name of the day's labels, as BigQuery loads them."""
    return f"{labels_prefix(day)}{revision}.json.gz"


def serials_prefix(day: date) -> str:
    """Prefix of the serials of the day's imported readings of any revision, with its slash."""
    return f"{SERIALS_FOLDER}dt={day.isoformat()}/"


def serials_name(day: date, revision: str) -> str:
    """Name of the list of the meters that the day's imported readings are of."""
    return f"{serials_prefix(day)}{revision}.json.gz"


def import_report_name(import_id: str) -> str:
    """Name of the report of an import."""
    return f"imports/{import_id}/report.json"


def rejected_rows_name(import_id: str, number: int) -> str:
    """Name of an object of the rows that an import rejected."""
    return f"imports/{import_id}/rejected-{number:05d}.json.gz"


def registry_prefix(day: date) -> str:
    """Prefix of the day's registry objects, with its slash."""
    return f"registry/dt={day.isoformat()}/"


def registry_state_name(day: date) -> str:
    """Name of the fleet's state as of the day."""
    return f"{registry_prefix(day)}fleet.bin"


def registry_rows_name(day: date) -> str:
    """Name of the day's registry rows, as BigQuery loads them."""
    return f"{registry_prefix(day)}meters.json.gz"
