"""Draws a meter's week as SVG, which a page contains and scales."""

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from wattif_dagster.defs.daily_report.curves import Curve
from wattif_dagster.local_time import LocalTime
from wattif_dagster.plotting import FLAG, VALUE

Place = Callable[[float], float]
"""The height of a value in the picture."""

WIDTH, HEIGHT = 640, 150
LEFT, BOTTOM, TOP = 40, 20, 8
EXPECTED = "#e69f00"  # told from the blue of the values by people who see few colours


def draw_curve(curve: Curve, flagged: Collection[date], local_time: LocalTime) -> Markup:
    """Draw what was reported, a solid line, and expected, a dashed one, in kW by hour.

    `flagged` days are shaded. The labels below are the local dates at midnight UTC.
    """
    kw, expected = curve.kw.ravel(), curve.expected.ravel()
    known = np.concatenate([kw[~np.isnan(kw)], expected[~np.isnan(expected)], [0.1]])
    top, floor = known.max(), min(known.min(), 0)
    step = (WIDTH - LEFT) / len(kw)

    def place(value: float) -> float:
        return HEIGHT - BOTTOM - (value - floor) / (top - floor) * (HEIGHT - BOTTOM - TOP)

    parts = [_label(LEFT - 4, place(value) + 4, f"{value:.2g} kW", "end") for value in (top, floor)]
    for number in range(len(curve.kw)):
        day = curve.first + timedelta(days=number)
        x, width = LEFT + number * 24 * step, 24 * step
        if day in flagged:
            parts.append(
                f'<rect x="{x:.1f}" y="{TOP}" width="{width:.1f}" '
                f'height="{HEIGHT - BOTTOM - TOP}" fill="{FLAG}" fill-opacity="0.12"/>'
            )
        parts.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ccc"/>')
        local = local_time.convert(datetime.combine(day, time(), UTC))
        parts.append(_label(x + 2, HEIGHT - 5, f"{local.day} {local:%b}", "start"))
    parts.append(_draw_line(expected, step, place, f'stroke="{EXPECTED}" stroke-dasharray="4 3"'))
    parts.append(_draw_line(kw, step, place, f'stroke="{VALUE}"'))
    title = "Power reported and expected, kW by hour"
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">'
        f"{''.join(parts)}</svg>"
    )


def _draw_line(values: NDArray[np.float64], step: float, place: Place, style: str) -> str:
    """Draw a line through the values that are known, with gaps where they are not."""
    path, pen = [], "M"
    for number, value in enumerate(values.tolist()):
        if np.isnan(value):
            pen = "M"
            continue
        path.append(f"{pen}{LEFT + (number + 0.5) * step:.1f} {place(value):.1f}")
        pen = "L"
    return f'<path d="{"".join(path)}" fill="none" stroke-width="1.5" {style}/>'


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="10" text-anchor="{anchor}">{text}</text>'
