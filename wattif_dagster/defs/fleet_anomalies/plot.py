"""A plot of one day of the fleet."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
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
    TRUTH,
    VALUE,
    add_legend,
    default_style,
    limit_to_values,
    render_png,
    set_hour_axis,
)

SIZE_INCHES = (9.0, 4.2)
MARGINS = {"left": 0.075, "right": 0.985, "bottom": 0.15, "top": 0.84, "wspace": 0.16}
METRICS = {"AVG": "Mean of all meters (AVG)", "MAX": "Largest of all meters (MAX)"}


@default_style
def plot_day(
    rows: Sequence[Mapping[str, Any]],
    threshold: float,
    local_time: LocalTime = UTC,
    incident: Collection[datetime] = (),
) -> bytes:
    """Plot AVG and MAX by hour, their bounds, and the flagged hours: a PNG of 900 x 420 pixels.

    `rows` are the rows of `fleet_anomalies` of one day, in any order, with `metric`, `time`,
    `value` (kWh), `lower_bound`, `upper_bound` and `is_anomaly`. NULLs are None. Times are shown in
    `local_time`. The hours of a known `incident` are shaded. Without rows the panels stay empty.
    """
    figure = Figure(figsize=SIZE_INCHES, dpi=DPI)
    panels = figure.subplots(1, 2, gridspec_kw=MARGINS)
    for panel, (metric, title) in zip(panels, METRICS.items(), strict=True):
        if rows:
            set_hour_axis(panel, rows[0]["time"].date(), local_time, labelsize=8)
        hours = sorted((r for r in rows if r["metric"] == metric), key=lambda r: r["time"])
        if incident:
            begin, end = min(incident).hour - 0.5, max(incident).hour + 0.5
            panel.axvspan(begin, end, color=TRUTH, alpha=0.2, lw=0, label="injected incident")
        _plot_metric(panel, hours, f"expected ({100 * threshold:g}%)")
        panel.set_title(title, loc="left", y=1, fontsize=10)
    panels[0].set_ylabel("kWh in the hour", fontsize=9)
    figure.suptitle(_write_title(rows, local_time), fontsize=12, fontweight="bold")
    add_legend(figure, loc="lower center", fontsize=9)
    return render_png(figure)


def _write_title(rows: Sequence[Mapping[str, Any]], local_time: LocalTime) -> str:
    if not rows:
        return "No values"
    first: datetime = min(row["time"] for row in rows)
    scored = sum(row["is_anomaly"] is not None for row in rows)
    flagged = sum(bool(row["is_anomaly"]) for row in rows)
    result = f"{flagged} of {scored} values flagged" if scored else "too little history to score"
    return f"{first:%A}, {first.day} {first:%B %Y} ({local_time.timezone}): {result}"


def _plot_metric(panel: Axes, rows: Sequence[Mapping[str, Any]], band: str) -> None:
    times = [row["time"].hour for row in rows]
    # None becomes NaN, where matplotlib interrupts lines and bands.
    lower, value, upper = (
        [nan if row[name] is None else row[name] for row in rows]
        for name in ("lower_bound", "value", "upper_bound")
    )
    panel.fill_between(times, lower, upper, color=BAND, alpha=0.5, lw=0, label=band)
    panel.plot(times, value, color=VALUE, lw=1.5, marker=".", ms=4, label="consumption")
    flagged = [row for row in rows if row["is_anomaly"]]
    panel.scatter(
        [row["time"].hour for row in flagged],
        [row["value"] for row in flagged],
        s=60,
        facecolors="none",
        edgecolors=FLAG,
        linewidths=1.6,
        zorder=3,
        label="flagged",
    )
    limit_to_values(panel, value)
