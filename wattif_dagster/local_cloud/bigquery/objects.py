"""Finds the files of gs:// URIs below the data folder of the local Cloud Storage."""

import re
from dataclasses import dataclass
from pathlib import Path

from bqemulator.domain.errors import NotFoundError, ValidationError

from wattif_dagster.local_cloud.bigquery.sql import quote_literal

_GS = re.compile(r"gs://(?P<bucket>[a-z0-9][a-z0-9._-]+)/(?P<name>.+)")


@dataclass(frozen=True)
class ObjectPattern:
    """A gs:// URI in which one `*` can match any characters, including slashes."""

    uri: str
    bucket: Path
    prefix: str
    suffix: str | None
    """None for a URI without `*`. The prefix is then the name of the object."""

    @classmethod
    def parse(cls, uri: str, root: Path) -> "ObjectPattern":
        """Parse a URI. Raises ValidationError (HTTP 400) for one that BigQuery refuses."""
        match = _GS.fullmatch(uri)
        # No file has a name with an empty part, and `bucket / "/etc"` would leave the bucket.
        if match is None or {"", "..", "."} & set(match["name"].split("/")):
            raise ValidationError(f"Invalid source URI: {uri!r}; expected gs://bucket/object")
        if match["name"].count("*") > 1:
            raise ValidationError(f"Source URI {uri} holds more than one wildcard '*'")
        prefix, star, suffix = match["name"].partition("*")
        return cls(uri, root / match["bucket"], prefix, suffix if star else None)

    def list_files(self) -> list[Path]:
        """The files of the objects, sorted. Raises NotFoundError when no object matches."""
        if self.suffix is None:
            found = [self.bucket / self.prefix]
        else:
            folder = self.bucket / self.prefix.rpartition("/")[0]
            found = sorted(path for path in folder.rglob("*") if self._matches(path))
        if not all(path.is_file() for path in found) or not found:
            raise NotFoundError(f"Not found: URI {self.uri}")
        return found

    def _matches(self, path: Path) -> bool:
        name = path.relative_to(self.bucket).as_posix()
        return (
            name.startswith(self.prefix)
            and name[len(self.prefix) :].endswith(self.suffix or "")
            and path.is_file()
        )

    def render_condition(self, file_column: str) -> str:
        """A SQL condition on file_column, which holds paths: true for the files of the pattern."""
        start = f"{self.bucket}/{self.prefix}"
        if self.suffix is None:
            return f"{file_column} = {quote_literal(start)}"
        # The length keeps prefix and suffix from overlapping.
        return (
            f"starts_with({file_column}, {quote_literal(start)})"
            f" AND ends_with({file_column}, {quote_literal(self.suffix)})"
            f" AND length({file_column}) >= {len(start) + len(self.suffix)}"
        )
