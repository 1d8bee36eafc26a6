"""What `--select` means."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster import keys
from wattif_dagster.backfill.graph import name_asset, read_graph
from wattif_dagster.definitions import build_defs
from wattif_dagster.errors import UserError

GRAPH = read_graph(build_defs())
NAMES = [name_asset(key) for key in GRAPH.parents]


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
def test_select_takes_names_keys_and_dagsters_syntax(text: str, selected: list[str] | None):
    chosen = [name_asset(key) for key in GRAPH.select(text)]
    assert chosen == (selected or ["meter_registry", "meter_readings"])


@pytest.mark.parametrize(
    "text",
    [
        *("", "raw", "raw_readings,", "and", "group:", "wattif/none"),
        *("code_location:x", "column:x", "raw_readings or status:x"),
    ],
)
def test_select_refuses_text_that_is_no_selection(text: str):
    with pytest.raises(UserError, match=r"is not a selection of assets. Try raw_readings"):
        GRAPH.select(text)


def test_select_refuses_what_selects_no_daily_asset():
    with pytest.raises(UserError, match=r"selects no daily asset. They are meter_registry, "):
        GRAPH.select("group:none")


@given(st.text(max_size=20) | st.from_regex(r'[a-z_:"+*(), ]{0,30}', fullmatch=True))
def test_select_of_any_text_gives_assets_or_a_user_error(text: str):
    with suppress(UserError):
        assert set(GRAPH.select(text)) <= set(GRAPH.parents)


def test_graph_orders_assets_after_their_parents():
    order = list(GRAPH.parents)
    for key, parents in GRAPH.parents.items():
        assert all(order.index(parent) < order.index(key) for parent in parents)
    assert GRAPH.blocking_checks[keys.METER_READINGS]
    assert not GRAPH.blocking_checks[keys.FLEET_ANOMALIES]


def test_graph_knows_the_assets_that_need_days_in_order():
    free = {name_asset(key) for key in GRAPH.parents if key not in GRAPH.in_order}
    assert free == {
        *("meter_registry", "raw_readings", "injected_anomalies"),
        *("meter_readings", "hourly_consumption", "meter_days"),
    }
