"""CSV is read in batches, and its bad rows by their numbers."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattif_dagster.errors import UserError
from wattif_dagster.importing import csv_file
from wattif_dagster_tests.importing.reading import read_bad, read_or_refuse, read_rows

FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "readings.csv"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_mark_between_fields_is_found(path: Path, mark: str) -> None:
    path.write_text(mark.join(["serial", "time", "kwh"]) + "\n" + mark.join(["A", "t", "1"]))
    assert read_rows(path) == [(b"A", b"t", b"1", 2)]


def test_rows_are_numbered_past_bad_ones(path: Path) -> None:
    path.write_text("serial,time,kwh\nA,t,1\nB,t\nC,t,3\nD,t,4,5\nE,t,5\n")
    assert [(serial, row) for serial, _, _, row in read_rows(path)] == [
        (b"A", 2),
        (b"C", 4),
        (b"E", 6),
    ]
    assert read_bad(path) == [(3, "columns"), (5, "columns")]


@given(bad=st.sets(st.integers(0, 59)))
@FUZZ
def test_rows_are_numbered_in_every_block(path: Path, bad: set[int]) -> None:
    lines = [f"S{n:03},t" if n in bad else f"S{n:03},t,{n}" for n in range(60)]
    path.write_text("serial,time,kwh\n" + "\n".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "BLOCK_BYTES", 64)
        assert [row - 2 for row, _ in read_bad(path)] == sorted(bad)
        read = read_rows(path)
    assert [(int(str(value, "ascii")), row - 2) for _, _, value, row in read] == [  # type: ignore[arg-type]
        (n, n) for n in range(60) if n not in bad
    ]


def test_bytes_that_are_no_utf8_lose_no_row(path: Path) -> None:
    path.write_bytes(b"serial,time,kwh\nZ\xe4hler,t,1\n\xff,t\nB,t,2\xc3")
    replaced = "\ufffd".encode()
    assert read_rows(path) == [
        (b"Z" + replaced + b"hler", b"t", b"1", 2),
        (b"B", b"t", b"2" + replaced, 4),
    ]
    assert read_bad(path) == [(3, "columns")]


def test_other_columns_are_left_out(path: Path) -> None:
    path.write_text('note,serial,time,kwh\n"a, ""b""",A,t,1\n')
    assert read_rows(path) == [(b"A", b"t", b"1", 2)]


def test_file_with_a_header_alone_has_no_rows(path: Path) -> None:
    path.write_text("serial,time,kwh\n")
    assert read_rows(path) == []


def test_header_that_is_no_utf8_is_refused(path: Path) -> None:
    path.write_bytes(b"z\xe4hler,time,kwh\nA,t,1\n")
    with pytest.raises(UserError, match="is not UTF-8"):
        read_rows(path)


@given(data=st.binary(min_size=1) | st.binary().map(lambda data: b"serial,time,kwh\n" + data))
@FUZZ
def test_garbage_gives_batches_or_a_sentence(path: Path, data: bytes) -> None:
    if data.strip():
        read_or_refuse(path, data, "csv")
