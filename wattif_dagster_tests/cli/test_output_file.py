import os
from pathlib import Path

import click
import pytest

from wattif_dagster.cli.output_file import OutputFile


def test_a_new_file_in_a_folder_is_taken(tmp_path: Path):
    assert OutputFile().convert(str(tmp_path / "new.json"), None, None) == tmp_path / "new.json"


def test_a_folder_is_not_a_file(tmp_path: Path):
    with pytest.raises(click.BadParameter, match="is a directory"):
        OutputFile().convert(str(tmp_path), None, None)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path):
    with pytest.raises(click.BadParameter, match=r"none is no folder; make it, or write elsewhere"):
        OutputFile().convert(str(tmp_path / "none" / "new.json"), None, None)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path):
    tmp_path.chmod(0o500)
    with pytest.raises(click.BadParameter, match="cannot be written to; write elsewhere"):
        OutputFile().convert(str(tmp_path / "new.json"), None, None)
