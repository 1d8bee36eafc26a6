"""What plots of hours share: colours, axes and the rendering as PNG."""

from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO

from matplotlib import rc_context, rcParamsDefault
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from wattif_dagster.local_time import LocalTime

DPI = 100
VALUE, BAND, FLAG = "#1f4e79", "#9dc3e6", "#d62728"

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


def render_png(figure: Figure) -> bytes:
    """Render the figure as a PNG."""
    png = BytesIO()
    figure.savefig(png, format="png", dpi=DPI)
    return png.getvalue()
