"""What is left to do of the five days of `tiny`, after a run that ended with the second."""

from dagster import AssetRecordsFilter, DagsterRunStatus

from wattif_dagster.backfills.plan import Part
from wattif_dagster_tests.backfills.tiny import DAYS, FIRST, SECOND, Tiny

WHOLE = Part(tuple(DAYS), (FIRST, SECOND))
RIGHT_OF_TWO, SECOND_OF_TWO = Part(tuple(DAYS[:2])), Part(tuple(DAYS[:2]), (SECOND,))
REST = Part(tuple(DAYS[2:]), (FIRST, SECOND))


def assert_all_made_once(tiny: Tiny) -> None:
    """Each day of each asset was materialized, with its metadata."""
    for key in (FIRST, SECOND):
        for day in DAYS:
            wanted = AssetRecordsFilter(asset_key=key, asset_partitions=[str(day)])
            records = tiny.instance.fetch_materializations(wanted, limit=10).records
            assert len(records) == 1, (key, day)
            assert records[0].asset_materialization.metadata["day"].value == day.day


def assert_rest_is_left(tiny: Tiny) -> None:
    """Days 1 and 2 of the first asset are credited, and still to be checked."""
    check, second, rest = tiny.plan()
    assert (check.days, check.assets, len(check.checks)) == (tuple(DAYS[:2]), (), 1)
    assert [second, rest] == [SECOND_OF_TWO, REST]


def finish(tiny: Tiny) -> None:
    """Make the rest, and no day again."""
    tiny.make = lambda _key, _day: None
    for part in tiny.plan():
        assert tiny.run(part).status is DagsterRunStatus.SUCCESS
    assert tiny.plan() == []
    assert_all_made_once(tiny)
