"""Every reason that a detector gives has words."""

import re
from pathlib import Path

import pytest

import wattif_dagster.detection
from wattif_dagster.reasons import describe_reason

_SQL = Path(wattif_dagster.detection.__file__).parent.rglob("*.sql")
_RULES = {found for file in _SQL for found in re.findall(r"'(rule:\w+)'", file.read_text())}
_TAILS = {"day:level1+", "day:level7-", "hour:avg+", "hour:avg-", "arima_plus:avg-"}


def test_rules_are_those_of_the_sql() -> None:
    assert len(_RULES) == 5


@pytest.mark.parametrize("reason", sorted(_RULES | _TAILS))
def test_reason_has_words(reason: str) -> None:
    words = describe_reason(reason)
    assert ":" not in words
    assert len(words.split()) > 2


def test_unknown_reason_is_shown_as_it_is() -> None:
    assert describe_reason("day:other") == "day:other"
