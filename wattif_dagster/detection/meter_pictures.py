"""A small picture of a day's most anomalous meters, for the metadata of an asset."""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from itertools import groupby
from math import nan
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wattif_dagster.detection.fleet import THRESHOLD
from wattif_dagster.detection.pictures import BAND, DPI, FLAG, VALUE, by_hour, png
from wattif_dagster.detection.sheets import Sheet, Sheets

COLUMNS = 3
PANEL_INCHES = (3.2, 2.1)
HEADING_INCHES = 0.3
# Around the lines of a panel: for kW of five characters, two lines of title, and the hours. A
# layout that matplotlib works out takes longer than all the drawing.
LEFT, RIGHT, ABOVE, BELOW = 0.4, 0.1, 0.36, 0.22


def meters_picture(
    rows: Sequence[Mapping[str, Any]], title: str = "The most anomalous meters"
) -> bytes:
    """A PNG with a panel for each meter: avg_kw by hour, its bounds, and the flagged hours.

    `rows` are hours, together for each meter and in time's order, with `serial`,
    `time_hour_rolled`, `avg_kw`, `lower`, `upper` (kW), `anomaly_probability` and `reason`; NULLs
    are None. A missing hour is marked at the bottom.
    """
    meters = [(serial, list(hours)) for serial, hours in groupby(rows, lambda row: row["serial"])]
    lines = max(1, -(-len(meters) // COLUMNS))
    with _sheets(lines).blank() as (figure, panels):
        for panel, (serial, hours) in zip(panels, meters, strict=False):
            _draw(panel, serial, hours)
        for panel in panels[len(meters) :]:
            panel.set_axis_off()
        said = f"{title}, {rows[0]['time_hour_rolled']:%Y-%m-%d} (UTC), kW" if rows else "No meter"
        figure.suptitle(said, fontsize=11, fontweight="bold", y=0.99, va="top")
        return png(figure)


@lru_cache(maxsize=2)
def _sheets(lines: int) -> Sheets:
    return Sheets(partial(_sheet, lines))


def _sheet(lines: int) -> Sheet:
    """Lines of panels, below room for a heading."""
    width, height = PANEL_INCHES
    size = (width * COLUMNS, height * lines + HEADING_INCHES)
    figure = Figure(figsize=size, dpi=DPI)
    across, down = width - LEFT - RIGHT, height - ABOVE - BELOW
    grid = figure.subplots(
        lines,
        COLUMNS,
        squeeze=False,
        gridspec_kw={
            "left": LEFT / size[0],
            "right": 1 - RIGHT / size[0],
            "bottom": BELOW / size[1],
            "top": 1 - (HEADING_INCHES + ABOVE) / size[1],
            "wspace": (LEFT + RIGHT) / across,
            "hspace": (ABOVE + BELOW) / down,
        },
    )
    panels = list(grid.ravel())
    for panel in panels:
        by_hour(panel, "{:02}", labelsize=7)
    return Sheet(figure, panels)


def _draw(panel: Axes, serial: str, hours: Sequence[Mapping[str, Any]]) -> None:
    times = [row["time_hour_rolled"].hour for row in hours]
    lower, value, upper = (
        [nan if row[name] is None else row[name] for row in hours]
        for name in ("lower", "avg_kw", "upper")
    )
    panel.fill_between(times, lower, upper, color=BAND, alpha=0.5, lw=0, step="mid")
    panel.plot(times, value, color=VALUE, lw=1.3, drawstyle="steps-mid")
    flagged = [row for row in hours if (row["anomaly_probability"] or 0) >= THRESHOLD]
    panel.scatter(
        [row["time_hour_rolled"].hour for row in flagged],
        [row["avg_kw"] or 0 for row in flagged],
        s=16,
        color=FLAG,
        zorder=3,
    )
    reasons = sorted({row["reason"] for row in flagged})
    more = f" +{len(reasons) - 2}" if len(reasons) > 2 else ""
    panel.set_title(f"{serial}\n{', '.join(reasons[:2])}{more}", loc="left", y=1, fontsize=8)
