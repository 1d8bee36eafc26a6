"""Issues serials to new meters: random numbers that were never issued before."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.bloom import SerialFilter
from wattif_dagster.metering.draws import Purpose, draw
from wattif_dagster.metering.simulation import SERIAL_SPACE

_BITS = SERIAL_SPACE.bit_length()
_MASK = np.uint32(2**_BITS - 1)
_ROUNDS = 4
_MOST_AT_ONCE = 2**16


class SerialsExhaustedError(ValueError):
    """More serials are needed than are left."""


def issue_serials(issued: SerialFilter, seed: int, day: date, count: int) -> NDArray[np.uint32]:
    """Draw `count` serial numbers that `issued` does not hold, and add them to it.

    The candidates are all numbers in a random order of that day, so none comes twice. A false
    positive of the filter costs its candidate. Raises SerialsExhaustedError when no number
    is left.
    """
    serials = np.empty(count, np.uint32)
    done, position, batch = 0, 0, count
    while done < count:
        if position > _MASK:
            raise SerialsExhaustedError(
                f"{day} needs {count:,} new serials, but only {done:,} of the {SERIAL_SPACE:,} "
                "numbers were free. Simulate a smaller fleet."
            )
        # Where few candidates pass, small batches would not get far.
        batch = min(2 * batch, _MOST_AT_ONCE)
        candidates = list_candidates(seed, day, position, position + batch)
        fresh = candidates[~issued.contains(candidates)][: count - done]
        issued.add(fresh)
        serials[done : done + len(fresh)] = fresh
        done += len(fresh)
        position += batch
    return serials


def list_candidates(seed: int, day: date, start: int, end: int) -> NDArray[np.uint32]:
    """List the serial numbers at positions start .. end-1 of the day's random order.

    A permutation of 0 .. 2**25-1, of which numbers outside of SERIAL_SPACE are left out. Each
    round multiplies by an odd number, adds, and folds the upper half onto the lower: all three can
    be undone modulo 2**25, so two positions never give the same number.
    """
    numbers = np.arange(start, min(end, int(_MASK) + 1), dtype=np.uint32)
    for key in draw(seed, Purpose.SERIAL, day.toordinal(), np.arange(_ROUNDS)):
        numbers *= np.uint32(key & _MASK) | np.uint32(1)
        numbers += np.uint32(key >> np.uint64(32))
        numbers &= _MASK
        numbers ^= numbers >> np.uint32((_BITS + 1) // 2)
    return numbers[numbers < SERIAL_SPACE]
