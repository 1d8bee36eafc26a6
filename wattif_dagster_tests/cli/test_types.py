"""The types of options."""

from pathlib import Path

import click
import pytest

from wattif_dagster.cli.types import Day, Days, OutputFile


def test_output_file_that_can_be_written_is_left_as_it_is(tmp_path: Path):
    new, old = tmp_path / "new.json", tmp_path / "old.json"
    old.write_text("kept")
    assert OutputFile().convert(str(new), None, None) == new
    assert OutputFile().convert(str(old), None, None) == old
    assert not new.exists()
    assert old.read_text() == "kept"


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("", "The path is empty. Give the name of a file."),
        ("/proc/plan.json", "/proc/plan.json cannot be written"),
        ("/nonexistent/plan.json", "/nonexistent/plan.json cannot be written (No such file"),
        ("/tmp", "is a directory"),
    ],
)
def test_output_file_that_cannot_be_written_is_refused(path: str, sentence: str):
    with pytest.raises(click.BadParameter) as refused:
        OutputFile().convert(path, None, None)
    assert sentence in refused.value.message


def test_day_is_written_as_iso_date():
    assert str(Day().convert("2024-02-29", None, None)) == "2024-02-29"
    with pytest.raises(click.BadParameter, match="'2024-2-29' is not a date"):
        Day().convert("2024-2-29", None, None)


@pytest.mark.parametrize(("text", "days"), [("30d", 30), ("1", 1), (" 7d ", 7), ("3660d", 3660)])
def test_days_are_parsed(text: str, days: int):
    assert Days().convert(text, None, None) == days


@pytest.mark.parametrize("text", ["", "d", "0d", "-3d", "1.5d", "3661d", "²d", "9" * 5000, "30h"])
def test_other_days_are_refused(text: str):
    with pytest.raises(click.BadParameter, match="is no number of days from 1d to 3660d"):
        Days().convert(text, None, None)
