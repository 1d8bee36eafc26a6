"""Normal and exponential numbers from keyed draws, by tables that are the same everywhere.

Table entries are rounded to five decimals, a billion times coarser than the rounding errors of any
math library.
"""

from math import exp
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

_BITS = 12
_NORMAL = np.array([round(NormalDist().inv_cdf((i + 0.5) / 2**_BITS), 5) for i in range(2**_BITS)])
_EXP_LIMIT = 3
_EXP_STEPS = 512
_EXP = np.array(
    [
        round(exp(i / _EXP_STEPS), 5)
        for i in range(-_EXP_LIMIT * _EXP_STEPS, _EXP_LIMIT * _EXP_STEPS + 1)
    ]
)


def standard_normal(words: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Standard normal numbers, from -3.67 to 3.67, of the words' upper bits."""
    return _NORMAL[words >> np.uint64(64 - _BITS)]


def exponential(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """e to the power of numbers, to a fifth of a percent; those beyond -3 and 3 count as these."""
    limit = _EXP_LIMIT * _EXP_STEPS
    steps = np.rint(numbers * _EXP_STEPS).astype(np.int64).clip(-limit, limit)
    return _EXP[steps + limit]
