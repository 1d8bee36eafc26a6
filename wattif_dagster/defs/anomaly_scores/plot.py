"""A plot of single meters on one day."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import nan
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wattif_dagster.detection.steps import UTC
from wattif_dagster.local_time import LocalTime
from wattif_dagster.plotting import (
    BAND,
    DPI,
    FLAG,
    VALUE,
    add_legend,
    default_style,
    limit_to_values,
    render_png,
    set_hour_axis,
)
from wattif_dagster.reasons import describe_reason
from wattif_dagster.threshold import THRESHOLD

COLUMNS = 3
PANEL_INCHES = (3.4, 2.2)
HEADING_INCHES = 0.4
LEGEND_INCHES = 0.3
# Margins of a panel: for kW of five characters, two lines of title, and the hours. A layout that
# matplotlib computes takes longer than the plot.
LEFT, RIGHT, ABOVE, BELOW = 0.55, 0.1, 0.4, 0.22


@default_style
def plot_meters(
    rows: Sequence[Mapping[str, Any]],
    title: str = "The most anomalous meters",
    local_time: LocalTime = UTC,
) -> bytes:
    """Plot a panel for each meter: avg_kw by hour, its bounds, and the flagged hours, as a PNG.

    `rows` are hours in the order of meter and time, with `serial`, `time_hour_rolled`, `avg_kw`,
    `lower`, `upper` (kW), `anomaly_probability` and `reason`. NULLs are None. A flagged hour
    without a reading is marked at the bottom. Times are shown in `local_time`. Only as much of the
    bounds is shown as leaves the curve readable.
    """
    meters = [(serial, list(hours)) for serial, hours in groupby(rows, lambda row: row["serial"])]
    figure, panels = _make_panels(max(1, -(-len(meters) // COLUMNS)))
    for panel, (serial, hours) in zip(panels, meters, strict=False):
        set_hour_axis(panel, hours[0]["time_hour_rolled"].date(), local_time, labelsize=7)
        _plot_meter(panel, serial, hours)
    for panel in panels[len(meters) :]:
        panel.set_axis_off()
    zone = local_time.timezone
    heading = f"{title}, {rows[0]['time_hour_rolled']:%Y-%m-%d} ({zone})" if rows else "No meter"
    figure.suptitle(
        heading, fontsize=11, fontweight="bold", y=1 - 0.08 / figure.get_figheight(), va="top"
    )
    add_legend(figure, loc="lower center", fontsize=8)
    return render_png(figure)


def _make_panels(lines: int) -> tuple[Figure, list[Axes]]:
    """Make lines of panels below the heading."""
    width, height = PANEL_INCHES
    size = (width * COLUMNS, height * lines + HEADING_INCHES + LEGEND_INCHES)
    figure = Figure(figsize=size, dpi=DPI)
    across, down = width - LEFT - RIGHT, height - ABOVE - BELOW
    grid = figure.subplots(
        lines,
        COLUMNS,
        squeeze=False,
        gridspec_kw={
            "left": LEFT / size[0],
            "right": 1 - RIGHT / size[0],
            "bottom": (LEGEND_INCHES + BELOW) / size[1],
            "top": 1 - (HEADING_INCHES + ABOVE) / size[1],
            "wspace": (LEFT + RIGHT) / across,
            "hspace": (ABOVE + BELOW) / down,
        },
    )
    panels = list(grid.ravel())
    return figure, panels


def _plot_meter(panel: Axes, serial: str, hours: Sequence[Mapping[str, Any]]) -> None:
    times = [row["time_hour_rolled"].hour for row in hours]
    lower, value, upper = (
        [nan if row[name] is None else row[name] for row in hours]
        for name in ("lower", "avg_kw", "upper")
    )
    panel.fill_between(
        times, lower, upper, color=BAND, alpha=0.5, lw=0, step="mid", label="expected (99%)"
    )
    panel.plot(times, value, color=VALUE, lw=1.3, drawstyle="steps-mid", label="reported")
    flagged = [row for row in hours if (row["anomaly_probability"] or 0) >= THRESHOLD]
    if flagged:
        panel.scatter(
            [row["time_hour_rolled"].hour for row in flagged],
            [row["avg_kw"] or 0 for row in flagged],
            s=16,
            color=FLAG,
            zorder=3,
            label="flagged",
        )
    limit_to_values(panel, value)
    panel.set_ylabel("kW", fontsize=8)
    reasons = sorted({describe_reason(row["reason"]) for row in flagged})
    more = f" and {len(reasons) - 1} more" if len(reasons) > 1 else ""
    panel.set_title(f"{serial}\n{''.join(reasons[:1])}{more}", loc="left", y=1, fontsize=8)
