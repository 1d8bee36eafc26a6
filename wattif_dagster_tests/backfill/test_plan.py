"""Which runs make what is missing."""

from datetime import date, timedelta
from itertools import pairwise

from dagster import AssetCheckKey, AssetKey
from hypothesis import given
from hypothesis import strategies as st
from wattif_dagster.backfills.plan import plan

from wattif_dagster.backfill.graph import DailyGraph
from wattif_dagster.backfill.status import History, Standing

A, B, C = AssetKey("a"), AssetKey("b"), AssetKey("c")
CHECK = AssetCheckKey(A, "right")
GRAPH = DailyGraph(
    [], {A: frozenset(), B: frozenset([A]), C: frozenset([A, B])}, {A: (CHECK,), B: (), C: ()}
)
DAYS = [date(2024, 2, 27) + timedelta(days=n) for n in range(6)]
EVENTS = st.dictionaries(st.sampled_from([str(day) for day in DAYS]), st.integers(1, 9))
HISTORIES = st.builds(
    lambda a, b, c, verdicts: History(GRAPH, {A: a, B: b, C: c}, {CHECK: verdicts}),
    *(EVENTS, EVENTS, EVENTS),
    st.dictionaries(
        st.sampled_from([str(day) for day in DAYS]), st.tuples(st.integers(1, 9), st.booleans())
    ),
)


@given(HISTORIES, st.sets(st.sampled_from([A, B, C]), min_size=1))
def test_each_missing_day_is_made_once_and_nothing_is_made_of_something_missing(
    history: History, selected: set[AssetKey]
):
    keys = [key for key in GRAPH.parents if key in selected]
    parts = plan(history, keys, DAYS)
    made = [(key, day) for part in parts for key in part.assets for day in part.days]
    assert len(made) == len(set(made))
    for day in DAYS:
        for key in keys:
            missing = history.standing(key, str(day)) is Standing.MISSING
            of_missing = any((parent, day) in made for parent in GRAPH.parents[key])
            assert ((key, day) in made) == (missing or of_missing)
    checked = {day for part in parts if part.checks for day in part.days}
    assert checked == {
        day for day in DAYS if A in keys and history.standing(A, str(day)) is Standing.UNCHECKED
    }


@given(HISTORIES)
def test_runs_are_ranges_of_days_the_earliest_first(history: History):
    parts = plan(history, [A, B, C], DAYS)
    for part in parts:
        assert bool(part.assets) != bool(part.checks)
        assert all(later - day == timedelta(days=1) for day, later in pairwise(part.days))
    for part, later in pairwise(parts):
        assert part.days[-1] < later.days[0] or (part.checks and part.days == later.days)


def test_days_that_miss_the_same_are_one_run():
    history = History(
        GRAPH, {A: {str(DAYS[2]): 1}, B: {}, C: {}}, {CHECK: {str(DAYS[2]): (1, True)}}
    )
    assert [(len(part.days), part.assets) for part in plan(history, [A, B, C], DAYS)] == [
        (2, (A, B, C)),
        (1, (B, C)),
        (3, (A, B, C)),
    ]
