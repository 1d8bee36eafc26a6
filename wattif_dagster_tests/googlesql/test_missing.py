"""Tests that need the analyzer are skipped without it, and fail where CI is set."""

from pathlib import Path

import pytest

from wattif_dagster_tests.googlesql.conftest import require_analyzer


@pytest.mark.parametrize(
    ("variable", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_missing_analyzer_is_said(
    variable: str, outcome: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", variable)
    with pytest.raises(outcome, match="run `make googlesql`"):
        require_analyzer(tmp_path / "none")
    require_analyzer(tmp_path)
