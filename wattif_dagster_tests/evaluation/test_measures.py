"""The measures, on cases small enough to reckon by hand, and what holds for all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wattif_dagster.evaluation.hours import Episode
from wattif_dagster.evaluation.measures import average_precision, count_alerts, measure, pr_curve

CASES = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        arrays(np.bool_, n), arrays(np.float64, n, elements=st.sampled_from([0, 0.3, 0.99, 1]))
    )
)


def episode(meter: int, hours: list[int], start: int, end: int, kwh: float = 1.0) -> Episode:
    return Episode(meter, "T1", start, end, np.array(hours), np.full(len(hours), kwh))


def test_measures_match_a_count_by_hand():
    probability = np.zeros((2, 72))
    probability[0, [2, 30, 46, 50]] = 1  # clean, before the start on its day, touched, between
    probability[1, 0] = np.nan
    found = measure(probability, [episode(0, [45, 46, 54, 55], start=44, end=64)])
    assert found.clean_hours == 72 + 24
    assert found.touched_hours == 4
    assert found.flagged_hours == 4
    assert found.unscored_hours == 1
    assert found.recall == 1 / 4
    assert found.precision == 1 / 2
    assert found.false_positive_rate == 1 / 96
    assert found.kwh_withheld == 4
    assert found.kwh_recovered == 1 / 4
    kind = found.kinds["T1"]
    assert (kind.episodes, kind.recall, kind.never_found) == (1, 1 / 4, 0)
    assert kind.median_hours_to_detection == 3


def test_hours_count_from_the_first_tested_one():
    probability = np.zeros((1, 24))
    probability[0, 5] = 1
    found = measure(probability, [episode(0, [10, 29], start=10, end=30)], first_hour=24)
    assert found.clean_hours == 0
    assert found.touched_hours == 1
    assert found.recall == 1
    assert found.kinds["T1"].median_hours_to_detection == 20


def test_energy_that_a_fault_adds_is_not_recovered():
    found = measure(np.ones((1, 24)), [episode(0, [1, 2], start=1, end=3, kwh=-2.0)])
    assert found.kwh_withheld == 0
    assert found.kwh_recovered is None


def test_nothing_to_divide_by_is_none():
    found = measure(np.zeros((1, 24)), [])
    assert found.recall is found.precision is found.pr_auc is None
    assert found.kinds == {}


@pytest.mark.parametrize(
    ("days", "opened"), [([0], 0), ([0, 1], 1), ([0, 2], 1), ([0, 3], 0), ([0, 1, 8, 9], 2)]
)
def test_alert_opens_on_two_of_three_days(days: list[int], opened: int):
    score = np.zeros((1, 10 * 24))
    score[0, [24 * day + 7 for day in days]] = 0.999
    assert count_alerts(score).tolist() == [opened]


@given(CASES)
def test_average_precision_lies_between_none_and_one(case):
    truth, score = case
    found = average_precision(truth, score)
    if not truth.any():
        assert found is None
        return
    assert found is not None
    assert 0 < found <= 1 + 1e-12
    recall, precision = pr_curve(truth, score)
    assert (np.diff(recall) >= 0).all()
    assert recall[-1] == 1
    assert precision[-1] == pytest.approx(truth.mean())
    order = np.random.default_rng(0).permutation(len(truth))
    assert average_precision(truth[order], score[order]) == pytest.approx(found)


@given(arrays(np.bool_, st.integers(1, 40)).filter(np.any))
def test_average_precision_of_truth_and_of_a_constant(truth):
    assert average_precision(truth, truth.astype(float)) == 1
    assert average_precision(truth, np.ones(len(truth))) == pytest.approx(truth.mean())


def test_added_energy_does_not_reduce_recovered_energy():
    mixed = Episode(0, "T3", 1, 3, np.array([1, 2]), np.array([3.0, -2.0]))
    found = measure(np.ones((1, 24)), [mixed])
    assert found.kwh_withheld == 3
    assert found.kwh_recovered == 1
