"""A fleet incident: an outage or a surge of a share of the meters for some hours of one day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.draws import Purpose, draw, fractions
from wattif_dagster.metering.simulation import Simulation, parse_day

INCIDENT_FACTORS = {"outage": 0, "surge": 3}
"""What an incident multiplies a reading by."""


@dataclass(frozen=True)
class IncidentLabel:
    """The label of a day: what happened, when (ISO 8601, UTC, end exclusive), to which share."""

    kind: str
    starts_at: str
    ends_at: str
    share: float


def incident_label(simulation: Simulation, day: date) -> IncidentLabel | None:
    """The incident of that day, or None."""
    if not _happens_on(simulation, day):
        return None
    start = datetime.combine(day, time(simulation.incident_start_hour), UTC)
    end = start + timedelta(hours=simulation.incident_hours)
    return IncidentLabel(
        kind=simulation.incident,
        starts_at=f"{start:%Y-%m-%dT%H:%M:%SZ}",
        ends_at=f"{end:%Y-%m-%dT%H:%M:%SZ}",
        share=simulation.incident_share,
    )


def touched_meters(simulation: Simulation, serials: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Which meters an incident touches: each with the probability `incident_share`."""
    chance = fractions(draw(simulation.seed, Purpose.INCIDENT, serials))
    return chance < simulation.incident_share


def apply_incident(
    simulation: Simulation, day: date, serials: NDArray[np.integer], watts: NDArray[np.int64]
) -> None:
    """Change the readings, shape (meters, readings per day), that the day's incident touches."""
    if not _happens_on(simulation, day):
        return
    first = simulation.incident_start_hour * simulation.readings_per_hour
    end = first + simulation.incident_hours * simulation.readings_per_hour
    watts[touched_meters(simulation, serials), first:end] *= INCIDENT_FACTORS[simulation.incident]


def _happens_on(simulation: Simulation, day: date) -> bool:
    return (
        simulation.incident != "none"
        and simulation.incident_date is not None
        and parse_day(simulation.incident_date) == day
    )
