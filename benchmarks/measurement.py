"""What a benchmark reports, and how it measures rates."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True)
class Measurement:
    """One figure. `ratio_to_baseline` says how many times better it is than its baseline.

    The baseline itself has 1.0, and a figure without a baseline has None.
    """

    group: str
    name: str
    value: float
    unit: str
    ratio_to_baseline: float | None = None


def per_second(work: Callable[[], int], repeats: int = 3) -> float:
    """Items per second of `work`, which returns how many it did. The best repeat counts."""
    best = 0.0
    for _ in range(repeats):
        start = perf_counter()
        done = work()
        best = max(best, done / (perf_counter() - start))
    return best


def compare(group: str, unit: str, rates: dict[str, float], baseline: str) -> list[Measurement]:
    """The rates of a group as measurements, compared with the one named `baseline`."""
    return [
        Measurement(group, name, rate, unit, rate / rates[baseline]) for name, rate in rates.items()
    ]
