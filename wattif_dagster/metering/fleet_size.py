"""How many meters a fleet has day by day, and whether there are serials for them."""

from datetime import date

from wattif_dagster.metering.issuing import SerialsExhaustedError
from wattif_dagster.metering.simulation import SERIAL_SPACE, Simulation

GROWTH_DAYS = 3650
"""The filter of issued serials has room for the first fleet and this many days of new meters."""


def serial_capacity(simulation: Simulation) -> int:
    """Count the serials that may be issued. It depends on the simulation alone, so that every
    day's filter has the same size."""
    growth = GROWTH_DAYS * simulation.daily_new_meters
    return min(simulation.meters + growth, SERIAL_SPACE)


def require_serials(simulation: Simulation, day: date | str, issued: int) -> None:
    """Raise SerialsExhaustedError when the fleet of that day needs more serials than there are."""
    capacity = serial_capacity(simulation)
    if issued > capacity:
        raise SerialsExhaustedError(
            f"The fleet of {day} needs {issued:,} serials, but there are only {capacity:,}: "
            f"its first meters and {GROWTH_DAYS} days of new ones, at most {SERIAL_SPACE:,}. "
            "Simulate a smaller fleet."
        )


def retiring_meters(simulation: Simulation, meters: int) -> int:
    """Count the meters, of so many, that retire on the next day: never all."""
    return min(simulation.daily_retired_meters, meters - 1)


def meters_by_day(simulation: Simulation, days: int) -> list[int]:
    """Count the meters on each of the fleet's first days. Raises SerialsExhaustedError."""
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
