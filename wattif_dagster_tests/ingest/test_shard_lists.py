"""The list of a shard's objects is read back, and a list that is not valid counts as missing."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.ingest.shards import ShardReport, parse_list
from wattif_dagster_tests.ingest.test_manifest import ELSEWHERE, VALID, json

NAMES = [item.name for item in VALID.objects]
LIST = ShardReport(objects=VALID.objects, objects_kept=1, seconds=0.5, spool_high_water=2)


def is_accepted(data: bytes) -> bool:
    """Whether the bytes are accepted as a list. Then its objects make a manifest."""
    report = parse_list(data, NAMES)
    if report is None:
        return False
    VALID.model_validate(VALID.model_dump() | {"objects": report.objects})
    return ShardReport.model_validate_json(report.model_dump_json()) == report


def test_list_is_read_back_as_written() -> None:
    assert parse_list(LIST.model_dump_json().encode(), NAMES) == LIST


@given(st.binary())
def test_other_bytes_count_as_missing(data: bytes) -> None:
    assert not is_accepted(data)


@given(st.data())
def test_changed_byte_is_accepted_or_counts_as_missing(data: st.DataObject) -> None:
    content = bytearray(LIST.model_dump_json().encode())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    is_accepted(bytes(content))


@given(field=st.sampled_from(sorted(ShardReport.model_fields)), value=json)
def test_any_value_is_accepted_or_counts_as_missing(field: str, value: object) -> None:
    is_accepted(orjson.dumps(LIST.model_dump(mode="json") | {field: value}))


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"-1", b"1e999"])
def test_time_that_is_no_duration_counts_as_missing(value: bytes) -> None:
    assert not is_accepted(LIST.model_dump_json().encode().replace(b"0.5", value))


@pytest.mark.parametrize("name", [*ELSEWHERE, NAMES[0]])
def test_list_of_other_objects_counts_as_missing(name: str) -> None:
    content = LIST.model_dump(mode="json")
    content["objects"][1]["name"] = name
    assert not is_accepted(orjson.dumps(content))


@given(st.permutations(range(len(NAMES))))
def test_list_in_another_order_counts_as_missing(order: list[int]) -> None:
    """The manifest interleaves the objects of the shards, so their order matters."""
    content = LIST.model_dump(mode="json")
    content["objects"] = [content["objects"][index] for index in order]
    assert is_accepted(orjson.dumps(content)) == (order == sorted(order))
