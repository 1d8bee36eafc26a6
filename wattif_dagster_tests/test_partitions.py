from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.partitions import Span, spans

DAYS = [date(2024, 2, 26) + timedelta(days=n) for n in range(9)]


def test_a_span_has_both_its_ends():
    span = Span(date(2024, 2, 28), date(2024, 3, 1))
    assert span.days == [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)]
    assert str(span) == "2024-02-28...2024-03-01"
    assert str(Span(DAYS[0], DAYS[0])) == "2024-02-26"


@given(st.lists(st.sampled_from(DAYS)))
def test_spans_have_just_the_days_and_a_day_between_them(days: list[date]):
    found = spans(days)
    assert [day for span in found for day in span.days] == sorted(set(days))
    assert all(later.first - span.last > timedelta(days=1) for span, later in pairwise(found))
