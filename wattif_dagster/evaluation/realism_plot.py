"""A plot of a week: one home, the fleet beside H25, and statistics beside those of real homes."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from wattif_dagster.metering.household.profile import relative_power
from wattif_dagster.metering.household.restlessness import NAMES, REAL_HOMES
from wattif_dagster.plotting import BAND, DPI, VALUE, default_style, render_png

DAYS = 7
SIZE_INCHES = (9.0, 7.2)
H25 = "H25 (BDEW), of the same mean"


@default_style
def plot_week(
    home: NDArray[np.float64],
    fleet: NDArray[np.float64],
    first: date,
    names: tuple[str, str],
    restlessness: Mapping[str, float],
) -> bytes:
    """A PNG of 900 x 720 pixels of the DAYS days from `first` on, a panel for home and for fleet.

    `home` and `fleet` are kW, of shape (DAYS, readings per day): a home's, and the mean of all. H25
    is drawn with the fleet's mean over the days. `names` are those of the two panels. The third
    panel has the fleet's `restlessness` by name on the ranges of real homes.
    """
    figure = Figure(figsize=SIZE_INCHES, dpi=DPI, layout="constrained")
    upper, lower, ranges = figure.subplots(3, 1, height_ratios=(1, 1, 1.5))
    _draw_ranges(ranges, restlessness)
    upper.fill_between(_days(home), home.ravel(), color=BAND, alpha=0.5, lw=0)
    upper.plot(_days(home), home.ravel(), color=VALUE, lw=0.8)
    h25 = np.array([relative_power(first + timedelta(days=number)) for number in range(DAYS)])
    h25 *= fleet.mean() / h25.mean()
    lower.fill_between(_days(h25), h25.ravel(), color=BAND, alpha=0.5, lw=0, label=H25)
    lower.plot(_days(fleet), fleet.ravel(), color=VALUE, lw=1.5, label="the fleet")
    lower.legend(loc="upper right", ncols=2, frameon=False, fontsize=8)
    for panel, name in zip((upper, lower), names, strict=True):
        _set_axes(panel, name)
    upper.set_xticks([])
    lower.set_xticks(
        np.arange(DAYS) + 0.5,
        [f"{first + timedelta(days=number):%a %d %b}" for number in range(DAYS)],
    )
    figure.suptitle(f"A week from {first}", fontsize=12, fontweight="bold")
    return render_png(figure)


def _draw_ranges(panel: Axes, restlessness: Mapping[str, float]) -> None:
    """Draw a row for each statistic: the sets of real homes, from least to most, and the fleet."""
    real = np.array([REAL_HOMES[homes] for homes in REAL_HOMES])
    for row, name in enumerate(NAMES):
        values = real[:, row]
        panel.barh(row, np.ptp(values), left=values.min(), height=0.6, color=BAND, alpha=0.5)
        panel.scatter(values, [row] * len(values), marker="|", color="black", s=40)
        panel.scatter(restlessness[name], row, color=VALUE, s=30, zorder=3)
    panel.set_title("this fleet on the range of four sets of real homes", loc="left", fontsize=10)
    panel.set_yticks(range(len(NAMES)), NAMES)
    panel.invert_yaxis()
    panel.set_xlim(left=0)
    panel.tick_params(labelsize=8)
    panel.tick_params(axis="y", length=0)
    panel.grid(axis="x", alpha=0.25)
    panel.spines[["top", "right", "left"]].set_visible(False)


def _days(kw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Middle of each reading, in days."""
    return (np.arange(kw.size) + 0.5) / kw.shape[1]


def _set_axes(panel: Axes, name: str) -> None:
    panel.set_title(name, loc="left", fontsize=10)
    panel.set_ylabel("kW", fontsize=9)
    panel.set_xlim(0, DAYS)
    panel.margins(y=0.25)
    panel.set_ylim(bottom=0)
    for midnight in range(DAYS + 1):
        panel.axvline(midnight, color="black", lw=0.5, alpha=0.15)
    panel.tick_params(labelsize=8)
    panel.tick_params(axis="x", length=0)
    panel.grid(axis="y", alpha=0.25)
    panel.spines[["top", "right"]].set_visible(False)
