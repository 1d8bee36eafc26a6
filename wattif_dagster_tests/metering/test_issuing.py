from datetime import date, timedelta

import numpy as np
import pytest

from wattif_dagster.metering import issuing
from wattif_dagster.metering.bloom import SerialFilter
from wattif_dagster.metering.issuing import SerialsExhaustedError, issue_serials, list_candidates
from wattif_dagster.metering.simulation import SERIAL_SPACE

DAY = date(2024, 1, 1)
FEWER = 310_000
"""A hundredth of the numbers: to go through all of them takes a hundredth of the time."""


@pytest.fixture
def fewer_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "SERIAL_SPACE", FEWER)
    monkeypatch.setattr(issuing, "_BITS", FEWER.bit_length())
    monkeypatch.setattr(issuing, "_MASK", np.uint32(2 ** FEWER.bit_length() - 1))


def test_serials_are_never_issued_twice():
    # Without the filter some 240 would be. It is too small by half: false positives cost nothing.
    with SerialFilter(75_000) as issued:
        days = [issue_serials(issued, 7, DAY + timedelta(days=n), 50_000) for n in range(3)]
    assert np.unique(np.concatenate(days)).size == 150_000


def test_issued_serials_are_in_the_filter():
    with SerialFilter(1000) as issued:
        serials = issue_serials(issued, 7, DAY, 500)
        assert issued.contains(serials).all()


def test_serials_depend_on_seed_and_day_alone():
    def issue(seed: int, day: date) -> list[int]:
        with SerialFilter(100) as issued:
            return issue_serials(issued, seed, day, 10).tolist()

    assert issue(7, DAY) == issue(7, DAY)
    assert issue(7, DAY) != issue(8, DAY)
    assert issue(7, DAY) != issue(7, DAY + timedelta(days=1))


def test_no_serials_are_issued_when_none_are_needed():
    with SerialFilter(10) as issued:
        assert issue_serials(issued, 7, DAY, 0).size == 0


def test_serials_are_spread_evenly_over_the_space():
    with SerialFilter(100_000) as issued:
        serials = issue_serials(issued, 7, DAY, 100_000)
    assert serials.max() < SERIAL_SPACE
    counts = np.bincount(serials // (SERIAL_SPACE // 100), minlength=100)
    chi_square = ((counts - 1000.0) ** 2 / 1000).sum()
    # 99 degrees of freedom: mean 99, standard deviation sqrt(198) = 14; five of them.
    assert abs(chi_square - 99) < 5 * 14
    assert abs(np.corrcoef(serials[1:], serials[:-1])[0, 1]) < 5 / np.sqrt(serials.size)


def test_the_list_candidates_a_day_are_all_numbers_each_once():
    seen = np.zeros(SERIAL_SPACE, np.uint8)
    for start in range(0, 2**25, 2**21):
        seen[list_candidates(7, DAY, start, start + 2**21)] += 1
    assert (seen == 1).all()


@pytest.mark.usefixtures("fewer_numbers")
def test_end_of_the_numbers_is_refused():
    with SerialFilter(10) as issued:
        full = np.full_like(issued.bits, 0xFF)
    with (
        SerialFilter(10, full) as issued,
        pytest.raises(SerialsExhaustedError, match=r"3 new serials, but only 0 of the 310,000"),
    ):
        issue_serials(issued, 7, DAY, 3)


@pytest.mark.usefixtures("fewer_numbers")
def test_thirty_of_thirty_one_numbers_can_be_issued():
    with SerialFilter(FEWER) as issued:
        serials = issue_serials(issued, 7, DAY, 30 * FEWER // 31)
    assert np.bincount(serials, minlength=FEWER).max() == 1


def test_a_filter_for_all_numbers_keeps_a_million_apart():
    with SerialFilter(SERIAL_SPACE) as issued:
        serials = issue_serials(issued, 7, DAY, 1_000_000)
        assert issued.contains(serials).all()
        assert not issued.contains(list_candidates(7, DAY, 2**24, 2**24 + 1000)).any()
    assert np.unique(serials).size == 1_000_000
