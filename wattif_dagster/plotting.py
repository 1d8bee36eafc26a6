"""What plots of hours share: colours, axes and the rendering as PNG."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from math import isfinite
from typing import Any

from matplotlib import rc_context, rcParamsDefault
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from wattif_dagster.local_time import LocalTime

DPI = 100
VALUE, BAND, FLAG, TRUTH = "#1f4e79", "#9dc3e6", "#d55e00", "#8c8c8c"
"""Dark blue, light blue, vermilion and grey: apart for colour-blind readers, and on grey paper."""

default_style = rc_context(
    {
        **{name: value for name, value in rcParamsDefault.items() if name != "backend"},
        "text.parse_math": False,  # a serial or kind may contain a `$`
    }
)
"""Decorates functions that plot, so that your matplotlibrc does not change their plots."""


def set_hour_axis(panel: Axes, day: date, local_time: LocalTime, labelsize: int) -> None:
    """Set up a panel whose x is the hour of the day, UTC. Its labels are local times."""
    midnight = datetime.combine(day, time(), UTC)
    hours = range(0, 24, 6)
    labels = [f"{local_time.convert(midnight + timedelta(hours=hour)):%H:%M}" for hour in hours]
    panel.set_xlim(-0.5, 23.5)
    panel.set_xticks(hours, labels)
    panel.yaxis.set_major_locator(MaxNLocator(4))
    panel.ticklabel_format(axis="y", useOffset=False)
    panel.tick_params(labelsize=labelsize)
    panel.grid(alpha=0.25)
    panel.spines[["top", "right"]].set_visible(False)


def limit_to_values(panel: Axes, values: Iterable[float]) -> None:
    """Cut off what lies far from the values: less than zero, and far more than the largest one.

    The bounds of a meter that is hard to predict would make a flat line of its values.
    """
    known = [value for value in values if isfinite(value)]
    if known and max(known) > 0:
        bottom, top = panel.get_ylim()
        panel.set_ylim(max(bottom, min(*known, 0)), min(top, 1.5 * max(known)))


def add_legend(figure: Figure, **options: Any) -> None:
    """Add one legend of all panels to the figure."""
    entries = {
        label: handle
        for panel in figure.axes
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    if entries:
        options = {"ncols": len(entries), "frameon": False, **options}
        figure.legend(entries.values(), entries, **options)


def render_png(figure: Figure) -> bytes:
    """Render the figure as a PNG."""
    png = BytesIO()
    figure.savefig(png, format="png", dpi=DPI)
    return png.getvalue()
