"""Anomalies are injected into given hours as they are into simulated ones."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.evaluation.days import scored_days
from wattif_dagster.evaluation.hours import FULL_DAY, Episode, Hours, Truth
from wattif_dagster.evaluation.injected import inject_into
from wattif_dagster.metering.anomalies.titles import TITLES

METERS, DAYS = 200, 30
ROUNDED = 0.005
"""Made-up readings are whole watts."""
FIRST = (DAYS - scored_days(DAYS)) * FULL_DAY


def make_hours(readings: int, meters: int = METERS, days: int = DAYS) -> Hours:
    """Whole watts, so that rolling up made-up readings gives the same hours again."""
    rng = np.random.default_rng(1)
    kw = rng.integers(200, 900, (meters, days * FULL_DAY, readings)) / 1000
    return Hours(
        [f"home {n}" for n in range(meters)],
        np.datetime64("2023-05-01T00", "h"),
        kw.mean(axis=2),
        kw.max(axis=2),
        kw.min(axis=2),
        np.full(kw.shape[:2], readings),
    )


def find_kind(episodes: Sequence[Episode], kind: str) -> Episode:
    return next(each for each in episodes if each.kind == kind and len(each.touched))


@pytest.fixture(scope="module")
def hours() -> Hours:
    return make_hours(4)


@pytest.fixture(scope="module")
def injected(hours: Hours) -> tuple[Hours, Truth]:
    return inject_into(hours, 1.0, 0)


def test_every_kind_is_injected(injected: tuple[Hours, Truth]):
    episodes = injected[1].episodes
    assert {episode.kind for episode in episodes} == set(TITLES)
    assert all(FIRST <= episode.start < FIRST + 4 * FULL_DAY for episode in episodes)


def test_hours_change_where_episodes_touch_them(hours: Hours, injected: tuple[Hours, Truth]):
    changed, episodes = injected[0], injected[1].episodes
    touched = np.zeros(hours.n_readings.shape, np.bool_)
    for episode in episodes:
        touched[episode.meter, episode.touched] = True
        assert (episode.touched >= episode.start).all()
        assert (episode.touched < episode.end).all()
    for name in ("avg_kw", "max_kw", "min_kw", "n_readings"):
        before, after = getattr(hours, name), getattr(changed, name)
        assert (before == after)[~touched].all()
    differs = (hours.n_readings != changed.n_readings) | (hours.avg_kw != changed.avg_kw)
    differs |= (hours.max_kw != changed.max_kw) | (hours.min_kw != changed.min_kw)
    assert differs[touched].mean() > 0.99  # readings that trade places in an hour


def test_kinds_do_what_they_say(hours: Hours, injected: tuple[Hours, Truth]):
    changed, episodes = injected[0], injected[1].episodes

    def ratio(kind: str) -> np.ndarray:
        at = find_kind(episodes, kind).meter, find_kind(episodes, kind).touched
        return changed.avg_kw[at] / hours.avg_kw[at]

    assert np.ptp(ratio("T1")) < 0.01
    assert ratio("F5") == pytest.approx(-1, rel=ROUNDED)
    assert ratio("F8") == pytest.approx(10, rel=ROUNDED)
    for kind, readings in (("F6", 0), ("F7", 8)):
        episode = find_kind(episodes, kind)
        assert set(changed.n_readings[episode.meter, episode.touched]) == {readings}
    spike = find_kind(episodes, "F3")
    assert changed.max_kw[spike.meter, spike.touched] > 19
    shifted = find_kind(episodes, "F4")
    at = np.arange(shifted.start, hours.n_readings.shape[1])
    before, after = hours.avg_kw[shifted.meter], changed.avg_kw[shifted.meter, at]
    assert any(after == pytest.approx(before[at - late], rel=ROUNDED) for late in range(3, 9))


def test_energy_withheld_is_that_of_the_hours(hours: Hours, injected: tuple[Hours, Truth]):
    changed, episodes = injected[0], injected[1].episodes
    for episode in episodes:
        before, after = (
            np.nansum(each.avg_kw[episode.meter] * each.n_readings[episode.meter]) / 4
            for each in (hours, changed)
        )
        assert np.nansum(episode.kwh) == pytest.approx(before - after, abs=0.002 * 24 * 14)


@given(
    readings=st.sampled_from([1, 2, 4, 7, 60]),
    share=st.floats(0.01, 1),
    seed=st.integers(0, 2**40),
)
def test_share_of_the_meters_has_one_episode(readings: int, share: float, seed: int):
    hours = make_hours(readings, meters=20, days=9)
    changed, truth = inject_into(hours, share, seed)
    meters = [episode.meter for episode in truth.episodes]
    assert len(meters) == len(set(meters)) <= max(1, round(20 * share))
    again, _ = inject_into(hours, share, seed)
    assert np.array_equal(changed.avg_kw, again.avg_kw, equal_nan=True)
    assert (hours.n_readings == readings).all()


def test_hours_that_lack_readings_stay_as_they_are():
    hours = make_hours(4)
    rng = np.random.default_rng(2)
    for count, lacking in ((0, 0.2), (3, 0.1)):
        at = rng.random(hours.n_readings.shape) < lacking
        hours.n_readings[at] = count
        for array in (hours.avg_kw, hours.max_kw, hours.min_kw):
            array[at] = 5.0 if count else np.nan
    hours.n_readings[0] = 0
    changed, truth = inject_into(hours, 1.0, 3)
    lacking = hours.n_readings < 4
    assert (changed.n_readings == hours.n_readings)[lacking].all()
    assert np.array_equal(changed.avg_kw[lacking], hours.avg_kw[lacking], equal_nan=True)
    assert 0 not in {episode.meter for episode in truth.episodes}
    assert not np.isnan(changed.avg_kw[changed.n_readings > 0]).any()
