"""How restless homes are: nine statistics of their hours, beside those of real homes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.household.presets import PresetName

LEAST_KWH = 1.0
"""Homes that use less on a mean day are left out: nobody lives there."""
_FLOOR_PLACE = 2
"""The floor of a day is its third-smallest hour: that of fewer could be an error."""

LAGS = (1, 2, 24, 168)
AUTOCORRELATIONS = tuple(f"autocorrelation of hours, {lag} h apart" for lag in LAGS)
HOURS_VARY, DAYS_VARY = "variation of a home's hours", "variation of a home's days"
HOMES_DIFFER = "sigma of the logarithm of homes' means"
FLOOR_VARIES, FLOOR_JUMPS = "variation of a home's floor", "days on which a floor jumps by half"
NAMES = (*AUTOCORRELATIONS, HOURS_VARY, DAYS_VARY, HOMES_DIFFER, FLOOR_VARIES, FLOOR_JUMPS)

REAL_HOMES: Mapping[str, tuple[float, ...]] = {
    "617 homes": (0.46, 0.25, 0.36, 0.36, 0.91, 0.23, 0.50, 0.18, 0.07),
    "10 homes": (0.51, 0.28, 0.25, 0.28, 1.31, 0.49, 0.54, 0.54, 0.15),
    "475 Swiss homes": (0.35, 0.17, 0.56, 0.43, 0.73, 0.24, 0.69, 0.42, 0.20),
    "17 Californian homes": (0.70, 0.51, 0.50, 0.44, 0.83, 0.40, 0.22, 0.67, 0.26),
}
"""The statistics of real homes, in the order of NAMES; docs/homes.md says which they are."""

LIKE: Mapping[PresetName, tuple[str, ...]] = {
    "restless": ("617 homes", "10 homes"),
    "electric": ("475 Swiss homes",),
    "solar": ("17 Californian homes",),
}
"""The real homes that a preset is meant to resemble."""

_NEAR = dict(zip(AUTOCORRELATIONS, (0.08, 0.08, 0.08, 0.12), strict=True))
"""By how much an autocorrelation may be outside of those of real homes."""
_LIKE_FACTOR = 1.4
"""By which factor the other statistics may."""
_CALM = (
    (0.31, 0.47),
    (0.18, 0.34),
    (0.13, 0.29),
    (0.13, 0.29),
    (0.8, 1.4),
    (0.2, 0.4),
    (0.5, 0.8),
    (0.05, 0.2),
    (0.0, 0.07),
)


@dataclass(frozen=True)
class Bounds:
    """The bounds of a statistic, inclusive, and where they come from."""

    low: float
    high: float
    reference: str


def measure_restlessness(hours: NDArray[np.float64]) -> dict[str, float]:
    """The statistics by name, of mean kW of the shape (homes, days, 24).

    Those of single homes are of the median home. A floor jumps by half when it differs from that
    of the day before by more than half of the home's median floor.
    """
    lived_in = hours[hours.mean(axis=(1, 2)) * 24 >= LEAST_KWH]
    series = lived_in.reshape(len(lived_in), -1)
    mean, daily = series.mean(axis=1), lived_in.mean(axis=2)
    floor = np.sort(lived_in, axis=2)[:, :, _FLOOR_PLACE]
    usual = np.abs(np.median(floor, axis=1, keepdims=True))
    values = (
        *(_autocorrelation(series, lag) for lag in LAGS),
        float(np.median(series.std(axis=1) / mean)),
        float(np.median(daily.std(axis=1) / mean)),
        float(np.log(mean).std()),
        _median_variation(floor),
        float((np.abs(np.diff(floor, axis=1)) > usual / 2).mean()),
    )
    return dict(zip(NAMES, values, strict=True))


def find_bounds(preset: PresetName) -> dict[str, Bounds]:
    """The bounds of a preset by name: those of the real homes it resembles, widened a little."""
    if preset not in LIKE:
        own = (Bounds(low, high, "this project's target") for low, high in _CALM)
        return dict(zip(NAMES, own, strict=True))
    real = zip(*(REAL_HOMES[homes] for homes in LIKE[preset]), strict=True)
    return {
        name: Bounds(
            *_widen(name, min(values), max(values)),
            ", ".join(
                f"{value:.2f} of {homes}" for value, homes in zip(values, LIKE[preset], strict=True)
            ),
        )
        for name, values in zip(NAMES, real, strict=True)
    }


def _widen(name: str, low: float, high: float) -> tuple[float, float]:
    if name in _NEAR:
        return low - _NEAR[name], high + _NEAR[name]
    return low / _LIKE_FACTOR, high * _LIKE_FACTOR


def _autocorrelation(series: NDArray[np.float64], lag: int) -> float:
    deviations = series - series.mean(axis=1, keepdims=True)
    products = (deviations[:, lag:] * deviations[:, :-lag]).mean(axis=1)
    return float(np.median(products / (deviations**2).mean(axis=1)))


def _median_variation(floor: NDArray[np.float64]) -> float:
    """The median of standard deviation over mean, of homes whose mean is not 0."""
    mean = np.abs(floor.mean(axis=1))
    there = mean > 0
    return float(np.median(floor[there].std(axis=1) / mean[there]))
