"""Days as partitions, and spans of days."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.partitions import Span, daily_partitions, group_days

DAYS = [date(2024, 2, 26) + timedelta(days=n) for n in range(9)]


def test_span_includes_both_ends():
    span = Span(date(2024, 2, 28), date(2024, 3, 1))
    assert span.days == [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)]
    assert str(span) == "2024-02-28...2024-03-01"
    assert str(Span(DAYS[0], DAYS[0])) == "2024-02-26"


@given(st.lists(st.sampled_from(DAYS)))
def test_spans_have_exactly_the_days_and_gaps_between_them(days: list[date]):
    found = group_days(days)
    assert [day for span in found for day in span.days] == sorted(set(days))
    assert all(later.first - span.last > timedelta(days=1) for span, later in pairwise(found))


def test_partitions_begin_with_the_first_day():
    keys = daily_partitions(date(2025, 3, 1)).get_partition_keys()
    assert keys[:2] == ["2025-03-01", "2025-03-02"]
