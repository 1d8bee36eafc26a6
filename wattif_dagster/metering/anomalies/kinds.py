"""The kinds of anomalies: what each does, for how long, and which parameters it draws."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.anomalies import faults, theft
from wattif_dagster.metering.anomalies.episode import MeterDay
from wattif_dagster.metering.draws import Purpose, draw, fractions


@dataclass(frozen=True)
class Kind:
    """What a kind of anomaly does; `titles` has the names of the kinds."""

    report: Callable[[MeterDay], NDArray[np.int64]]
    """The readings that the meter gives for true ones."""
    parameters: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Their least and largest values; whole numbers where both are ints."""
    hours: tuple[int, int] | None = None
    """Shortest and longest; None for those that stay (Simulation.anomaly_days)."""
    copies: int = 1
    """How many times each reading arrives."""


KINDS = {
    "T1": Kind(theft.scaled, {"factor": (0.1, 0.8)}),
    "T2": Kind(theft.off_at_times, {"from_hour": (0, 23), "hours": (4, 12)}),
    "T3": Kind(theft.scaled_at_random),
    "T4": Kind(theft.mean_at_random),
    "T5": Kind(theft.constant_mean),
    "T6": Kind(theft.reversed_day),
    "T7": Kind(theft.clipped, {"share_of_high": (0.2, 0.6)}),
    "T8": Kind(theft.bypassed, {"share_of_mean": (0.3, 0.9)}),
    "F1": Kind(faults.stuck, hours=(3, 48)),
    "F2": Kind(faults.zero, hours=(2, 24)),
    "F3": Kind(faults.spike, {"kw": (20.0, 100.0), "second": (0, 3599)}, hours=(1, 1)),
    "F4": Kind(faults.clock_shift, {"hours": (3, 8)}),
    "F5": Kind(faults.reverse_flow, hours=(6, 72)),
    "F6": Kind(faults.as_measured, hours=(1, 12), copies=0),
    "F7": Kind(faults.as_measured, hours=(1, 12), copies=2),
    "F8": Kind(faults.tenfold),
    "F9": Kind(faults.thousandth),
    "F10": Kind(faults.drift, {"gain_per_day": (-0.02, 0.06)}),
    "F11": Kind(faults.noise, hours=(6, 72)),
}


def draw_parameters(seed: int, serial: int, kind: str) -> dict[str, float]:
    """The parameters of a meter's episode: uniform, to three decimals."""
    ranges = KINDS[kind].parameters
    numbers = np.arange(len(ranges))
    shares = fractions(draw(seed, Purpose.ANOMALY_PARAMETER, serial, numbers)).tolist()
    drawn: dict[str, float] = {}
    for (name, (low, high)), share in zip(ranges.items(), shares, strict=True):
        if isinstance(low, int) and isinstance(high, int):
            drawn[name] = low + int(share * (high - low + 1))
        else:
            drawn[name] = round(low + (high - low) * share, 3)
    return drawn
