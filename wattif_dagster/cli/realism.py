"""wattif realism: how lifelike the simulated homes are."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from math import isinf
from pathlib import Path

import click
import numpy as np
import orjson
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Column, Table

from wattif_dagster.cli.progress import telling
from wattif_dagster.cli.types import require_writable
from wattif_dagster.errors import UserError
from wattif_dagster.evaluation.realism_plot import DAYS, plot_week
from wattif_dagster.metering.fleet import first_fleet
from wattif_dagster.metering.household.presets import PresetName
from wattif_dagster.metering.household.realism import (
    FEWEST_DAYS,
    FEWEST_HOMES,
    JUDGED_DAYS,
    JUDGED_HOMES,
    Statistic,
    bounds_apply,
    half_hours,
    mean_kw,
)
from wattif_dagster.metering.household.realism import (
    realism as statistics_of,
)
from wattif_dagster.metering.household.restlessness import NAMES
from wattif_dagster.metering.serials import serial_text
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.settings import Settings

MOST_HOMES, MOST_DAYS = 10_000, 91
"""Together they take 1.2 GB of memory."""


def run(
    meters: int | None,
    days: int | None,
    first: date,
    *,
    homes: PresetName | None,
    json_file: Path | None,
    picture: Path | None,
) -> None:
    """Simulate homes, print their statistics and plot a week."""
    meters, days = meters or JUDGED_HOMES, days or JUDGED_DAYS
    _require_range("--meters", meters, FEWEST_HOMES, MOST_HOMES)
    _require_range("--days", days, FEWEST_DAYS, MOST_DAYS)
    settings = Settings.load()
    preset = homes or settings.simulation.homes
    # In UTC and without holidays, so that local days are whole and alike.
    changes = {"load": "household", "homes": preset, "meters": meters}
    here = settings.simulation.model_dump(exclude={"timezone", "holidays"})
    simulation = Simulation(**{**here, **changes})
    picture = picture or _default_picture(settings.home)
    serials = first_fleet(simulation).serials
    try:
        with telling(Console(stderr=True)) as tell:
            kw = half_hours(
                simulation, serials, first, days, lambda done: tell("days simulated", done, days)
            )
    except OverflowError:
        raise UserError(
            f"{days} days from {first} leave the calendar. Choose another --first."
        ) from None
    statistics = statistics_of(kw, first, preset)
    judged = bounds_apply(meters, first, days)
    if json_file:
        json_file.write_bytes(_json(statistics, preset, meters, first, days, judged))
    picture.write_bytes(_picture(simulation, serials, kw, first, statistics))
    _print(statistics)
    click.echo(f"plot  {picture}")
    outside = sum(not statistic.holds for statistic in statistics)
    if not judged:
        click.echo(
            f"No verdict: the bounds are meant for {JUDGED_HOMES:,} or more homes "
            f"on {JUDGED_DAYS} or more days of December to February."
        )
    elif outside:
        click.echo(f"{outside} of {len(statistics)} statistics are outside of their bounds.")
        click.get_current_context().exit(1)
    else:
        click.echo(f"All {len(statistics)} statistics are inside their bounds.")


def _require_range(option: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise UserError(f"{option} {value} is out of range. Use {least:,} to {most:,}.")


def _default_picture(home: Path) -> Path:
    file = home / "realism.png"

    def refuse(sentence: str) -> None:
        raise UserError(
            f"{sentence.removesuffix('Choose another file.')}Choose one with --picture."
        )

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refuse(f"{file.parent} cannot be made ({error.strerror}). ")
    require_writable(file, refuse)
    return file


def _picture(
    simulation: Simulation,
    serials: NDArray[np.integer],
    kw: NDArray[np.float64],
    first: date,
    statistics: Sequence[Statistic],
) -> bytes:
    """The first week of the fleet and of a home, the one in the middle by its use of that week, and
    the statistics beside those of real homes."""
    week = kw[:, :DAYS]
    middle = week.mean(axis=(1, 2)).argsort()[len(week) // 2]
    one = serials[middle : middle + 1]
    names = (
        f"{serial_text(one)[0]}, mean of each minute",
        f"mean of {len(serials):,} homes in each half-hour",
    )
    found = {each.name: each.value for each in statistics if each.name in NAMES}
    home = mean_kw(simulation, one, first, DAYS, 60)[0]
    return plot_week(home, week.mean(axis=0), first, names, found)


def _json(
    statistics: Sequence[Statistic],
    preset: PresetName,
    meters: int,
    first: date,
    days: int,
    judged: bool,
) -> bytes:
    """JSON has no infinity: a bound that is not there is null."""
    found = {
        "homes": preset,
        "meters": meters,
        "first": first,
        "days": days,
        "judged": judged,
        "statistics": [{**asdict(statistic), "holds": statistic.holds} for statistic in statistics],
    }
    return orjson.dumps(found, option=orjson.OPT_INDENT_2)


def _print(statistics: Sequence[Statistic]) -> None:
    """A table on a terminal; elsewhere a line each, which no width cuts."""
    console = Console()
    if not console.is_terminal:
        for statistic in statistics:
            name, value, bounds, verdict, reference = _cells(statistic)
            click.echo(f"{verdict:8} {name}: {value}; bounds {bounds}; reference: {reference}")
        return
    table = Table(
        "statistic", Column("value", justify="right"), "bounds", "", "reference", box=None
    )
    for statistic in statistics:
        table.add_row(*_cells(statistic), style=None if statistic.holds else "red")
    console.print(table)


def _cells(statistic: Statistic) -> tuple[str, str, str, str, str]:
    low, high = f"{statistic.low:.3g}", f"{statistic.high:.3g}"
    return (
        statistic.name,
        f"{statistic.value:.3g}",
        f"{low} or more" if isinf(statistic.high) else f"{low} to {high}",
        "inside" if statistic.holds else "OUTSIDE",
        statistic.reference,
    )
