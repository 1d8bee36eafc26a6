"""What `wattif backfill` refuses before anything is loaded or started."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from wattif_dagster.cli.backfill import Request
from wattif_dagster.cli.commands import wattif
from wattif_dagster.errors import UserError


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--start 2024-01-03 --end 2024-01-02", "--end 2024-01-02 is before --start"),
        ("--start 2023-12-31 --end 2024-01-02", "--start 2023-12-31 is before the fleet"),
        ("--start 2024-01-01 --end 2999-01-01", "--end 2999-01-01 must be in the past"),
    ],
)
def test_backfill_refuses_days_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, sentence: str
):
    monkeypatch.chdir(tmp_path)
    failed = CliRunner().invoke(wattif, ["backfill", *words.split()]).exception
    assert isinstance(failed, UserError)
    assert str(failed).startswith(sentence)
    assert list(tmp_path.iterdir()) == []


def test_command_that_continues_keeps_the_options():
    first, last, unmade = date(2024, 1, 1), date(2024, 1, 9), date(2024, 1, 5)
    plain = Request(first, last, "*", again=False, queue=False)
    assert plain.command(unmade) == "wattif backfill --start 2024-01-01 --end 2024-01-09"
    again = Request(first, last, "raw_readings+", again=True, queue=True)
    assert again.command(unmade) == (
        "wattif backfill --start 2024-01-05 --end 2024-01-09 --select raw_readings+ --again --queue"
    )
