"""Every reason that the detectors give is described in words."""

import re
from pathlib import Path

import pytest

import wattif_dagster.detection
from wattif_dagster.detection.reasons import describe_reason

FOLDER = Path(wattif_dagster.detection.__file__).parent
REASONS = sorted(
    {
        found
        for file in FOLDER.rglob("*.sql")
        for found in re.findall(r"'((?:rule|hour|day):[\w+-]+)'", file.read_text())
    }
)


def test_sql_has_reasons():
    assert {"rule:missing", "rule:stuck"} <= set(REASONS)


@pytest.mark.parametrize("reason", REASONS)
def test_reason_is_described_in_words(reason: str):
    assert re.fullmatch(r"[a-z' ,]+", describe_reason(reason))


@pytest.mark.parametrize("tail", ["level1+", "level7-", "floor1-", "peak1-", "shape1-"])
def test_quantity_of_a_day_is_described_in_words(tail: str):
    assert re.fullmatch(r"[a-z' ,]+", describe_reason(f"day:{tail}"))


def test_unknown_reason_stays_as_it_is():
    assert describe_reason("other:thing") == "other:thing"
