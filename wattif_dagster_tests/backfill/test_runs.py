"""What is said of runs."""

import pytest
from dagster import DagsterInstance, DagsterRun
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster import keys
from wattif_dagster.backfill.runs import find_run, first_sentence, span_of, title_of
from wattif_dagster.errors import UserError

RANGE = {
    "dagster/asset_partition_range_start": "2024-02-28",
    "dagster/asset_partition_range_end": "2024-03-01",
}


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        (RANGE, "2024-02-28...2024-03-01"),
        ({"dagster/partition": "2024-02-28"}, "2024-02-28"),
        ({}, "None"),
        ({"dagster/partition": "blue"}, "None"),
        ({"dagster/asset_partition_range_start": "2024-02-28"}, "None"),
    ],
)
def test_days_of_a_run(tags: dict[str, str], text: str):
    assert str(span_of(DagsterRun("daily", tags=tags))) == text


def test_a_run_is_named_by_its_job_or_its_assets():
    few = frozenset([keys.RAW_READINGS, keys.METER_REGISTRY])
    many = few | {keys.METER_READINGS, keys.HOURLY_CONSUMPTION}
    assert title_of(DagsterRun("daily")) == "daily"
    assert (
        title_of(DagsterRun("__ASSET_JOB", asset_selection=few)) == "meter_registry, raw_readings"
    )
    assert title_of(DagsterRun("__ASSET_JOB", asset_selection=many)) == "4 assets"
    assert title_of(DagsterRun("__ASSET_JOB", asset_selection=frozenset())) == "checks"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("part-0.json is gone; land the day again\n", "part-0.json is gone; land the day again"),
        ("It failed. Really.", "It failed."),
        ("1 check failed:\n  wattif/a: right", "1 check failed: wattif/a: right"),
    ],
)
def test_the_first_sentence(text: str, sentence: str):
    assert first_sentence(text) == sentence


@given(st.text())
def test_a_sentence_is_one_line(text: str):
    assert "\n" not in first_sentence(text)


def test_a_run_is_found_by_the_beginning_of_its_id():
    with DagsterInstance.ephemeral() as instance:
        for run_id in ("aaaa1111", "aaaa2222"):
            instance.add_run(DagsterRun("daily", run_id=run_id))
        assert find_run(instance, "aaaa1").dagster_run.run_id == "aaaa1111"
        with pytest.raises(UserError, match="2 runs begin with aaaa; give more of the id"):
            find_run(instance, "aaaa")
        with pytest.raises(UserError, match="there is no run b; `wattif runs` lists them"):
            find_run(instance, "b")
