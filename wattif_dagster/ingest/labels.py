"""The labels of a day's injected anomalies in the bucket, as BigQuery loads them."""

from dataclasses import dataclass
from gzip import BadGzipFile
from typing import Annotated

import orjson
from isal import igzip
from isal.igzip_lib import IsalError
from pydantic import BaseModel, Field, Json, ValidationError

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.compression import compress
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.layout import labels_name
from wattif_dagster.ingest.manifest import Manifest, ManifestObject
from wattif_dagster.ingest.store import ObjectStore, crc32c, encode_crc32c
from wattif_dagster.metering.anomalies.labels import label_rows


@dataclass(frozen=True)
class Label:
    """What an episode does to a meter's day."""

    serial: str
    kind: str
    touched_hours: tuple[int, ...]


def land_labels(store: ObjectStore, landing: Landing) -> ManifestObject:
    """Write the day's rows of `injected_anomalies`. There are no rows when anomalies are off."""
    rows = label_rows(landing.simulation, landing.day, landing.serials)
    lines = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    body = compress(lines)
    name = labels_name(landing.day, landing.revision)
    store.write(name, body)
    checksum = encode_crc32c(crc32c(body))
    return ManifestObject(name=name, bytes=len(body), crc32c=checksum, rows=len(rows))


def read_labels(store: ObjectStore, manifest: Manifest) -> list[Label]:
    """Read the day's labels; an imported day has none.

    Raises UserError when the object is not the one that the manifest lists, or holds no labels.
    """
    if manifest.labels is None:
        return []
    found = store.read(manifest.labels.name)
    if found is None or encode_crc32c(crc32c(found[0])) != manifest.labels.crc32c:
        raise UserError(
            f"{manifest.labels.name} is not what the manifest of {manifest.day} lists. "
            "Materialize raw_readings of that day again."
        )
    return parse_labels(found[0], manifest.labels.name)


def parse_labels(body: bytes, name: str) -> list[Label]:
    """Parse gzipped NDJSON. Raises UserError, which names it, when it holds no labels."""
    try:
        return [
            _Row.model_validate_json(line).label for line in igzip.decompress(body).splitlines()
        ]
    # isal's stub takes its exception for an instance of one.
    except (EOFError, BadGzipFile, IsalError, ValidationError):  # pyright: ignore[reportGeneralTypeIssues]
        raise UserError(f"{name} is damaged. Materialize raw_readings of that day again.") from None


class _Row(BaseModel):
    """The columns of a row that are read."""

    serial: str = Field(pattern="^MAC[0-9]{8}$")
    kind: str
    touched_hours: Json[tuple[Annotated[int, Field(ge=0, lt=24)], ...]]

    @property
    def label(self) -> Label:
        return Label(self.serial, self.kind, self.touched_hours)
