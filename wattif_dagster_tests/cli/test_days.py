"""The days that a command is asked for."""

from datetime import UTC, date, datetime, timedelta

import pytest

from wattif_dagster.cli.days import days_between, days_of_the_fleet, first_days_of_the_fleet
from wattif_dagster.errors import UserError
from wattif_dagster.metering.simulation import Simulation

FIRST = date(2024, 1, 1)
FLEET = Simulation(start_date="2024-01-01")


def test_both_ends_are_included() -> None:
    assert days_between(FIRST, FIRST) == [FIRST]
    assert days_between(date(2024, 2, 28), date(2024, 3, 1)) == [
        date(2024, 2, 28),
        date(2024, 2, 29),
        date(2024, 3, 1),
    ]


def test_days_of_the_fleet_go_from_its_first_to_yesterday() -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    days = days_of_the_fleet(FIRST, yesterday, FLEET)
    assert (days[0], days[-1]) == (FIRST, yesterday)


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (date(2024, 1, 3), date(2024, 1, 2), "--end 2024-01-02 is before --start 2024-01-03; swap"),
        (
            date(2023, 12, 31),
            FIRST,
            "2023-12-31 is before the fleet's first day, 2024-01-01; begin",
        ),
        (FIRST, date.max, r"--end 9999-12-31 is not over \(UTC\); end on 20"),
    ],
)
def test_other_days_are_refused(start: date, end: date, said: str) -> None:
    with pytest.raises(UserError, match=said):
        days_of_the_fleet(start, end, FLEET)


def test_today_is_not_over() -> None:
    with pytest.raises(UserError, match="is not over"):
        days_of_the_fleet(FIRST, datetime.now(UTC).date(), FLEET)


def test_the_first_days_are_refused_unless_all_are_over() -> None:
    today = datetime.now(UTC).date()
    begun = Simulation(start_date=str(today - timedelta(days=3)))
    assert first_days_of_the_fleet(2, begun) == [today - timedelta(days=n) for n in (3, 2)]
    with pytest.raises(UserError, match=r"--days 4 go on after .*; give 3 or fewer, or set"):
        first_days_of_the_fleet(4, begun)
    with pytest.raises(UserError, match="give 3 or fewer"):
        first_days_of_the_fleet(10**12, begun)
    with pytest.raises(UserError, match=r"is not over .*; set WATTIF_SIMULATION__START_DATE to 2"):
        first_days_of_the_fleet(1, Simulation(start_date=str(today)))
