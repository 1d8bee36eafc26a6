"""What `--select` means."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster import keys
from wattif_dagster.backfill.graph import DailyGraph, name_of
from wattif_dagster.definitions import build_defs
from wattif_dagster.errors import UserError

GRAPH = DailyGraph.of(build_defs())
NAMES = [name_of(key) for key in GRAPH.parents]


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("raw_readings", ["raw_readings"]),
        ("hourly_consumption, meter_readings", ["meter_readings", "hourly_consumption"]),
        ("+raw_readings", ["meter_registry", "raw_readings"]),
        ('key:"wattif/raw_readings"', ["raw_readings"]),
        ("wattif/raw_readings", ["raw_readings"]),
        ("group:warehouse", ["meter_readings", "hourly_consumption"]),
        ("meter_registry or group:warehouse and not hourly_consumption", None),
        ("*", NAMES),
    ],
)
def test_names_keys_and_dagsters_syntax(text: str, selected: list[str] | None):
    chosen = [name_of(key) for key in GRAPH.select(text)]
    assert chosen == (selected or ["meter_registry", "meter_readings"])


@pytest.mark.parametrize(
    "text",
    [
        *("", "raw", "raw_readings,", "and", "group:", "wattif/none"),
        *("code_location:x", "column:x", "raw_readings or status:x"),
    ],
)
def test_what_selects_no_asset_is_refused(text: str):
    with pytest.raises(UserError, match="no selection of assets; try raw_readings"):
        GRAPH.select(text)


def test_what_selects_no_daily_asset_is_refused():
    with pytest.raises(UserError, match="none of the daily assets; they are meter_registry, "):
        GRAPH.select("group:none")


@given(st.text(max_size=20) | st.from_regex(r'[a-z_:"+*(), ]{0,30}', fullmatch=True))
def test_any_text_is_assets_or_a_user_error(text: str):
    with suppress(UserError):
        assert set(GRAPH.select(text)) <= set(GRAPH.parents)


def test_each_asset_comes_after_those_it_needs():
    order = list(GRAPH.parents)
    for key, parents in GRAPH.parents.items():
        assert all(order.index(parent) < order.index(key) for parent in parents)
    assert GRAPH.blocking_checks[keys.METER_READINGS]
    assert not GRAPH.blocking_checks[keys.FLEET_ANOMALIES]
