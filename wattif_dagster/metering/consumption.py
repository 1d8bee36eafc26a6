"""What meters truly draw on a day: their load, and what a fleet incident makes of it."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.household.load import HouseholdLoad
from wattif_dagster.metering.incidents import INCIDENT_FACTORS, apply_incident
from wattif_dagster.metering.load import Load, UniformLoad
from wattif_dagster.metering.simulation import Simulation

LOADS: dict[str, type[UniformLoad] | type[HouseholdLoad]] = {
    "uniform": UniformLoad,
    "household": HouseholdLoad,
}


class Consumption:
    """The true readings of any meters on one day. Not for use by two threads at once."""

    def __init__(self, simulation: Simulation, day: date, most_meters: int | None = None) -> None:
        """`most_meters` bounds the meters asked for at a time; unless said, what is fastest."""
        kind = LOADS[simulation.load]
        self.meters_at_once = most_meters or max(
            1, kind.readings_at_once // simulation.readings_per_day
        )
        self._simulation = simulation
        self._day = day
        self._load: Load = kind(simulation, day, self.meters_at_once)

    def watts(self, serials: NDArray[np.integer]) -> NDArray[np.int64]:
        """Readings of at most `meters_at_once` meters, shape (meters, readings per day).

        They hold until the next call.
        """
        watts = self._load.watts(serials)
        apply_incident(self._simulation, self._day, serials, watts)
        return watts


def true_bounds(simulation: Simulation) -> tuple[int, int]:
    """No true reading is smaller or larger, watts."""
    factor = max(1, INCIDENT_FACTORS.get(simulation.incident, 1))
    lowest, highest = LOADS[simulation.load].bounds(simulation)
    return lowest * factor, highest * factor
