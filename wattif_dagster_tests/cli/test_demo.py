"""What `wattif demo` refuses before anything is started."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from wattif_dagster.cli.commands import demo
from wattif_dagster.errors import UserError


def test_demo_of_future_days_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WATTIF_SIMULATION__START_DATE", "2999-01-01")
    failed = CliRunner().invoke(demo).exception
    assert isinstance(failed, UserError)
    assert str(failed).startswith("The fleet's first day, 2999-01-01, must be in the past")
    assert list(tmp_path.iterdir()) == []
