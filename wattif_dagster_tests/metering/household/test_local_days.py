"""Homes live in local time: hours of day, dates, holidays, and days of 23 and 25 hours."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.local_time import LocalTime
from wattif_dagster.metering.household.load import HouseholdLoad
from wattif_dagster.metering.household.local_days import LocalDay, local_days, midnight
from wattif_dagster.metering.household.profile import relative_power
from wattif_dagster.metering.household.weather import hourly_temperatures
from wattif_dagster.metering.simulation import Simulation

BERLIN = LocalTime("Europe/Berlin", "DE")
SPRING, AUTUMN = date(2024, 3, 31), date(2024, 10, 27)
WINTER = date(2024, 1, 10)
SERIALS = np.arange(600)


def find(day: date, local_time: LocalTime = BERLIN) -> LocalDay:
    (found,) = (each for each in local_days(local_time, day) if each.date == day)
    return found


def fleet_kw(day: date, timezone: str = "UTC", holidays: str = "none") -> np.ndarray:
    simulation = Simulation(
        load="household", interval_seconds=900, timezone=timezone, holidays=holidays
    )
    return HouseholdLoad(simulation, day, len(SERIALS)).watts(SERIALS).mean(axis=0) / 1000


@pytest.mark.parametrize(("day", "hours"), [(WINTER, 24), (SPRING, 23), (AUTUMN, 25)])
def test_local_day_is_as_long_as_its_clocks_say(day: date, hours: int):
    assert (find(day).end - find(day).begin) / 3600 == hours


@given(
    zone=st.sampled_from(sorted(available_timezones())),
    day=st.dates(date(1971, 1, 1), date(2037, 1, 1)),
)
def test_local_days_cover_the_utc_day_once(zone: str, day: date):
    latest, *_ = days = [each for each in local_days(LocalTime(zone), day) if each.overlaps]
    assert latest.end >= 86_400
    assert days[-1].begin <= 0
    for later, earlier in pairwise(days):
        assert later.begin == earlier.end
    for each in days:
        assert midnight(LocalTime(zone), each.date) == datetime.combine(
            day, datetime.min.time(), UTC
        ) + timedelta(seconds=each.begin)


@given(
    zone=st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "UTC"]),
    day=st.dates(date(2000, 1, 1), date(2037, 1, 1)),
    clock=st.integers(0, 86_399),
)
def test_clocks_show_the_time_that_was_asked_for(zone: str, day: date, clock: int):
    second = int(find(day, LocalTime(zone)).at(np.array([clock]))[0])
    instant = datetime.combine(day, datetime.min.time(), UTC) + timedelta(seconds=second)
    shown = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    wanted = datetime.combine(day, datetime.min.time()) + timedelta(seconds=clock)
    exists = any(
        wanted.replace(tzinfo=ZoneInfo(zone), fold=fold)
        .astimezone(UTC)
        .astimezone(ZoneInfo(zone))
        .replace(tzinfo=None)
        == wanted
        for fold in (0, 1)
    )
    assert (shown == wanted) if exists else (shown > wanted)


def test_times_that_clocks_show_twice_are_either():
    first, second = find(AUTUMN).at(np.array([9000, 9001])).tolist()
    assert (first, second - first) == (1800, 3601)


@pytest.mark.parametrize("hours", [-8, 1, 5])
def test_fleet_lives_by_the_clocks_of_its_zone(hours: int):
    """Etc/GMT+8 is eight hours behind UTC."""
    kw = fleet_kw(WINTER, f"Etc/GMT{-hours:+d}")
    here = fleet_kw(WINTER)
    likeness = [np.corrcoef(np.roll(here, -4 * shift), kw)[0, 1] for shift in range(-12, 12)]
    assert np.argmax(likeness) - 12 == hours
    assert max(likeness) > 0.9


def test_evening_peak_moves_with_the_clocks():
    before, after = (
        fleet_kw(date(2024, 3, 27), "Europe/Berlin"),
        fleet_kw(date(2024, 4, 3), "Europe/Berlin"),
    )
    likeness = [np.corrcoef(np.roll(before, shift), after)[0, 1] for shift in (-4, 0, 4)]
    assert likeness[0] == max(likeness)


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_change_of_clocks_loses_and_repeats_no_energy(day: date):
    kwh = [fleet_kw(day + timedelta(days=d), "Europe/Berlin").mean() for d in (-7, 0, 7)]
    assert kwh[1] == pytest.approx((kwh[0] + kwh[2]) / 2, rel=0.08)


def test_holidays_are_lived_as_sundays():
    """The first of May 2024 was a Wednesday."""
    holiday, workday = (find(date(2024, 5, day)) for day in (1, 2))
    assert (holiday.is_holiday, holiday.is_workday) == (True, False)
    assert (workday.is_holiday, workday.is_workday) == (False, True)
    with_holidays = fleet_kw(date(2024, 5, 1), "Europe/Berlin", "DE")
    without = fleet_kw(date(2024, 5, 1), "Europe/Berlin")
    sunday, thursday = (relative_power(date(2024, 5, day)).reshape(96, 3) for day in (5, 2))
    expected = np.roll((sunday - thursday).mean(axis=1), -8)  # two hours earlier, by UTC
    assert np.corrcoef(with_holidays - without, expected)[0, 1] > 0.6


def test_uses_go_on_from_one_utc_day_into_the_next():
    today, tomorrow = (
        HouseholdLoad(
            Simulation(load="household", interval_seconds=60, timezone="America/Los_Angeles"),
            day,
            len(SERIALS),
        ).watts(SERIALS)
        for day in (WINTER, WINTER + timedelta(days=1))
    )
    assert np.corrcoef(today[:, -1], tomorrow[:, 0])[0, 1] > 0.9


def test_change_of_clocks_does_not_change_the_weather():
    simulation = Simulation(timezone="Europe/Berlin")
    warmest = [np.argmax(hourly_temperatures(simulation, day)) for day in (WINTER, SPRING, AUTUMN)]
    assert warmest == [14, 14, 14]
