"""Every reason that the layered detector gives has words."""

import re

from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.detection.layered import queries
from wattif_dagster.detection.steps import Tables
from wattif_dagster.reasons import describe_reason, is_rule
from wattif_dagster_tests.support.homes import FIRST_DAY


def test_every_reason_has_words():
    rules = set(re.findall(r"rule:\w+", queries.rules_sql(Tables(), FIRST_DAY, 4)))
    scores = queries.scores_steps(Tables(), FIRST_DAY, 4)
    tails = set(re.findall(r"(?:day|hour):\w+[+-]", "".join(step.select for step in scores)))
    assert len(rules) >= 5
    assert len(tails) >= 9
    for reason in rules | tails:
        assert " " in describe_reason(reason), reason
        assert is_rule(reason) == (reason in rules)


@given(st.text())
def test_unknown_reason_stays_as_it_is(reason: str):
    assert describe_reason(f"{reason}?") == f"{reason}?"
