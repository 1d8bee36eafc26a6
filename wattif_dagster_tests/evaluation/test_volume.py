"""VUS-PR equals what its formulas say, written down loop by loop."""

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wattif_dagster.evaluation.curves import average_precision
from wattif_dagster.evaluation.volume import LONGEST_BUFFER, volume_under_surface

CASES = st.tuples(st.integers(1, 3), st.integers(1, 40)).flatmap(
    lambda shape: st.tuples(
        arrays(np.bool_, shape),
        arrays(np.float64, shape, elements=st.sampled_from([0, 0.3, 0.5, 0.99, 1])),
    )
)


def fade(row: np.ndarray, hour: int, buffer: int) -> float:
    """The label of an hour, from the distance of the nearest true one."""
    away = min((abs(hour - at) for at in row.nonzero()[0]), default=np.inf)
    if away == 0:
        return 1
    return (1 - away / buffer) ** 0.5 if away <= buffer / 2 else 0


def list_runs(labels: np.ndarray) -> list[list[int]]:
    """The hours of each run of labelled hours of a meter."""
    runs = groupby(range(len(labels)), lambda hour: labels[hour] > 0)
    return [list(run) for labelled, run in runs if labelled]


def area_by_hand(truth: np.ndarray, score: np.ndarray, buffer: int) -> float:
    labels = np.array([[fade(row, hour, buffer) for hour in range(len(row))] for row in truth])
    area = recall_before = 0.0
    for threshold in sorted(set(score.ravel()), reverse=True):
        flag = score >= threshold
        hits = sum(label for label, flagged in zip(labels.flat, flag.flat, strict=True) if flagged)
        runs = [
            flag[meter, run].any() for meter, row in enumerate(labels) for run in list_runs(row)
        ]
        recall = min(1, hits / ((truth.sum() + labels.sum()) / 2)) * sum(runs) / len(runs)
        area += (recall - recall_before) * hits / flag.sum()
        recall_before = recall
    return area


@given(CASES)
def test_volume_equals_that_by_hand(case):
    truth, score = case
    found = volume_under_surface(truth, score)
    assert (found is None) == (not truth.any())
    if found is None:
        return
    areas = [area_by_hand(truth, score, buffer) for buffer in range(LONGEST_BUFFER + 1)]
    assert found == pytest.approx(np.mean(areas))
    assert 0 < found <= 1 + 1e-12


def test_flag_beside_an_anomaly_counts_in_part():
    truth = np.zeros((2, 72), np.bool_)
    truth[0, 30:40] = True
    beside, far = np.zeros((2, 72)), np.zeros((2, 72))
    beside[0, 26:30] = far[1, 26:30] = 1
    near, elsewhere = volume_under_surface(truth, beside), volume_under_surface(truth, far)
    assert near is not None
    assert elsewhere is not None
    assert near > elsewhere
    assert average_precision(truth.ravel(), beside.ravel()) == pytest.approx(
        average_precision(truth.ravel(), far.ravel())
    )
