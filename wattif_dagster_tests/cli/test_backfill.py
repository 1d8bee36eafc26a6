"""What `wattif backfill` and `wattif retry` refuse before anything is loaded or started."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from wattif_dagster.cli.main import wattif
from wattif_dagster.errors import UserError


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("backfill --start 2024-01-03 --end 2024-01-02", "--end 2024-01-02 is before --start"),
        ("backfill --start 2023-12-31 --end 2024-01-02", "--start 2023-12-31 is before the fleet"),
        ("backfill --start 2024-01-01 --end 2999-01-01", "--end 2999-01-01 is not over"),
        ("backfill --start 2024-01-01 --end 2024-01-02 --shards 0", "ingest.shards: Input should"),
        ("backfill --start 2024-01-01 --end 2024-01-02 --shards 1001", "ingest.shards: Input"),
        ("retry", "give the id of one run, or --all-failed"),
        ("retry 1234 --all-failed", "give the id of one run, or --all-failed"),
    ],
)
def test_one_sentence_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, sentence: str
):
    monkeypatch.chdir(tmp_path)
    failed = CliRunner().invoke(wattif, words.split()).exception
    assert isinstance(failed, UserError)
    assert str(failed).startswith(sentence)
    assert list(tmp_path.iterdir()) == []
