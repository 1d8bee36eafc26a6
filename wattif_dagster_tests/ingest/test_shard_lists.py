"""The list of what a shard has landed: read back, or as none when it is not a sound one."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.ingest.shards import ShardReport, parse_list
from wattif_dagster_tests.ingest.test_manifest import ELSEWHERE, SOUND, json

NAMES = [item.name for item in SOUND.objects]
LIST = ShardReport(objects=SOUND.objects, objects_kept=1, seconds=0.5, spool_high_water=2)


def taken_as_listed(data: bytes) -> bool:
    """Whether the bytes are taken for a list; then its objects make a manifest."""
    report = parse_list(data, NAMES)
    if report is None:
        return False
    SOUND.model_validate(SOUND.model_dump() | {"objects": report.objects})
    return ShardReport.model_validate_json(report.model_dump_json()) == report


def test_is_read_back_as_written() -> None:
    assert parse_list(LIST.model_dump_json().encode(), NAMES) == LIST


@given(st.binary())
def test_other_bytes_are_as_none(data: bytes) -> None:
    assert not taken_as_listed(data)


@given(st.data())
def test_a_changed_byte_is_a_list_or_as_none(data: st.DataObject) -> None:
    content = bytearray(LIST.model_dump_json().encode())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    taken_as_listed(bytes(content))


@given(field=st.sampled_from(sorted(ShardReport.model_fields)), value=json)
def test_any_value_of_a_field_is_taken_or_as_none(field: str, value: object) -> None:
    taken_as_listed(orjson.dumps(LIST.model_dump(mode="json") | {field: value}))


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"-1", b"1e999"])
def test_a_time_that_is_none_is_as_none(value: bytes) -> None:
    assert not taken_as_listed(LIST.model_dump_json().encode().replace(b"0.5", value))


@pytest.mark.parametrize("name", [*ELSEWHERE, NAMES[0]])
def test_a_list_of_other_objects_is_as_none(name: str) -> None:
    content = LIST.model_dump(mode="json")
    content["objects"][1]["name"] = name
    assert not taken_as_listed(orjson.dumps(content))


@given(st.permutations(range(len(NAMES))))
def test_objects_in_another_order_are_as_none(order: list[int]) -> None:
    """The manifest takes the shards' objects in turn."""
    content = LIST.model_dump(mode="json")
    content["objects"] = [content["objects"][index] for index in order]
    assert taken_as_listed(orjson.dumps(content)) == (order == sorted(order))
