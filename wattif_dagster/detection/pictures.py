"""A small picture of a day of the fleet, for the metadata of an asset."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from math import nan
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from wattif_dagster.detection.sheets import Sheet, Sheets

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
    with SHEETS.blank() as (figure, panels):
        for panel, metric in zip(panels, METRICS, strict=True):
            of_metric = sorted((r for r in rows if r["metric"] == metric), key=lambda r: r["time"])
            _draw(panel, of_metric, f"{100 * threshold:g}% interval")
            panel.set_title(f"{metric} over the fleet", loc="left", y=1, fontsize=10)
        figure.suptitle(_title(rows), fontsize=12, fontweight="bold")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower center", ncols=3, frameon=False, fontsize=9)
        return png(figure)


def _sheet() -> Sheet:
    figure = Figure(figsize=SIZE_INCHES, dpi=DPI)
    panels = list(figure.subplots(1, 2, gridspec_kw=MARGINS))
    for panel in panels:
        by_hour(panel, "{:02}:00", labelsize=8)
    panels[0].set_ylabel("kWh in the hour", fontsize=9)
    return Sheet(figure, panels)


SHEETS = Sheets(_sheet)


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


def by_hour(panel: Axes, label: str, labelsize: int) -> None:
    """Dress a panel whose x is the hour of the day. Few ticks: they are what takes matplotlib
    longest."""
    hours = range(0, 24, 6)
    panel.set_xlim(-0.5, 23.5)
    panel.set_xticks(hours, [label.format(hour) for hour in hours])
    panel.yaxis.set_major_locator(MaxNLocator(4))
    panel.ticklabel_format(axis="y", useOffset=False)
    panel.tick_params(labelsize=labelsize)
    panel.grid(alpha=0.25)
    panel.spines[["top", "right"]].set_visible(False)


def _palette() -> Image.Image:
    """White, and the steps from it to each colour: what smooth edges are made of."""
    colours = [(255.0, 255.0, 255.0)]
    for colour, steps in (("black", 16), (VALUE, 16), (FLAG, 16), (BAND, 8)):
        for step in range(1, steps + 1):
            red, green, blue = (255 * (1 - (1 - part) * step / steps) for part in to_rgb(colour))
            colours.append((red, green, blue))
    image = Image.new("P", (1, 1))
    image.putpalette([round(part) for colour in colours for part in colour])
    return image


_PALETTE = _palette()


def png(figure: Figure) -> bytes:
    """The figure, of these colours, as a small PNG: pictures live in event metadata."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.frombytes("RGBA", canvas.get_width_height(), bytes(canvas.buffer_rgba()))
    png = BytesIO()
    image.convert("RGB").quantize(palette=_PALETTE, dither=Image.Dither.NONE).save(png, "PNG")
    return png.getvalue()
