"""Benign changes: what a detector may flag in a home where nothing is wrong.

A change that stays is labelled for LABELLED_DAYS; from then on it is the home's own history.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.anomalies.episode import Episode
from wattif_dagster.metering.household.changes import arrivals, spells, tenancies
from wattif_dagster.metering.household.homes import homes, people_of
from wattif_dagster.metering.household.local_days import local_days, midnight
from wattif_dagster.metering.simulation import Simulation

LABELLED_DAYS = 28

_KINDS = {
    "new_vehicles": "B2",
    "new_heat_pumps": "B3",
    "new_panels": "B5",
    "new_appliances": "B6",
}
"""The kind of each of changes.ARRIVALS."""


def changes_on(simulation: Simulation, day: date, serials: NDArray[np.integer]) -> list[Episode]:
    """The changes of life that touch the UTC day, by serial, kind and start.

    They begin and end at local midnights. The homes of the preset `calm` have no labels.
    """
    if not simulation.preset.has_changes:
        return []
    days = [each.date for each in local_days(simulation.local_time, day) if each.overlaps]
    found = {
        (int(serials[at]), kind, first, length)
        for today in days
        for kind, first_days, lengths in _changes(simulation, today, serials)
        for at in (lengths > 0).nonzero()[0]
        for first, length in [(int(first_days[at]), int(lengths[at]))]
    }
    return [_episode(simulation, *change) for change in sorted(found)]


def _changes(
    simulation: Simulation, today: date, serials: NDArray[np.integer]
) -> Iterator[tuple[str, NDArray[np.int64], NDArray[np.int64]]]:
    """Yield each kind with its first day, as an ordinal, and its days; 0 where it is not there."""
    seed, preset, ordinal = simulation.seed, simulation.preset, today.toordinal()
    start = simulation.first_day.toordinal()

    def lately(first: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.where((first <= ordinal) & (ordinal < first + LABELLED_DAYS), LABELLED_DAYS, 0)

    held = tenancies(seed, preset, start, today, serials)
    yield "B1", held.since, lately(held.since)
    people = people_of(serials, held)
    home = homes(seed, people, preset)
    for name, first in arrivals(seed, preset, start, serials).items():
        # A home that has a vehicle already charges no second one.
        new = ~home.has_vehicle if name == "new_vehicles" else True
        yield _KINDS[name], first, lately(first) * new
    for ago, length in enumerate(spells(seed, preset.vacation_chance, today, people)):
        yield "B4", np.full(len(serials), ordinal - ago), length


def _episode(simulation: Simulation, serial: int, kind: str, first: int, length: int) -> Episode:
    begin = date.fromordinal(first)
    return Episode(
        serial=serial,
        kind=kind,
        starts_at=midnight(simulation.local_time, begin),
        ends_at=midnight(simulation.local_time, begin + timedelta(days=length)),
        parameters={},
    )
