"""The load a meter draws, in watts, before anything happens to it."""

from datetime import date
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.draws import GAMMA, Purpose, below, derive, draw, mix
from wattif_dagster.metering.simulation import Simulation


class Load(Protocol):
    """Readings of one day. A meter's depend on the simulation, the day and the serial alone.

    Loads are made as `Load(simulation, day, meters)`: their arrays are made once, for at most
    `meters` at a time.
    """

    readings_at_once: ClassVar[int]
    """Best made at a time: enough to hide the cost of a call, few enough to stay in cache."""

    @classmethod
    def bounds(cls, simulation: Simulation) -> tuple[int, int]:
        """No reading is smaller or larger, watts."""
        ...

    def watts(self, serials: NDArray[np.integer]) -> NDArray[np.int64]:
        """Each meter's readings, shape (meters, readings per day), until the next call."""
        ...


class UniformLoad:
    """Independent readings, uniform over 0, 1, .. 900 W.

    A meter's day depends on the seed, the day and the serial alone. The arrays are made once, for
    at most `meters` at a time: allocating them for each call would cost more than the draws.
    """

    highest: ClassVar[int] = 900
    readings_at_once: ClassVar[int] = 36_000

    def __init__(self, simulation: Simulation, day: date, meters: int) -> None:
        self._day = draw(simulation.seed, Purpose.LOAD, day.toordinal())
        # A word gives two readings; their number is even, being 24 times readings an hour.
        words_per_day = simulation.readings_per_day // 2
        self._steps = np.arange(words_per_day, dtype=np.uint64) * GAMMA
        self._words = np.empty((meters, words_per_day), np.uint64)
        self._scratch = np.empty_like(self._words)
        self._watts = np.empty((meters, 2 * words_per_day), np.int64)

    @classmethod
    def bounds(cls, simulation: Simulation) -> tuple[int, int]:  # noqa: ARG003
        """No reading is smaller or larger, watts."""
        return 0, cls.highest

    def watts(self, serials: NDArray[np.integer]) -> NDArray[np.int64]:
        """Each meter's readings, shape (meters, readings per day); they hold until the next call.

        The same numbers as `draw(seed, LOAD, day, serial, reading // 2)` gives.
        """
        meters = len(serials)
        words, watts = self._words[:meters], self._watts[:meters]
        np.add(derive(self._day, serials)[:, np.newaxis], self._steps, out=words)
        below(mix(words, self._scratch[:meters]), self.highest + 1, out=watts)
        return watts
