from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from wattif_dagster.metering.anomalies.episode import HISTORY_DAYS, Episode, MeterDay
from wattif_dagster.metering.anomalies.injection import Report, report
from wattif_dagster.metering.anomalies.kinds import KINDS
from wattif_dagster.metering.anomalies.titles import TITLES
from wattif_dagster.metering.consumption import Consumption
from wattif_dagster.metering.simulation import Simulation

SIMULATION = Simulation(load="household", interval_seconds=60)
SERIAL, START, HOUR = 23, datetime(2024, 1, 20, 7, tzinfo=UTC), 60
HOURS = 30
"""Length of an episode, unless said."""


def true_on(day: date) -> np.ndarray:
    return Consumption(SIMULATION, day, most_meters=1).watts(np.array([SERIAL]))[0].copy()


def reported(kind: str, days: int = 0, length: float = HOURS, **parameters: float) -> Report:
    episode = Episode(SERIAL, kind, START, START + timedelta(hours=length), parameters)
    day = START.date() + timedelta(days=days)
    return report(MeterDay(SIMULATION, day, episode, true_on(day)))


TRUE = true_on(START.date())
NEXT = true_on(START.date() + timedelta(days=1))
HISTORY = np.concatenate(
    [true_on(START.date() - timedelta(days=n)) for n in range(1, HISTORY_DAYS + 1)]
)
MEAN, HIGH = HISTORY.mean(), np.quantile(HISTORY, 0.98)


def within(watts: np.ndarray) -> np.ndarray:
    """What lies in the episode on its first day, from 7 h on."""
    return watts[7 * HOUR :]


@pytest.mark.parametrize(
    ("kind", "parameters", "expected"),
    [
        ("T1", {"factor": 0.25}, lambda x: x * 0.25),
        ("T5", {}, lambda x: np.full(len(x), MEAN)),
        ("T7", {"share_of_high": 0.4}, lambda x: np.minimum(x, 0.4 * HIGH)),
        ("T8", {"share_of_mean": 0.5}, lambda x: np.maximum(x - 0.5 * MEAN, 0)),
        ("F2", {}, lambda x: 0 * x),
        ("F5", {}, lambda x: -x),
        ("F6", {}, lambda x: x),
        ("F7", {}, lambda x: x),
        ("F8", {}, lambda x: 10 * x),
        ("F9", {}, lambda x: x / 1000),
    ],
)
def test_formulas(
    kind: str, parameters: dict[str, float], expected: Callable[[np.ndarray], np.ndarray]
):
    first, second = (reported(kind, days, **parameters) for days in (0, 1))
    np.testing.assert_array_equal(first.watts[: 7 * HOUR], TRUE[: 7 * HOUR])
    np.testing.assert_allclose(within(first.watts), expected(within(TRUE)), atol=1)
    np.testing.assert_allclose(second.watts[: 13 * HOUR], expected(NEXT[: 13 * HOUR]), atol=1)
    np.testing.assert_array_equal(second.watts[13 * HOUR :], NEXT[13 * HOUR :])


@pytest.mark.parametrize(("kind", "copies"), [("F6", 0), ("F7", 2), ("T1", 1)])
def test_missing_readings_never_arrive_and_duplicated_ones_twice(kind, copies):
    parameters = {"factor": 0.5} if kind == "T1" else {}
    found = reported(kind, 0, **parameters).copies
    assert (found[: 7 * HOUR] == 1).all()
    assert (within(found) == copies).all()


def test_t2_is_off_at_the_same_hours_every_day_across_midnight():
    assert min(TRUE.min(), NEXT.min()) > 0
    for days, episode in ((0, slice(7, 24)), (1, slice(0, 13))):
        off = reported("T2", days, from_hour=22, hours=5).watts.reshape(24, HOUR) == 0
        expected = np.zeros(24, bool)
        expected[[22, 23, 0, 1, 2]] = True
        np.testing.assert_array_equal(off.all(axis=1)[episode], expected[episode])
        np.testing.assert_array_equal(off.any(axis=1)[episode], expected[episode])


def test_t3_and_t4_draw_a_factor_for_each_reading():
    factors = within(reported("T3").watts / TRUE)
    assert 0.09 < factors.min() < 0.12
    assert 0.78 < factors.max() < 0.82
    assert factors.mean() == pytest.approx(0.45, abs=0.03)
    of_mean = within(reported("T4").watts / MEAN)
    assert of_mean.min() == pytest.approx(0.1, abs=0.02)
    assert of_mean.max() == pytest.approx(0.8, abs=0.02)
    assert abs(np.corrcoef(of_mean, within(TRUE))[0, 1]) < 0.1
    assert (reported("T3", days=1).watts[:HOUR] / NEXT[:HOUR] != factors[:HOUR]).any()


def test_t6_reverses_the_day():
    np.testing.assert_array_equal(within(reported("T6").watts), within(TRUE[::-1]))


def test_f1_repeats_the_reading_at_the_start_on_later_days_too():
    assert (within(reported("F1").watts) == TRUE[7 * HOUR]).all()
    assert (reported("F1", days=1).watts[: 13 * HOUR] == TRUE[7 * HOUR]).all()


def test_f3_is_one_reading():
    watts = reported("F3", length=1, kw=45.678, second=125).watts
    assert (watts != TRUE).nonzero()[0].tolist() == [7 * HOUR + 2]
    assert watts[7 * HOUR + 2] == 45_678


def test_f4_shows_readings_hours_late():
    watts = reported("F4", days=1, length=72, hours=4).watts
    np.testing.assert_array_equal(watts[4 * HOUR :], NEXT[: -4 * HOUR])
    np.testing.assert_array_equal(watts[: 4 * HOUR], TRUE[-4 * HOUR :])


@pytest.mark.parametrize(("rate", "last"), [(0.05, 2.0), (-0.02, 0.4)])
def test_f10_drifts_by_the_day_to_an_end(rate, last):
    def gain(days: int) -> np.ndarray:
        day = START.date() + timedelta(days=days)
        watts = reported("F10", days, length=24 * 60, gain_per_day=rate).watts
        # Readings are whole watts, so their mean tells the gain best.
        return watts[7 * HOUR :].mean() / true_on(day)[7 * HOUR :].mean()

    assert gain(0) == pytest.approx(1 + rate * 0.35, abs=0.01)
    assert gain(5) == pytest.approx(1 + rate * 5.35, abs=0.01)
    assert gain(30) == pytest.approx(last, abs=0.02)


def test_f11_adds_noise_of_a_kilowatt_above_zero():
    watts = within(reported("F11").watts)
    assert watts.min() == 0
    above = watts - within(TRUE)
    assert above[watts > 0].max() == pytest.approx(3300, abs=700)
    # The upper half of the noise is not cut off.
    assert np.sqrt((above[above > 0] ** 2).mean()) == pytest.approx(1000, rel=0.1)
    other_day = reported("F11", days=1).watts[: 13 * HOUR] - NEXT[: 13 * HOUR]
    assert (above[: 13 * HOUR] != other_day).any()


def test_every_kind_has_a_title_and_a_function():
    assert list(KINDS) == list(TITLES)
