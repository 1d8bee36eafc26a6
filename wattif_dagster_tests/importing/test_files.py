"""What a file is, is found out from its content."""

import gzip
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wattif_dagster.errors import UserError
from wattif_dagster.importing.files import Format, InputFile, inspect_file


def pack(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def write(folder: Path, data: bytes) -> Path:
    path = folder / "readings.dat"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (b"serial,time,kwh\n", "csv"),
        (b"\xef\xbb\xbfserial;time;kwh\n", "csv"),
        (b"100,NEM12,200506081149,UNITEDDP,NEMMCO\n", "nem12"),
        (b'"100","NEM12"\n', "nem12"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><feed/>', "green-button"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_content_tells_the_format(
    tmp_path: Path, data: bytes, format: Format, packed: bool
) -> None:
    file = inspect_file(write(tmp_path, pack(data) if packed else data))
    assert (file.format, file.is_gzip) == (format, packed)
    with file.open() as content:
        assert content.read() == data


def test_parquet_is_recognised(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "x")
    assert inspect_file(tmp_path / "x").format == "parquet"


def test_given_format_wins(tmp_path: Path) -> None:
    assert inspect_file(write(tmp_path, b"<a,b,c\n"), "csv").format == "csv"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (pack(b""), "is empty"),
        ("serial,time\n".encode("utf-16"), "is UTF-16 text. Save it as UTF-8"),
        (b"PK\x03\x04xxxx", "is a ZIP archive. Unpack it"),
        (b"100,NEM13,2005\n", "is NEM13"),
        (pack(b"PAR1xxx"), "is a Parquet file within gzip"),
        (pack(b"serial,time\n" * 9)[:-9], "is damaged, or only a part of a gzip file"),
        (b"\x1f\x8b\x08\x00garbage", "is damaged, or only a part of a gzip file"),
    ],
)
def test_file_that_cannot_be_imported_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(UserError, match=said):
        inspect_file(write(tmp_path, data))


def test_folder_and_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        inspect_file(tmp_path)
    with pytest.raises(UserError, match=r"missing cannot be read \(No such file"):
        inspect_file(tmp_path / "missing")


def test_gzip_that_ends_later_is_refused_in_reading(tmp_path: Path) -> None:

    data = pack(random.Random(1).randbytes(300_000))
    file = inspect_file(write(tmp_path, data[:-1000]), "csv")
    with pytest.raises(UserError, match="only a part"):
        read_all(file)


def read_all(file: InputFile) -> None:
    with file.open() as content:
        while content.read(10_000):
            pass
