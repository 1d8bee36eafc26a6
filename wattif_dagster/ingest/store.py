"""The object store that the ingest needs; `resources.gcs` implements it on Cloud Storage."""

import base64
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import google_crc32c
import numpy as np

GENERATION_ABSENT = 0
"""The generation precondition that asks for an object not to exist yet."""


def crc32c(data: bytes | memoryview) -> int:
    """Compute the CRC-32C (Castagnoli, RFC 3720) of the data."""
    # The library refuses a writable memoryview, but takes an array over the same memory.
    return google_crc32c.value(np.frombuffer(data, np.uint8))  # type: ignore[arg-type]


def encode_crc32c(value: int) -> str:
    """Encode it as Cloud Storage does: base64 of the four big-endian bytes."""
    return base64.b64encode(value.to_bytes(4, "big")).decode()


def decode_crc32c(text: str) -> int:
    """The inverse of `encode_crc32c`."""
    return int.from_bytes(base64.b64decode(text), "big")


@dataclass(frozen=True)
class SpooledFile:
    """A file in the spool, on its way to `name`; `crc32c` is of its bytes."""

    path: Path
    name: str
    size: int
    crc32c: int


@dataclass(frozen=True)
class StoredObject:
    """An object as the store describes it."""

    name: str
    size: int
    crc32c: int
    generation: int


class ObjectStore(Protocol):
    """A bucket."""

    @property
    def uri(self) -> str:
        """gs://BUCKET"""
        ...

    def upload(self, files: Sequence[SpooledFile], stop: threading.Event) -> None:
        """Store the files; return when every size and crc32c is confirmed, raise otherwise.

        Failed files are not sent again once `stop` is set.
        """
        ...

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """The objects whose names begin with the prefix."""
        ...

    def delete(self, names: Iterable[str]) -> None:
        """Delete the objects; one that is already gone counts as deleted."""
        ...

    def read(self, name: str) -> tuple[bytes, int] | None:
        """Content and generation of a small object; None when there is none."""
        ...

    def write(self, name: str, data: bytes, *, if_generation: int | None = None) -> None:
        """Write a small object. Raises GenerationMismatchError when another writer came first."""
        ...


class GenerationMismatchError(Exception):
    """The object no longer has the generation that the writer saw."""
