"""The measures, on cases small enough to reckon by hand, and what holds for all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wattif_dagster.evaluation.curves import average_precision, pr_curve
from wattif_dagster.evaluation.hours import Episode, Scores, Truth
from wattif_dagster.evaluation.measures import Measures
from wattif_dagster.evaluation.measures import measure as measure_scores
from wattif_dagster.evaluation.ranking import count_alerts, precision_at_k, rank_meters

CASES = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        arrays(np.bool_, n), arrays(np.float64, n, elements=st.sampled_from([0, 0.3, 0.99, 1]))
    )
)


def episode(meter: int, hours: list[int], start: int, end: int, kwh: float = 1.0) -> Episode:
    return Episode(meter, "T1", start, end, np.array(hours), np.full(len(hours), kwh))


def measure(
    probability: np.ndarray,
    episodes: list[Episode],
    first_hour: int = 0,
    benign: list[Episode] | None = None,
    reason: np.ndarray | None = None,
) -> Measures:
    return measure_scores(Scores(probability, reason), Truth(episodes, benign or []), first_hour)


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
    assert kind.title == "T1 scaled"
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
    assert found.recall is found.precision is found.pr_auc is found.vus_pr is None
    assert found.precision_at_k is found.meters_with_half_of_false_flags is None
    assert found.kinds == found.benign == {}


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


def test_false_flags_are_told_apart_by_reason():
    probability, reason = np.zeros((3, 24)), np.full((3, 24), None, np.object_)
    for meter, hour, why in ((0, 1, "rule:stuck"), (0, 2, "hour:avg+"), (1, 3, "hour:avg+")):
        probability[meter, hour], reason[meter, hour] = 1, why
    reason[0, 9] = "day:level1-"  # not flagged
    probability[2, 5], reason[2, 5] = 1, "rule:stuck"
    found = measure(probability, [episode(2, [5], start=5, end=6)], reason=reason)
    assert found.clean_hours == 48
    assert found.false_positive_rate_by_rules == 1 / 48
    assert found.false_positive_rate_by_behaviour == 2 / 48
    assert found.false_positive_rate_by_reason == {"hour:avg+": 2 / 48, "rule:stuck": 1 / 48}


@pytest.mark.parametrize(
    ("by_meter", "half"), [([3, 1, 1, 1], 1), ([2, 2, 2, 0], 2), ([5, 1, 0, 0], 1), ([0, 0], None)]
)
def test_meters_with_half_of_the_false_flags(by_meter: list[int], half: int | None):
    probability = np.zeros((len(by_meter), 24))
    for meter, flags in enumerate(by_meter):
        probability[meter, :flags] = 1
    assert measure(probability, []).meters_with_half_of_false_flags == half


def test_benign_changes_are_measured_where_they_are_clean():
    probability = np.zeros((3, 48))
    probability[0, [3, 30]] = probability[2, :] = 1
    benign = [
        Episode(meter, "B4", 0, end, np.arange(end), np.zeros(end))
        for meter, end in ((0, 24), (1, 24), (2, 48))
    ]
    late = Episode(0, "B1", 60, 70, np.arange(60, 70), np.zeros(10))
    found = measure(probability, [episode(2, [5], start=5, end=6)], benign=[*benign, late])
    (kind,) = found.benign.values()
    assert (kind.title, kind.changes, kind.hours) == ("B4 holiday", 2, 48)
    assert (kind.hours_flagged, kind.changes_flagged) == (1 / 48, 1 / 2)


def test_meters_with_most_days_of_alerts_are_worst():
    score = np.zeros((4, 72))
    score[0, :20] = 0.999  # one day
    score[1, [0, 30]] = 0.999  # two days
    score[2, :] = 0.998
    score[3, [0, 1, 30]] = 1
    assert rank_meters(score).tolist()[:3] == [3, 1, 0]
    assert precision_at_k(score, np.array([True, False, False, True])) == 1 / 2
    assert precision_at_k(score, np.array([False, True, False, True])) == 1
