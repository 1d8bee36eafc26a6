"""A plot of meters over some days: what they reported beside their true load."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import nan
from typing import Any, Self

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from wattif_dagster.local_time import LocalTime
from wattif_dagster.metering.consumption import Consumption
from wattif_dagster.metering.serials import serial_number
from wattif_dagster.metering.simulation import Simulation
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
)
from wattif_dagster.reasons import describe_reason

WIDTH_INCHES = 9.0
PANEL_INCHES = 1.8
FRAME_INCHES = 0.9
"""The heading and the legend."""


@dataclass(frozen=True)
class MeterHours:
    """The hours of a meter, ascending: their start, and kW in each, NaN where unknown."""

    serial: str
    onset: datetime
    times: list[datetime]
    true: list[float]
    reported: list[float]
    lower: list[float]
    upper: list[float]
    flagged: list[bool]
    reasons: list[str]

    @classmethod
    def of(
        cls,
        serial: str,
        onset: datetime,
        hours: Sequence[Mapping[str, Any]],
        simulation: Simulation,
        threshold: float,
    ) -> Self:
        """Make them of rows as `read_curves` reads them, and of the true load of their days."""
        flagged = [(row["anomaly_probability"] or 0) >= threshold for row in hours]
        times = [row["time_hour_rolled"] for row in hours]
        true = {day: _read_true_kw(simulation, serial, day) for day in {t.date() for t in times}}
        reported, lower, upper = (
            [nan if row[name] is None else row[name] for row in hours]
            for name in ("avg_kw", "lower", "upper")
        )
        return cls(
            serial,
            onset,
            times,
            true=[true[time.date()][time.hour] for time in times],
            reported=reported,
            lower=lower,
            upper=upper,
            flagged=flagged,
            reasons=sorted({row["reason"] for row, hit in zip(hours, flagged, strict=True) if hit}),
        )


def _read_true_kw(simulation: Simulation, serial: str, day: date) -> list[float]:
    """Compute the home's true mean power of each hour of the day, kW."""
    watts = Consumption(simulation, day).watts(np.array([serial_number(serial)]))
    return [float(kw) for kw in watts.reshape(24, -1).mean(axis=1) / 1000]


@default_style
def plot_meters_beside_truth(
    meters: Sequence[MeterHours], title: str, local_time: LocalTime
) -> bytes:
    """Plot a panel for each meter: true and reported kW, what was expected, the onset of the
    anomaly, and the flagged hours, as a PNG."""
    figure = Figure(
        figsize=(WIDTH_INCHES, PANEL_INCHES * len(meters) + FRAME_INCHES),
        dpi=DPI,
        layout="constrained",
    )
    panels = figure.subplots(len(meters), squeeze=False)[:, 0]
    for panel, meter in zip(panels, meters, strict=True):
        times = [local_time.convert(time) for time in meter.times]
        panel.fill_between(
            times, meter.lower, meter.upper, color=BAND, alpha=0.5, lw=0, label="expected (99%)"
        )
        panel.plot(times, meter.true, color=TRUTH, lw=2.4, label="true load")
        panel.plot(times, meter.reported, color=VALUE, lw=1.2, label="reported")
        hits = [n for n, hit in enumerate(meter.flagged) if hit]
        panel.scatter(
            [times[n] for n in hits],
            [0 if np.isnan(meter.reported[n]) else meter.reported[n] for n in hits],
            s=14,
            color=FLAG,
            zorder=3,
            label="flagged",
        )
        if meter.onset >= meter.times[0]:
            onset = local_time.convert(meter.onset)
            panel.axvline(onset, color="black", ls="--", lw=1, label="anomaly begins")
        limit_to_values(panel, [*meter.true, *meter.reported])
        panel.set_ylabel("kW")
        panel.margins(x=0)
        locator = AutoDateLocator(tz=times[0].tzinfo)
        panel.xaxis.set_major_locator(locator)
        panel.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=times[0].tzinfo))
        panel.grid(alpha=0.25)
        panel.spines[["top", "right"]].set_visible(False)
        words = "; ".join(map(describe_reason, meter.reasons[:2])) or "not found"
        panel.set_title(f"{meter.serial}: {words}", loc="left", fontsize=9)
    panels[-1].set_xlabel(f"time ({local_time.timezone})")
    figure.suptitle(title, fontsize=12, fontweight="bold")
    add_legend(figure, loc="outside lower center")
    return render_png(figure)
