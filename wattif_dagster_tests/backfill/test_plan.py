"""Which assets of which days a backfill makes."""

from datetime import date, timedelta

from dagster import AssetCheckKey, AssetKey
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.backfill.graph import DailyGraph
from wattif_dagster.backfill.plan import DayPlan, plan_again, plan_backfill
from wattif_dagster.backfill.status import PartitionStatus, PartitionStatuses

A, B, C = AssetKey("a"), AssetKey("b"), AssetKey("c")
CHECK = AssetCheckKey(A, "right")
GRAPH = DailyGraph(
    definitions=[],
    parents={A: frozenset(), B: frozenset([A]), C: frozenset([A, B])},
    checks={A: (CHECK,), B: (), C: ()},
    blocking_checks={A: (CHECK,), B: (), C: ()},
    in_order=frozenset([C]),
)
DAYS = [date(2024, 2, 27) + timedelta(days=n) for n in range(6)]
TEXTS = st.sampled_from([str(day) for day in DAYS])
MADE = st.dictionaries(TEXTS, st.integers(1, 9))
SOME_DAYS = st.frozensets(TEXTS)
STATUSES = st.builds(
    lambda made, failed, refused: PartitionStatuses(
        GRAPH,
        dict(zip((A, B, C), made, strict=True)),
        dict(zip((A, B, C), failed, strict=True)),
        {A: refused, B: frozenset(), C: frozenset()},
    ),
    st.tuples(MADE, MADE, MADE),
    st.tuples(SOME_DAYS, SOME_DAYS, SOME_DAYS),
    SOME_DAYS,
)


@given(STATUSES, st.sets(st.sampled_from([A, B, C]), min_size=1))
def test_plan_makes_what_is_not_up_to_date_and_what_follows(
    statuses: PartitionStatuses, selected: set[AssetKey]
):
    keys = [key for key in GRAPH.parents if key in selected]
    plan = plan_backfill(statuses, keys, DAYS)
    made = {(key, day.day) for day in plan.days for key in day.assets}
    for day in DAYS:
        for key in keys:
            old = statuses.status(key, day) is not PartitionStatus.UP_TO_DATE
            follows = any((parent, day) in made for parent in GRAPH.parents[key])
            assert ((key, day) in made) == (old or follows)
    assert plan.partitions == len(made)
    assert plan.counts.total() == len(DAYS) * len(keys)
    assert plan.counts[PartitionStatus.UP_TO_DATE] == len(DAYS) * len(keys) - len(made)


@given(STATUSES)
def test_plan_has_one_run_a_day_oldest_day_first(statuses: PartitionStatuses):
    days = [plan.day for plan in plan_backfill(statuses, [A, B, C], DAYS).days]
    assert days == sorted(set(days))


@given(STATUSES)
def test_plan_orders_assets_after_their_parents(statuses: PartitionStatuses):
    for plan in plan_backfill(statuses, [A, B, C], DAYS).days:
        assert list(plan.assets) == sorted(plan.assets, key=[A, B, C].index)
        assert len(plan.assets) == len(set(plan.assets))


def test_plan_again_makes_everything():
    plan = plan_again([A, B], DAYS[:2])
    assert plan.days == (DayPlan(DAYS[0], (A, B)), DayPlan(DAYS[1], (A, B)))
    assert plan.partitions == 4


def test_plan_is_split_where_days_must_be_in_order():
    free, ordered = DayPlan(DAYS[0], (A, B, C)).split(GRAPH)
    assert free == DayPlan(DAYS[0], (A, B))
    assert ordered == DayPlan(DAYS[0], (C,))
