"""A small picture of a day of the fleet, for the metadata of an asset."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from math import nan
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

SIZE_INCHES = (9.0, 4.2)
DPI = 100
MARGINS = {"left": 0.075, "right": 0.985, "bottom": 0.15, "top": 0.84, "wspace": 0.16}
METRICS = ("AVG", "MAX")

VALUE, BAND, FLAG = "#1f4e79", "#9dc3e6", "#d62728"


def day_picture(rows: Sequence[Mapping[str, Any]], threshold: float) -> bytes:
    """A PNG of 900 x 420 pixels: AVG and MAX by hour, their bounds, and the flagged hours.

    `rows` are the rows of `fleet_anomalies` of one day, in any order, with `metric`, `time`,
    `value` (kWh), `lower_bound`, `upper_bound` and `is_anomaly`; NULLs are None. Without rows the
    panels stay empty.
    """
    figure = Figure(figsize=SIZE_INCHES, dpi=DPI)
    panels = figure.subplots(1, 2, gridspec_kw=MARGINS)
    for panel, metric in zip(panels, METRICS, strict=True):
        of_metric = sorted((r for r in rows if r["metric"] == metric), key=lambda r: r["time"])
        _draw(panel, of_metric, f"{100 * threshold:g}% interval")
        panel.set_title(f"{metric} over the fleet", loc="left", y=1, fontsize=10)
    panels[0].set_ylabel("kWh in the hour", fontsize=9)
    figure.suptitle(_title(rows), fontsize=12, fontweight="bold")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=3, frameon=False, fontsize=9)
    return png(figure)


def _title(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "No values"
    first: datetime = min(row["time"] for row in rows)
    judged = sum(row["is_anomaly"] is not None for row in rows)
    flagged = sum(bool(row["is_anomaly"]) for row in rows)
    verdict = f"{flagged} of {judged} values flagged" if judged else "too little history to judge"
    return f"{first:%A}, {first.day} {first:%B %Y} (UTC): {verdict}"


def _draw(panel: Axes, rows: Sequence[Mapping[str, Any]], band: str) -> None:
    times = [row["time"].hour for row in rows]
    # None becomes NaN, where matplotlib interrupts lines and bands.
    lower, value, upper = (
        [nan if row[name] is None else row[name] for row in rows]
        for name in ("lower_bound", "value", "upper_bound")
    )
    panel.fill_between(times, lower, upper, color=BAND, alpha=0.5, lw=0, label=band)
    panel.plot(times, value, color=VALUE, lw=1.5, marker=".", ms=4, label="value")
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
    panel.set_xlim(-0.5, 23.5)
    by_hour(panel, "{:02}:00", labelsize=8)


def by_hour(panel: Axes, label: str, labelsize: int) -> None:
    """Dress a panel whose x is the hour of the day. Few ticks: they are what takes matplotlib
    longest."""
    hours = range(0, 24, 6)
    panel.set_xticks(hours, [label.format(hour) for hour in hours])
    panel.yaxis.set_major_locator(MaxNLocator(4))
    panel.ticklabel_format(axis="y", useOffset=False)
    panel.tick_params(labelsize=labelsize)
    panel.grid(alpha=0.25)
    panel.spines[["top", "right"]].set_visible(False)


def png(figure: Figure) -> bytes:
    """The figure as a small PNG, of 64 colours."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.frombytes("RGBA", canvas.get_width_height(), bytes(canvas.buffer_rgba()))
    png = BytesIO()
    # A palette: a third of the bytes, and the picture lives in event metadata. Coverage, since a
    # palette by frequency would lose the few red pixels of a flag.
    palette = image.convert("RGB").quantize(64, method=Image.Quantize.MAXCOVERAGE)
    palette.save(png, "PNG")
    return png.getvalue()
