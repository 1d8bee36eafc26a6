"""The days that a command is asked for."""

from datetime import UTC, date, datetime, timedelta

import pytest

from wattif_dagster.cli.days import days_between, require_days_of_fleet, require_first_days
from wattif_dagster.errors import UserError
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.settings import Settings

FIRST = date(2024, 1, 1)
FLEET = Settings(simulation=Simulation(start_date="2024-01-01"))


def test_days_between_includes_both_ends() -> None:
    assert days_between(FIRST, FIRST) == [FIRST]
    assert days_between(date(2024, 2, 28), date(2024, 3, 1)) == [
        date(2024, 2, 28),
        date(2024, 2, 29),
        date(2024, 3, 1),
    ]


def test_days_of_fleet_go_from_its_first_to_yesterday() -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    days = require_days_of_fleet(FIRST, yesterday, FLEET)
    assert (days[0], days[-1]) == (FIRST, yesterday)


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (date(2024, 1, 3), date(2024, 1, 2), "--end 2024-01-02 is before --start 2024-01-03. Swap"),
        (
            date(2023, 12, 31),
            FIRST,
            "2023-12-31 is before the fleet's first day, 2024-01-01. Begin",
        ),
        (FIRST, date.max, r"--end 9999-12-31 must be in the past \(UTC\): 20"),
    ],
)
def test_days_outside_of_the_fleet_are_refused(start: date, end: date, said: str) -> None:
    with pytest.raises(UserError, match=said):
        require_days_of_fleet(start, end, FLEET)


def test_today_is_refused() -> None:
    with pytest.raises(UserError, match="must be in the past"):
        require_days_of_fleet(FIRST, datetime.now(UTC).date(), FLEET)


def test_first_days_must_all_be_in_the_past() -> None:
    today = datetime.now(UTC).date()
    begun = Simulation(start_date=str(today - timedelta(days=3)))
    assert require_first_days(2, begun) == [today - timedelta(days=n) for n in (3, 2)]
    with pytest.raises(UserError, match=r"--days 4 is too many: .* Give 3 or fewer, or set"):
        require_first_days(4, begun)
    with pytest.raises(UserError, match="Give 3 or fewer"):
        require_first_days(10**12, begun)
    with pytest.raises(
        UserError, match=r"must be in the past .* Set WATTIF_SIMULATION__START_DATE to 2"
    ):
        require_first_days(1, Simulation(start_date=str(today)))
