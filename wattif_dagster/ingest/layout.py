"""Names in the bucket, said once.

dt=YYYY-MM-DD/part-NNNNN.json      readings (`.json.gz` when compressed)
dt=YYYY-MM-DD/<serial>.json        readings, one meter an object
manifests/dt=YYYY-MM-DD.json       what a day consists of
labels/dt=YYYY-MM-DD.json.gz       the truth about its injected anomalies
registry/dt=YYYY-MM-DD/...         the fleet as of a day
"""

from datetime import date

from wattif_dagster.ingest.options import Compression


def day_prefix(day: date) -> str:
    """Prefix of the day's reading objects, with its slash."""
    return f"dt={day.isoformat()}/"


def readings_name(
    day: date, index: int, serials: list[str], meters_per_object: int, compression: Compression
) -> str:
    """Name of the day's `index`-th object, which holds `serials`."""
    stem = serials[0] if meters_per_object == 1 else f"part-{index:05d}"
    return f"{day_prefix(day)}{stem}{extension(compression)}"


def extension(compression: Compression) -> str:
    """`.json`, or `.json.gz`, by which BigQuery recognises compressed NDJSON."""
    return ".json.gz" if compression == "gzip" else ".json"


def manifest_name(day: date) -> str:
    """Name of the day's manifest."""
    return f"manifests/dt={day.isoformat()}.json"


def labels_name(day: date) -> str:
    """Name of the day's labels, as BigQuery loads them."""
    return f"labels/dt={day.isoformat()}.json.gz"


def registry_prefix(day: date) -> str:
    """Prefix of the day's registry objects, with its slash."""
    return f"registry/dt={day.isoformat()}/"


def registry_state_name(day: date) -> str:
    """Name of the fleet's state as of the day."""
    return f"{registry_prefix(day)}fleet.bin"


def registry_rows_name(day: date) -> str:
    """Name of the day's registry rows, as BigQuery loads them."""
    return f"{registry_prefix(day)}meters.json.gz"
