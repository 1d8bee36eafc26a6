"""Which meters have which anomaly, and when."""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.anomalies.episode import Episode
from wattif_dagster.metering.anomalies.kinds import KINDS, draw_parameters
from wattif_dagster.metering.draws import Purpose, draw, fractions
from wattif_dagster.metering.simulation import Simulation


def episodes_on(simulation: Simulation, day: date, serials: NDArray[np.integer]) -> list[Episode]:
    """The episodes of these meters that touch the day, in the order of the serials.

    Each meter has one with the probability `anomaly_share`, of any of the kinds with the same
    probability, that begins at any hour of the onset days.
    """
    names = simulation.kinds_of_anomalies
    if not names:
        return []
    words = draw(simulation.seed, Purpose.ANOMALY, np.arange(4)[:, np.newaxis], serials)
    afflicted, which, onset, length = fractions(words)
    kind = (which * len(names)).astype(np.int64)
    shortest, longest = np.array([_hours(simulation, name) for name in names])[kind].T
    # In hours since the start of the fleet.
    start = simulation.anomaly_onset_day * 24
    start = start + (onset * simulation.anomaly_onset_days * 24).astype(np.int64)
    end = start + shortest + (length * (longest - shortest + 1)).astype(np.int64)
    today = (day - simulation.first_day).days * 24
    active = (afflicted < simulation.anomaly_share) & (start < today + 24) & (end > today)

    epoch = datetime.combine(simulation.first_day, time(), UTC)
    return [
        Episode(
            serial=int(serials[at]),
            kind=names[kind[at]],
            starts_at=epoch + timedelta(hours=int(start[at])),
            ends_at=epoch + timedelta(hours=int(end[at])),
            parameters=draw_parameters(simulation.seed, int(serials[at]), names[kind[at]]),
        )
        for at in active.nonzero()[0]
    ]


def _hours(simulation: Simulation, name: str) -> tuple[int, int]:
    return KINDS[name].hours or (simulation.anomaly_days * 24, simulation.anomaly_days * 24)
