"""What a file is, found out from its content."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast, get_args

from isal import igzip
from isal.igzip_lib import IsalError

from wattif_dagster.errors import UserError

Format = Literal["csv", "parquet", "nem12", "green-button"]
FORMATS: tuple[Format, ...] = get_args(Format)

HEAD_BYTES = 64 * 1024
BOM = b"\xef\xbb\xbf"

_GZIP, _PARQUET, _ZIP = b"\x1f\x8b", b"PAR1", b"PK\x03\x04"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_NEM = re.compile(rb'\s*"?100"?,"?(NEM1[23])"?', re.IGNORECASE)


@dataclass(frozen=True)
class InputFile:
    """A file of readings: its format, whether it is compressed as gzip, and how it begins."""

    path: Path
    format: Format
    is_gzip: bool
    head: bytes

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the content, decompressed. Raises UserError when it ends early or is damaged."""
        try:
            with _open(self.path, self.is_gzip) as content:
                yield content
        # isal's stub takes its exception for an instance of one.
        except (EOFError, igzip.BadGzipFile, IsalError) as error:  # pyright: ignore[reportGeneralTypeIssues]
            raise UserError(
                f"{self.path} is damaged, or only a part of a gzip file ({error}). "
                "Nothing is imported. Get the file again."
            ) from None
        except OSError as error:
            raise _unreadable(self.path, error) from None


def inspect_file(path: Path, format: Format | None = None) -> InputFile:
    """Find out what the file is; `format` wins over its content. Raises UserError."""
    try:
        with path.open("rb") as file:
            is_gzip = file.read(2) == _GZIP
        with _open(path, is_gzip) as content:
            head = content.read(HEAD_BYTES)
    except (EOFError, igzip.BadGzipFile, IsalError) as error:  # pyright: ignore[reportGeneralTypeIssues]
        raise UserError(
            f"{path} is damaged, or only a part of a gzip file ({error}). Get the file again."
        ) from None
    except OSError as error:
        raise _unreadable(path, error) from None
    if not head.removeprefix(BOM).strip():
        raise UserError(f"{path} is empty.")
    if head.startswith(_UTF_16):
        raise UserError(f"{path} is UTF-16 text. Save it as UTF-8.")
    if head.startswith(_ZIP):
        raise UserError(f"{path} is a ZIP archive. Unpack it, and import the files in it.")
    found = format or _detect(head.removeprefix(BOM), path)
    if found == "parquet" and is_gzip:
        raise UserError(f"{path} is a Parquet file within gzip. Unpack it with gunzip.")
    return InputFile(path, found, is_gzip, head)


def _detect(head: bytes, path: Path) -> Format:
    if head.startswith(_PARQUET):
        return "parquet"
    if head.lstrip().startswith(b"<"):
        return "green-button"
    if nem := _NEM.match(head):
        if nem[1].upper() == b"NEM13":
            raise UserError(f"{path} is NEM13, whose registers are read by hand. Import NEM12.")
        return "nem12"
    return "csv"


def _open(path: Path, is_gzip: bool) -> IO[bytes]:
    return cast(IO[bytes], igzip.IGzipFile(path)) if is_gzip else path.open("rb")


def _unreadable(path: Path, error: OSError) -> UserError:
    return UserError(f"{path} cannot be read ({error.strerror or error}). Give a readable file.")
