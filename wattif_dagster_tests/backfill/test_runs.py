"""What is said of runs."""

import pytest
from dagster import DagsterInstance, DagsterRun
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster import keys
from wattif_dagster.backfill.runs import describe_run, find_run, first_sentence, read_day
from wattif_dagster.errors import UserError


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        ({"dagster/partition": "2024-02-28"}, "2024-02-28"),
        ({}, "None"),
        ({"dagster/partition": "blue"}, "None"),
    ],
)
def test_day_is_read_from_the_partition_tag(tags: dict[str, str], text: str):
    assert str(read_day(DagsterRun("daily", tags=tags))) == text


def test_run_is_named_by_its_job_or_its_assets():
    few = frozenset([keys.RAW_READINGS, keys.METER_REGISTRY])
    many = few | {keys.METER_READINGS, keys.HOURLY_CONSUMPTION}
    assert describe_run(DagsterRun("daily")) == "daily"
    named = describe_run(DagsterRun("__ASSET_JOB", asset_selection=few))
    assert named == "meter_registry, raw_readings"
    assert describe_run(DagsterRun("__ASSET_JOB", asset_selection=many)) == "4 assets"
    assert describe_run(DagsterRun("__ASSET_JOB", asset_selection=frozenset())) == "checks"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("part-0.json is gone; land the day again\n", "part-0.json is gone; land the day again"),
        ("It failed. Really.", "It failed."),
        ("1 check failed:\n  wattif/a: right", "1 check failed: wattif/a: right"),
    ],
)
def test_first_sentence_is_cut(text: str, sentence: str):
    assert first_sentence(text) == sentence


@given(st.text())
def test_first_sentence_is_one_line(text: str):
    assert "\n" not in first_sentence(text)


def test_run_is_found_by_the_beginning_of_its_id():
    with DagsterInstance.ephemeral() as instance:
        for run_id in ("aaaa1111", "aaaa2222"):
            instance.add_run(DagsterRun("daily", run_id=run_id))
        assert find_run(instance, "aaaa1").dagster_run.run_id == "aaaa1111"
        with pytest.raises(UserError, match=r"2 runs begin with aaaa. Give more of the id."):
            find_run(instance, "aaaa")
        for unknown in ("b", ""):
            with pytest.raises(UserError, match=r"There is no run '.?'. `wattif runs` lists"):
                find_run(instance, unknown)
