"""Changes of life: who lives in a home, what comes to stay, and when nobody is there.

Each is a function of the seed, the serial and the local date, so that any day can be had alone.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.draws import Purpose, draw, fractions
from wattif_dagster.metering.household.presets import Preset

ARRIVALS = ("new_vehicles", "new_heat_pumps", "new_panels", "new_appliances")
"""The yearly rates, in a preset, of what comes to stay."""
NEVER = 2**31
"""The number of a day that no calendar reaches."""
LONGEST_VACANCY = 20
"""Days for which a home may stand empty before the next tenants move in."""

_DAYS_PER_YEAR = 365
_SHORTEST_VACANCY = 3
_SHORTEST_SPELL, _LONGEST_SPELL = 2, 10
"""Days of a vacation."""


@dataclass(frozen=True)
class Tenancies:
    """Who lives in homes on a date. Every array has the shape (homes,)."""

    number: NDArray[np.int64]
    """How many tenants there were before."""
    since: NDArray[np.int64]
    """The day, as an ordinal, on which the tenants before left; 0 for the first tenants."""
    vacant: NDArray[np.bool_]
    """Whether the home still stands empty."""


def tenancies(
    seed: int, preset: Preset, start: int, day: date, serials: NDArray[np.integer]
) -> Tenancies:
    """Who lives in these homes. Each home has tenancies of one length of its own.

    The first tenants are there before `start`, the ordinal of the fleet's first day. The lengths
    are uniform between half and one and a half times their mean.
    """
    shares = fractions(draw(seed, Purpose.TENANCY, np.arange(3)[:, np.newaxis], serials))
    mean = _DAYS_PER_YEAR / preset.new_tenants
    length = np.maximum((mean * (0.5 + shares[0])).astype(np.int64), 2 * LONGEST_VACANCY)
    elapsed = day.toordinal() - start + (shares[1] * length).astype(np.int64)
    number = np.maximum(elapsed // length, 0)
    since = np.where(number > 0, day.toordinal() - elapsed % length, 0)
    vacancy = _SHORTEST_VACANCY + (shares[2] * (LONGEST_VACANCY - _SHORTEST_VACANCY)).astype(int)
    return Tenancies(number, since, (number > 0) & (elapsed % length < vacancy))


def arrivals(
    seed: int, preset: Preset, start: int, serials: NDArray[np.integer]
) -> dict[str, NDArray[np.int64]]:
    """The day, as an ordinal, from which each of ARRIVALS is in the homes, or NEVER.

    Uniform over the years in which all homes get one; none comes before the fleet's first day.
    """
    words = draw(seed, Purpose.ARRIVAL, np.arange(len(ARRIVALS))[:, np.newaxis], serials)
    return {
        name: (
            start + (share * _DAYS_PER_YEAR / rate).astype(np.int64)
            if (rate := getattr(preset, name))
            else np.full(len(serials), NEVER)
        )
        for name, share in zip(ARRIVALS, fractions(words), strict=True)
    }


def spells(seed: int, chance: float, day: date, people: NDArray[np.integer]) -> NDArray[np.int64]:
    """Which spells last on the day: each one's length in days, 0 without, shape (ago, homes).

    The row `ago` is of spells that began so many days before. A spell is a vacation, or a visit to
    a holiday home.
    """
    ago = np.arange(_LONGEST_SPELL)[:, np.newaxis]
    words = draw(seed, Purpose.VACATION, day.toordinal() - ago, people)
    begins = fractions(words) < chance
    # The lowest bits decide nothing else.
    choices = np.uint64(_LONGEST_SPELL - _SHORTEST_SPELL + 1)
    length = _SHORTEST_SPELL + ((words & np.uint64(0x7FF)) % choices).astype(np.int64)
    return np.where(begins & (length > ago), length, 0)
