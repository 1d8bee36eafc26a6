"""The days that a command is asked for."""

from datetime import UTC, date, datetime, timedelta

from wattif_dagster.errors import UserError
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.settings import Settings


def days_between(start: date, end: date) -> list[date]:
    """List the days from start to end, both included. Raises UserError when they are reversed."""
    if end < start:
        raise UserError(f"--end {end} is before --start {start}. Swap them.")
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def require_days_of_fleet(start: date, end: date, settings: Settings) -> list[date]:
    """List the days from start to end, all of them partitions of the assets.

    Raises UserError when they are reversed, begin before the fleet's first day, or are not over.
    """
    yesterday = find_yesterday()
    if start < settings.first_day:
        imported = settings.source.is_imported
        variable = "WATTIF_SOURCE__FIRST_DAY" if imported else "WATTIF_SIMULATION__START_DATE"
        raise UserError(
            f"--start {start} is before the fleet's first day, {settings.first_day}. "
            f"Begin there, or set {variable}."
        )
    if end > yesterday:
        raise UserError(f"--end {end} must be in the past (UTC): {yesterday} at the latest.")
    return days_between(start, end)


def require_first_days(count: int | None, simulation: Simulation) -> list[date]:
    """List the fleet's first days, all up to yesterday without a count.

    Raises UserError when some are not over, which no partition is then.
    """
    first, yesterday = simulation.first_day, find_yesterday()
    over = (yesterday - first).days + 1
    if over < 1:
        raise UserError(
            f"The fleet's first day, {first}, must be in the past (UTC). "
            f"Set WATTIF_SIMULATION__START_DATE to {yesterday} or before."
        )
    if count is not None and count > over:
        raise UserError(
            f"--days {count} is too many: {yesterday} is the last day that is over (UTC). "
            f"Give {over} or fewer, or set WATTIF_SIMULATION__START_DATE to an earlier day."
        )
    return [first + timedelta(days=n) for n in range(over if count is None else count)]


def find_yesterday() -> date:
    """Find the last day that is over (UTC)."""
    return datetime.now(UTC).date() - timedelta(days=1)
