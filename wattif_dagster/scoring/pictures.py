"""A picture of single meters: what they report, beside what is expected of them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import isnan, nan
from typing import Any

from matplotlib.figure import Figure

from wattif_dagster.plotting import BAND, DPI, FLAG, VALUE, default_style, render_png
from wattif_dagster.threshold import THRESHOLD

WIDTH, HEIGHT = 11, 1.9
"""Of a panel, in inches."""
LEAST_TOP = 0.1
"""kW that are drawn however little is used."""


@default_style
def plot_curves(curves: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """Draw a panel for each curve by its title: the mean power of its hours, kW, the bounds of 99%
    around what is expected, and the flagged hours, as a PNG.

    Curves have the columns of results.SCORES_SCHEMA. NULLs are None. A flagged hour without a
    reading is marked at 0.
    """
    figure = Figure(figsize=(WIDTH, HEIGHT * max(1, len(curves))), dpi=DPI, layout="constrained")
    if not curves:
        figure.text(0.5, 0.5, "No meter is flagged.", ha="center")
    for number, (title, hours) in enumerate(curves.items()):
        panel = figure.add_subplot(len(curves), 1, number + 1)
        times = [row["time_hour_rolled"] for row in hours]
        lower, value, upper = (
            [nan if row[name] is None else row[name] for row in hours]
            for name in ("lower", "avg_kw", "upper")
        )
        label = "expected, 99%"
        panel.fill_between(
            times, lower, upper, color=BAND, alpha=0.5, lw=0, step="post", label=label
        )
        panel.step(times, value, where="post", color=VALUE, lw=1, label="reported")
        flagged = [row for row in hours if (row["anomaly_probability"] or 0) >= THRESHOLD]
        panel.scatter(
            [row["time_hour_rolled"] + timedelta(minutes=30) for row in flagged],
            [row["avg_kw"] or 0 for row in flagged],
            s=9,
            color=FLAG,
            zorder=3,
            label="flagged",
        )
        panel.set_ylim(*_find_limits(value, upper))
        days = times[::24]
        panel.set_xticks(days, [f"{day:%Y-%m-%d}" for day in days], fontsize=7)
        panel.set_title(title, loc="left", fontsize=9)
        panel.set_ylabel("kW", fontsize=8)
        panel.tick_params(axis="y", labelsize=7)
        panel.spines[["top", "right"]].set_visible(False)
        if not number:
            panel.legend(loc="upper right", ncols=3, frameon=False, fontsize=7)
    return render_png(figure)


def _find_limits(value: Sequence[float], upper: Sequence[float]) -> tuple[float, float]:
    """The kW drawn: bounds that are far beyond what is reported are cut off."""
    reported = [each for each in value if not isnan(each)] or [0]
    expected = max((each for each in upper if not isnan(each)), default=0)
    top = max(1.1 * max(reported), min(1.1 * expected, 2.5 * max(reported)), LEAST_TOP)
    return min(0, *reported) - 0.05 * top, top
