"""How many meters a fleet has day by day, and whether there are serials for them."""

from datetime import date

from wattif_dagster.metering.issuing import SerialsExhaustedError
from wattif_dagster.metering.simulation import SERIAL_SPACE, Simulation

GROWTH_DAYS = 3650
"""The filter of issued serials has room for the first fleet and this many days of new meters."""


def serial_capacity(simulation: Simulation) -> int:
    """Serials that may be issued; a function of the simulation alone, so that every day's filter
    has the same bits."""
    growth = GROWTH_DAYS * simulation.daily_new_meters
    return min(simulation.meters + growth, SERIAL_SPACE)


def require_serials(simulation: Simulation, day: date | str, issued: int) -> None:
    """Raises SerialsExhaustedError when the fleet of that day needs more than there are."""
    capacity = serial_capacity(simulation)
    if issued > capacity:
        raise SerialsExhaustedError(
            f"the fleet of {day} needs {issued:,} serials, and there are "
            f"{capacity:,} for it: its first meters and {GROWTH_DAYS} days of new ones, "
            f"{SERIAL_SPACE:,} at most"
        )


def retiring_meters(simulation: Simulation, meters: int) -> int:
    """Of so many meters, those that retire on the next day: never all."""
    return min(simulation.daily_retired_meters, meters - 1)


def meters_by_day(simulation: Simulation, days: int) -> list[int]:
    """Meters on each of the fleet's first days. Raises SerialsExhaustedError."""
    issued = meters = simulation.meters
    counts = []
    for number in range(days):
        if number:
            new = simulation.daily_new_meters
            meters += new - retiring_meters(simulation, meters)
            issued += new
        require_serials(simulation, f"day {number + 1}", issued)
        counts.append(meters)
    return counts
