"""Keyed random draws: a pure function of the seed and of what is drawn, in any order, any batch.

SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014)
read as a counter-based generator: its n-th output is `mix(state + n * GAMMA)`, so any output can be
had without the ones before it.
"""

from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

GAMMA = np.uint64(0x9E3779B97F4A7C15)
_ROUNDS = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
_LAST_SHIFT = np.uint64(31)


class Purpose(IntEnum):
    """What a draw is for; keeps draws over the same meter or day apart."""

    LOAD = 1
    INCIDENT = 2
    SERIAL = 3
    SEGMENT = 4
    RETIREMENT = 5
    HOME = 6
    ROUTINE = 7
    VACATION = 8
    APPLIANCE = 9
    HABIT = 10
    CHARGING = 11
    TEMPERATURE = 12
    ANOMALY = 13
    ANOMALY_PARAMETER = 14
    ANOMALY_READING = 15
    STANDBY = 16
    TENANCY = 17
    ARRIVAL = 18
    FIXTURE = 19
    TIMER = 20
    SUNSHINE = 21
    METER = 22
    GAP = 23
    HOUSE = 24


def draw(seed: int, purpose: Purpose, *keys: ArrayLike) -> NDArray[np.uint64]:
    """64 random bits for each combination of the keys: non-negative integers, broadcast.

    The result has at least one dimension.
    """
    known = 0
    while known < len(keys) and isinstance(keys[known], int):
        known += 1
    state = _state(seed, purpose, *keys[:known])
    for key in keys[known:]:
        state = derive(state, key)
    return state if known < len(keys) else state.copy()


@lru_cache(maxsize=4096)
def _state(seed: int, *keys: int) -> NDArray[np.uint64]:
    state = mix(np.array([seed], np.uint64))
    for key in keys:
        state = derive(state, key)
    return state


def derive(states: NDArray[np.uint64], key: ArrayLike) -> NDArray[np.uint64]:
    """The key-th output of the generator with each of these states: `draw` with one more key."""
    return mix(states + np.atleast_1d(key).astype(np.uint64) * GAMMA)


def mix(words: NDArray[np.uint64], scratch: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """SplitMix64's output function, applied to each word in place; returns `words`."""
    scratch = np.empty_like(words) if scratch is None else scratch
    for shift, multiplier in _ROUNDS:
        np.right_shift(words, shift, out=scratch)
        words ^= scratch
        words *= multiplier
    np.right_shift(words, _LAST_SHIFT, out=scratch)
    words ^= scratch
    return words


def below(words: NDArray[np.uint64], bound: int, out: NDArray[np.int64]) -> None:
    """Make two integers in 0 .. bound-1 of each word; `out` is twice as long on the last axis.

    Multiply-and-shift of each 32-bit half: the bias is below bound / 2**32.
    """
    scaled = out.view(np.uint64)
    np.multiply(words.view("<u4"), np.uint64(bound), out=scaled)
    scaled >>= np.uint64(32)


def fractions(words: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Each word's upper 53 bits as a number in [0, 1)."""
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
