"""Parquet is read by its types."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattif_dagster.errors import UserError
from wattif_dagster_tests.importing.reading import read_or_refuse, read_rows


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "readings.parquet"


@pytest.mark.parametrize(
    ("times", "read"),
    [
        (pa.array([datetime(2024, 1, 1)], pa.timestamp("ns")), datetime(2024, 1, 1)),
        (
            pa.array([datetime(2024, 1, 1)], pa.timestamp("ms", "UTC")),
            datetime(2024, 1, 1, tzinfo=UTC),
        ),
        (pa.array([date(2024, 1, 1)]), datetime(2024, 1, 1)),
        (pa.array(["2024-01-01"]), "2024-01-01"),
    ],
)
def test_times_of_every_type_are_read(path: Path, times: pa.Array, read: object) -> None:
    pq.write_table(pa.table({"serial": ["A"], "time": times, "kwh": [1.5]}), path)
    assert read_rows(path) == [("A", read, 1.5, 1)]


@pytest.mark.parametrize("value", [1, 1.5, Decimal("1.25"), "1.5"])
def test_values_of_every_type_are_read(path: Path, value: object) -> None:
    pq.write_table(pa.table({"serial": ["A"], "time": ["t"], "kwh": [value]}), path)
    assert read_rows(path)[0][2] == value


def test_numbers_are_serials_too(path: Path) -> None:
    pq.write_table(pa.table({"serial": [1234], "time": ["t"], "kwh": [1.0]}), path)
    assert read_rows(path)[0][0] == "1234"


def test_column_of_another_type_is_refused(path: Path) -> None:
    pq.write_table(pa.table({"serial": ["A"], "time": ["t"], "kwh": [[1.0]]}), path)
    with pytest.raises(UserError, match=r"'kwh' of .* is of the type list"):
        read_rows(path)


def test_damaged_file_is_refused(path: Path) -> None:
    pq.write_table(pa.table({"serial": ["A"] * 9, "time": ["t"] * 9, "kwh": [1.0] * 9}), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="cannot be read as Parquet"):
        read_rows(path)


@given(data=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_garbage_is_refused(path: Path, data: bytes) -> None:
    read_or_refuse(path, b"PAR1" + data, "parquet")
