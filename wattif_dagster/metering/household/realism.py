"""How lifelike a load is: statistics of a fleet beside what is published of real ones."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.consumption import Consumption
from wattif_dagster.metering.household.presets import PresetName
from wattif_dagster.metering.household.profile import relative_power
from wattif_dagster.metering.household.restlessness import find_bounds, measure_restlessness
from wattif_dagster.metering.simulation import Simulation

FEWEST_HOMES, FEWEST_DAYS = 100, 8
"""Some statistics are not defined for less: the peak of 100 homes, hours a week apart."""
JUDGED_HOMES, JUDGED_DAYS = 1000, 28
"""The bounds are meant for at least so many."""
_WINTER = (12, 1, 2)
_SAMPLES = 100
"""Groups of homes over which a statistic of groups is a mean."""

_OWN = "this project's target"
_CREST = "in a port of the CREST model (Richardson et al. 2010)"


@dataclass(frozen=True)
class Statistic:
    """A measured number, the bounds it should keep to, and where they come from."""

    name: str
    value: float
    low: float
    high: float
    reference: str

    @property
    def holds(self) -> bool:
        """Whether the value is within its bounds, inclusive."""
        return self.low <= self.value <= self.high


def bounds_apply(homes: int, first: date, days: int) -> bool:
    """Whether the bounds are meant for so many homes on these days, all of them of winter."""
    winter = all((first + timedelta(days=number)).month in _WINTER for number in range(days))
    return homes >= JUDGED_HOMES and days >= JUDGED_DAYS and winter


def half_hours(
    simulation: Simulation,
    serials: NDArray[np.integer],
    first: date,
    days: int,
    tell: Callable[[int], None] = lambda _: None,
) -> NDArray[np.float64]:
    """Mean kW of each home and half-hour, shape (homes, days, 48); loads as the settings say.

    `tell` is told the number of days done.
    """
    return mean_kw(simulation, serials, first, days, 1800, tell)


def mean_kw(
    simulation: Simulation,
    serials: NDArray[np.integer],
    first: date,
    days: int,
    seconds: int,
    tell: Callable[[int], None] = lambda _: None,
) -> NDArray[np.float64]:
    """As half_hours, of intervals of so many seconds: shape (homes, days, intervals of a day).

    A reading is a mean over its interval, so that intervals are had as readings.
    """
    simulation = simulation.model_copy(update={"interval_seconds": seconds})
    kw = np.empty((len(serials), days, simulation.readings_per_day))
    for number in range(days):
        consumption = Consumption(simulation, first + timedelta(days=number), len(serials))
        kw[:, number] = consumption.watts(serials) / 1000
        tell(number + 1)
    return kw


def realism(kw: NDArray[np.float64], first: date, preset: PresetName = "calm") -> list[Statistic]:
    """The statistics of some weeks: mean kW, shape (homes, days, 48), from `first` on.

    At least FEWEST_HOMES and FEWEST_DAYS; `bounds_apply` says for what the bounds are meant. What
    is published of households at large applies to `calm`; other presets resemble certain homes.
    """
    hours = kw.reshape(*kw.shape[:2], 24, 2).mean(axis=3)
    bounds = find_bounds(preset)
    restlessness = [
        Statistic(name, value, bounds[name].low, bounds[name].high, bounds[name].reference)
        for name, value in measure_restlessness(hours).items()
    ]
    return [*(_published(kw, first) if preset == "calm" else []), *restlessness]


def _published(kw: NDArray[np.float64], first: date) -> list[Statistic]:
    """The statistics of which there are published figures.

    Sources: Richardson, Thomson, Infield, Clifford: "Domestic Electricity Use: A High-Resolution
    Energy Demand Model", Energy and Buildings 42(10), 2010. Konstantelos, Sun, Strbac: "Quantifying
    Demand Diversity of Households", Low Carbon London, Imperial College London, 2014. Ofgem's
    typical domestic consumption values, 2023. BDEW's standard load profile H25, 2025.
    """
    series = kw.reshape(len(kw), -1)
    hours = series.reshape(len(kw), -1, 2).mean(axis=2)
    relative = hours / hours.mean(axis=1, keepdims=True)
    load_factor = series.mean(axis=1) / series.max(axis=1)
    return [
        Statistic(
            "daily energy, median home, kWh",
            float(np.median(kw.mean(axis=(1, 2))) * 24),
            *(7, 12, "2,700 kWh a year (Ofgem 2023) and a winter's surplus"),
        ),
        Statistic(
            "fleet's peak, hour of the day",
            float(kw.mean(axis=(0, 1)).argmax() / 2),
            *(17.5, 20, "18 to 19 on workdays of winter: H25 (BDEW 2025)"),
        ),
        Statistic(
            "correlation of the fleet's workday with H25",
            _likeness(kw, first),
            *(0.97, 1, "H25 (BDEW 2025)"),
        ),
        Statistic("load factor, median home", float(np.median(load_factor)), 0.06, 0.15, _OWN),
        _coincidence(series, 5, 0.49, f"0.51 {_CREST}"),
        _coincidence(series, 10, 0.38, f"0.41 {_CREST}"),
        _coincidence(series, 20, 0.33, f"0.35 {_CREST}"),
        Statistic(
            "peak per home of 100 homes, kW",
            float(_over_groups(series, 100, lambda group: group.mean(axis=0).max())),
            *(0.8, 1.8, "0.54 to 1.78 by kind of home in London (Konstantelos et al. 2014)"),
        ),
        Statistic(
            "skewness of hours",
            float(((relative - 1) ** 3).mean() / ((relative - 1) ** 2).mean() ** 1.5),
            *(1.5, np.inf, _OWN),
        ),
    ]


def _likeness(kw: NDArray[np.float64], first: date) -> float:
    days = [first + timedelta(days=number) for number in range(kw.shape[1])]
    workdays = [number for number, day in enumerate(days) if day.weekday() < 5]
    expected = np.mean([relative_power(days[number]) for number in workdays], axis=0)
    by_hour = expected.reshape(24, -1).mean(axis=1)
    fleet = kw[:, workdays].mean(axis=(0, 1)).reshape(24, 2).mean(axis=1)
    return float(np.corrcoef(by_hour, fleet)[0, 1])


def _coincidence(series: NDArray[np.float64], size: int, middle: float, source: str) -> Statistic:
    def factor(group: NDArray[np.float64]) -> float:
        return group.sum(axis=0).max() / group.max(axis=1).sum()

    value = _over_groups(series, size, factor)
    name = f"coincidence factor of {size} homes"
    return Statistic(name, value, middle - 0.06, middle + 0.06, source)


def _over_groups(
    series: NDArray[np.float64], size: int, of: Callable[[NDArray[np.float64]], float]
) -> float:
    random = np.random.default_rng(0)
    groups = (random.choice(len(series), size, replace=False) for _ in range(_SAMPLES))
    return float(np.mean([of(series[group]) for group in groups]))
