"""Appliances switched on at will, as shot noise: rectangles at random times of the profile.

A kind has slots. The first ones are used on a day with the preset's chance, as many as it takes for
the mean number of uses that spends the day's energy; the next with what chance is left, the others
never. So a day has a binomial number of uses. Most uses keep to an hour that belongs to their slot.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.draws import GAMMA, Purpose, derive, draw, fractions, mix
from wattif_dagster.metering.household.homes import Homes
from wattif_dagster.metering.household.local_days import LocalDay
from wattif_dagster.metering.household.presets import PRESETS, Preset
from wattif_dagster.metering.household.profile import StartTimes
from wattif_dagster.metering.household.pulses import Pulses
from wattif_dagster.metering.household.quantiles import exponential, standard_normal
from wattif_dagster.metering.lines import SECONDS_PER_DAY


class Kind(NamedTuple):
    """Power in watts and length in seconds, uniform between two ends; share of energy at will."""

    watts: tuple[int, int]
    seconds: tuple[int, int]
    share: float
    slots: int

    @property
    def watt_hours(self) -> float:
        """Mean energy of a use."""
        return sum(self.watts) / 2 * sum(self.seconds) / 2 / 3600


SHOWER = 3
KINDS = (
    Kind((2200, 3000), (120, 240), 0.05, 32),  # kettle
    Kind((1000, 2200), (300, 1800), 0.16, 24),  # hob, oven
    Kind((1800, 2300), (600, 1800), 0.12, 16),  # heating phase of a washer or dishwasher
    Kind((7000, 9500), (240, 600), 0.03, 8),  # electric shower
    Kind((150, 450), (3600, 18_000), 0.46, 32),  # television, computer, lighting
    Kind((300, 1200), (60, 600), 0.06, 48),  # microwave, vacuum cleaner, iron
    Kind((1500, 2500), (1800, 5400), 0.12, 8),  # tumble dryer
)
_MIX_SIGMA = 0.35
_WEEKEND_PHASE = 0.6
"""Of a home's phase: on weekends homes are more alike."""

_SLOTS = np.array([kind.slots for kind in KINDS])
_SLOT_KIND = np.repeat(np.arange(len(KINDS)), _SLOTS)
_SLOT_STEPS = np.arange(len(_SLOT_KIND), dtype=np.uint64) * GAMMA
_SLOT_RANK = np.concatenate([np.arange(slots) for slots in _SLOTS])
_USES_OF_ENERGY = np.array([[1 / kind.watt_hours] for kind in KINDS])
_WATTS = np.array([kind.watts for kind in KINDS])
_SECONDS = np.array([kind.seconds for kind in KINDS])


def appliance_mix(seed: int, homes: Homes, preset: Preset = PRESETS["calm"]) -> NDArray[np.float64]:
    """Each kind's share of a home's energy at will, shape (kinds, homes)."""
    kinds = np.arange(len(KINDS))[:, np.newaxis]
    words = draw(seed, Purpose.APPLIANCE, kinds, homes.people)
    weights = exponential(_MIX_SIGMA * standard_normal(words))
    weights *= np.array([[kind.share] for kind in KINDS])
    weights[SHOWER] *= homes.has_shower / preset.shower_share
    total = np.zeros(len(homes))
    for weight in weights:
        total += weight
    return weights / total


def appliance_pulses(
    seed: int,
    day: LocalDay,
    homes: Homes,
    mixed: NDArray[np.float64],
    watt_hours: NDArray[np.float64],
    preset: Preset = PRESETS["calm"],
) -> Pulses:
    """The day's uses in homes with this mix that are to spend this energy; ends may lie behind."""
    state = draw(seed, Purpose.APPLIANCE, len(KINDS), day.date.toordinal())
    slots = mix(derive(state, homes.people)[:, np.newaxis] + _SLOT_STEPS)
    uses = (mixed * watt_hours * _USES_OF_ENERGY).T
    regular = np.maximum(uses / _SLOTS, preset.regular)[:, _SLOT_KIND]
    chance = np.minimum(uses[:, _SLOT_KIND] - regular * _SLOT_RANK, regular)
    home, slot = (fractions(slots) < chance).nonzero()
    kind = _SLOT_KIND[slot]

    fresh = _sixteen_bits(derive(slots[home, slot], 0))
    habits = derive(derive(draw(seed, Purpose.HABIT), homes.people)[home], slot)
    by_habit = fresh[:, 0] < int(preset.habitual * 65_536)
    rank = np.where(by_habit, _sixteen_bits(habits)[:, 0], fresh[:, 1])
    start = StartTimes(day.date, day.is_holiday).at(homes.sharpness[home], rank)
    start += np.where(by_habit, (fresh[:, 1] - 32_768) * preset.habit_seconds >> 16, 0)
    phase = homes.phase if day.is_workday else (homes.phase * _WEEKEND_PHASE).astype(np.int64)
    seconds = _between(_SECONDS[kind], fresh[:, 2])
    # The profile says when power flows, so the middle of a use follows it.
    start = day.at((start + phase[home] - (seconds >> 1)) % SECONDS_PER_DAY)
    return Pulses(
        home=home,
        start=start,
        end=start + seconds,
        watts=_between(_WATTS[kind], fresh[:, 3]),
    )


def _sixteen_bits(words: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Four integers in 0 .. 2**16 - 1 of each word, shape (words, 4)."""
    return words.astype("<u8").view("<u2").reshape(-1, 4).astype(np.int64)


def _between(ends: NDArray[np.int64], ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    return ends[:, 0] + ((ends[:, 1] - ends[:, 0]) * ranks >> 16)
