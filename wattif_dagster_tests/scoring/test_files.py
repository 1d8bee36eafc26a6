"""Files are read in batches, and what cannot be used gets a sentence."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.errors import UserError
from wattif_dagster.scoring import files
from wattif_dagster.scoring.files import HOURLY_COLUMNS, read_hourly

HEAD = "serial,time_hour_rolled,avg_kw,max_kw,min_kw,n_readings\n"
ROWS = [
    f"{meter},2024-01-01T{hour:02d}:00:00Z,0.5,0.9,0.1,4\n" for meter in "ab" for hour in range(24)
]


def read_or_refuse(file: Path) -> list[dict[str, Any]] | str:
    """The file's rows, or the one sentence or two that refuse it."""
    try:
        return [row for batch in read_hourly(file) for row in batch.to_pylist()]
    except UserError as refused:
        sentence = str(refused)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_files_are_read_batch_by_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "BATCH_ROWS", 10)
    table = pa.table(
        {
            "serial": ["a"] * 24,
            "time_hour_rolled": np.datetime64("2024-01-01T00", "s") + 3600 * np.arange(24),
            "note": ["ignored"] * 24,
            **dict.fromkeys(("avg_kw", "max_kw", "min_kw"), np.full(24, 0.5)),
            "n_readings": np.full(24, 4),
        }
    )
    pq.write_table(table, tmp_path / "hours.parquet")
    told: list[tuple[int, int]] = []
    batches = list(read_hourly(tmp_path / "hours.parquet", lambda *done: told.append(done)))
    assert [len(batch) for batch in batches] == [10, 10, 4]
    assert told == [(10, 24), (20, 24), (24, 24)]
    assert all(batch.schema == pa.schema(HOURLY_COLUMNS) for batch in batches)


def test_csv_says_how_much_of_it_is_read(tmp_path: Path):
    file = tmp_path / "hours.csv"
    file.write_text(HEAD + "".join(ROWS))
    told: list[tuple[int, int]] = []
    (batch,) = read_hourly(file, lambda *done: told.append(done))
    assert len(batch) == len(ROWS)
    assert told[-1] == (file.stat().st_size, file.stat().st_size)


@given(
    place=st.integers(0, len(ROWS) - 1),
    field=st.integers(0, 5),
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=70),
)
def test_any_damaged_field_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, place: int, field: int, text: str
):
    fields = ROWS[place].rstrip().split(",")
    fields[field] = text
    file = tmp_path_factory.getbasetemp() / "damaged.csv"
    lines = [HEAD, *ROWS[:place], ",".join(fields) + "\n", *ROWS[place + 1 :]]
    file.write_bytes("".join(lines).encode())
    found = read_or_refuse(file)
    if not isinstance(found, str):
        assert all(0 < len(row["serial"]) <= 64 for row in found)
        assert all(np.isfinite(row["avg_kw"]) and row["n_readings"] >= 0 for row in found)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes):
    for suffix in ("csv", "parquet"):
        file = tmp_path_factory.getbasetemp() / f"any.{suffix}"
        file.write_bytes(data)
        read_or_refuse(file)
