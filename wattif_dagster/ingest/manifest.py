"""The manifest of a day: the list of its objects. A day exists when its manifest does."""

import hashlib
import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, Self

import orjson
from pydantic import BaseModel, Field, ValidationError, model_validator

from wattif_dagster.errors import UserError, explain
from wattif_dagster.ingest.layout import (
    STREAMED,
    labels_name,
    manifest_name,
    parse_revision,
    readings_prefix,
    serials_name,
)
from wattif_dagster.ingest.store import ObjectStore, StoredObject, encode_crc32c
from wattif_dagster.metering.incidents import IncidentLabel
from wattif_dagster.metering.simulation import SECONDS_PER_HOUR
from wattif_dagster.settings.ingest import Compression

MANIFEST_VERSION = 3

_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
"""The last part of an object's name. No character of it means anything in a path, URI or shell."""

Count = Annotated[int, Field(ge=0, lt=2**63)]


class ManifestObject(BaseModel, frozen=True, extra="forbid"):
    """One object: its size in bytes, CRC-32C and number of readings."""

    name: str
    bytes: Count
    crc32c: str = Field(description="base64 of the big-endian CRC-32C, as Cloud Storage gives it")
    rows: Count

    def matches(self, stored: StoredObject | None) -> bool:
        """Whether the store holds exactly these bytes."""
        return self.difference(stored) is None

    def difference(self, stored: StoredObject | None) -> str | None:
        """Say how the store differs; None when it holds exactly these bytes."""
        if stored is None:
            return f"{self.name} is missing"
        if stored.size != self.bytes:
            return f"{self.name} has {stored.size:,} bytes, not {self.bytes:,}"
        if (crc32c := encode_crc32c(stored.crc32c)) != self.crc32c:
            return f"{self.name} has the CRC-32C {crc32c}, not {self.crc32c}"
        return None


class ImportedDay(BaseModel, frozen=True, extra="forbid"):
    """What the manifest of an imported day has in place of labels."""

    report: str = Field(description="The report of the import that landed the day last")
    rejected: Count = Field(description="Rows of that import that were rejected, on all days")
    serials: ManifestObject = Field(description="The meters of the readings")


class Manifest(BaseModel, frozen=True, extra="forbid"):
    """The objects of a day, and the simulation that made them or the import that landed them."""

    version: Literal[3] = MANIFEST_VERSION
    day: date
    fingerprint: str
    revision: str = Field(
        pattern="^[0-9a-f]{8}$", description="The folder of its objects; see Landing.revision"
    )
    interval_seconds: int = Field(ge=1, le=SECONDS_PER_HOUR)
    meters: Count
    compression: Compression
    incident: IncidentLabel | None = None
    labels: ManifestObject | None = Field(
        default=None, description="The labels of injected anomalies, of a simulated day"
    )
    imported: ImportedDay | None = Field(default=None, description="The import of a real day")
    objects: tuple[ManifestObject, ...]

    @model_validator(mode="after")
    def _objects_belong_to_the_day(self) -> Self:
        prefix = readings_prefix(self.day, self.revision)
        names = [item.name for item in self.objects]
        for name in names:
            rest = name.removeprefix(prefix)
            if rest == name or not _FILE.fullmatch(rest):
                raise ValueError(f"object {name!r} is not this day's; they begin with {prefix}")
        if len(set(names)) != len(names):
            raise ValueError("an object is listed twice")
        if (self.labels is None) == (self.imported is None):
            raise ValueError("a day has either labels or an import")
        name_beside = serials_name if self.imported else labels_name
        if self.beside.name != name_beside(self.day, self.revision):
            raise ValueError(f"{self.beside.name!r} is not this day's")
        return self

    @property
    def beside(self) -> ManifestObject:
        """The object beside the readings: the labels, or the serials of an imported day."""
        listed = self.labels or (self.imported and self.imported.serials)
        assert listed is not None
        return listed

    @property
    def is_streamed(self) -> bool:
        """Whether `wattif stream` landed the day."""
        prefix = readings_prefix(self.day, self.revision) + STREAMED
        return any(item.name.startswith(prefix) for item in self.objects)

    @property
    def readings_per_hour(self) -> int:
        """Readings of a meter's complete hour."""
        return SECONDS_PER_HOUR // self.interval_seconds

    @property
    def total_rows(self) -> int:
        """Readings of the day."""
        return sum(item.rows for item in self.objects)

    @property
    def total_bytes(self) -> int:
        """Stored bytes of the day."""
        return sum(item.bytes for item in self.objects)

    @property
    def version_digest(self) -> str:
        """12 hex digits that name the manifest's content."""
        return hashlib.sha256(self.dumps()).hexdigest()[:12]

    def dumps(self) -> bytes:
        """The manifest as canonical JSON: equal manifests give equal bytes."""
        return orjson.dumps(
            self.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        )

    def differences(self, stored: Iterable[StoredObject], *, alone: bool = False) -> list[str]:
        """Describe each difference between the manifest and the bucket; empty when they agree.

        Objects of another revision, which is being landed or was interrupted, are no difference
        unless the manifest's objects must be `alone` in the day's folder.
        """
        present = {item.name: item for item in stored}
        found = [item.difference(present.get(item.name)) for item in self.objects]
        unlisted = [
            name
            for name in sorted(present.keys() - {item.name for item in self.objects})
            if alone or parse_revision(name) in (None, self.revision)
        ]
        return [*filter(None, found), *(f"{name} is not listed" for name in unlisted)]


class ManifestError(UserError):
    """The manifest of a day is damaged, or is the manifest of another day."""


def parse_manifest(data: bytes, name: str) -> Manifest:
    """Parse the manifest. Raises ManifestError, which names it, when it is damaged."""
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        raise ManifestError(
            f"Manifest {name} is damaged ({explain(error)}). "
            "Materialize raw_readings of that day again."
        ) from None


def read_manifest(store: ObjectStore, day: date) -> Manifest | None:
    """Read the day's manifest; None when the day was not landed. Raises ManifestError."""
    name = manifest_name(day)
    found = store.read(name)
    if found is None:
        return None
    manifest = parse_manifest(found[0], name)
    if manifest.day != day:
        raise ManifestError(
            f"Manifest {name} is that of {manifest.day}. Materialize raw_readings of {day} again."
        )
    return manifest


def require_manifest(store: ObjectStore, day: date) -> Manifest:
    """Read the day's manifest. Raises UserError when the day was not landed."""
    manifest = read_manifest(store, day)
    if manifest is None:
        raise UserError(
            f"{day} has no manifest in {store.uri}. Materialize raw_readings of that day first."
        )
    return manifest
