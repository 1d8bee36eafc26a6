"""Local time agrees with zoneinfo and PyPI holidays, and unknown names are refused."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.local_time import LocalTime, check_region, check_timezone

ZONES = sorted(available_timezones())
HALF_HOURS = ["Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"]


@given(
    zone=st.sampled_from(ZONES) | st.sampled_from(HALF_HOURS),
    first=st.dates(date(1800, 1, 1), date(2200, 1, 1)),
    days=st.integers(0, 400),
    at=st.floats(0, 1, exclude_max=True),
)
def test_offsets_agree_with_zoneinfo(zone: str, first: date, days: int, at: float):
    offsets = LocalTime(zone).offsets(first, first + timedelta(days=days))
    midnight = datetime(first.year, first.month, first.day, tzinfo=UTC)
    assert offsets[0][0] == midnight
    assert [instant for instant, _ in offsets] == sorted({instant for instant, _ in offsets})
    moment = midnight + at * timedelta(days=days + 1)
    (*_, held) = (minutes for instant, minutes in offsets if instant <= moment)
    expected = moment.astimezone(ZoneInfo(zone)).utcoffset()
    assert expected is not None
    assert held == round(expected.total_seconds() / 60)


def test_offsets_change_at_the_second_of_a_clock_change():
    spring = LocalTime("Europe/Berlin").offsets(date(2024, 3, 1), date(2024, 3, 31))
    assert spring == [
        (datetime(2024, 3, 1, tzinfo=UTC), 60),
        (datetime(2024, 3, 31, 1, tzinfo=UTC), 120),
    ]
    by_half = LocalTime("Australia/Lord_Howe").offsets(date(2024, 4, 6), date(2024, 4, 6))
    assert by_half[1:] == [(datetime(2024, 4, 6, 15, tzinfo=UTC), 630)]


def test_utc_has_one_offset_on_all_days():
    assert LocalTime().offsets(date.min, date.max) == [(datetime(1, 1, 1, tzinfo=UTC), 0)]


def test_holidays_are_those_of_the_region():
    first, last = date(2023, 12, 25), date(2024, 1, 31)
    germany = [date(2023, 12, 25), date(2023, 12, 26), date(2024, 1, 1)]
    assert LocalTime().holidays(first, last) == []
    assert LocalTime(region="DE").holidays(first, last) == germany
    assert LocalTime(region="DE-BY").holidays(first, last) == [*germany, date(2024, 1, 6)]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Europe/Berln", "the nearest is Europe/Berlin"),
        ("berlin", "the nearest is Europe/Berlin"),
        ("Germany/Berlin", "the nearest is Europe/Berlin"),
        ("../etc/passwd", "use one like"),
        ("Europe", "the nearest is"),
        ("", "use one like"),
    ],
)
def test_unknown_time_zone_is_refused(name: str, hint: str):
    with pytest.raises(ValueError, match="is not an IANA time zone") as refusal:
        check_timezone(name)
    assert hint in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Germany", "write none, a country such as DE, or a part of one such as DE-BY"),
        ("DE-Bx", "; the nearest is DE-"),
        ("DE-", "; the nearest is DE-"),
        ("VA-XX", "; write VA"),
    ],
)
def test_unknown_holidays_are_refused(name: str, hint: str):
    with pytest.raises(ValueError, match="has no known holidays") as refusal:
        check_region(name)
    assert hint in str(refusal.value)


@pytest.mark.parametrize("name", ["none", "DE", "DE-BY", "US-CA"])
def test_known_holidays_are_accepted(name: str):
    assert check_region(name) == name
