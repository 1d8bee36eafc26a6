"""Writes the page of a day: one HTML file that needs nothing else."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from wattif_dagster.defs.daily_report.flagged import FlaggedDay, FlaggedMeter
from wattif_dagster.defs.daily_report.svg import draw_curve
from wattif_dagster.feedback import Feedback
from wattif_dagster.local_time import LocalTime
from wattif_dagster.reasons import describe_reason

MOST_ROWS, MOST_SERIALS = 500, 30
_NIGHT = range(5)
_NOTABLE = 0.15
"""The night is mentioned where its share differs so much from the day's."""
_MANY = 3
"""From so many times the expected energy on, a factor is said and no percentage."""


@dataclass(frozen=True)
class Fleet:
    """The fleet's day: its meters, flagged values of `fleet_anomalies`, and their plot, a PNG."""

    meters: int
    scored_meters: int
    anomalies: int
    plot: bytes


def write_page(
    found: FlaggedDay, fleet: Fleet, feedback: Mapping[str, Feedback], local_time: LocalTime
) -> str:
    """Write the page as HTML. Texts of tables are escaped."""
    night = _find_night(found.day, local_time)
    shown = found.meters[:MOST_ROWS]
    return _template().render(
        day=found.day,
        zone=local_time.timezone,
        fleet=fleet,
        fleet_plot=base64.b64encode(fleet.plot).decode(),
        meters=[
            {
                "meter": meter,
                "words": _describe(meter, night),
                "svg": _draw(meter, local_time),
                "facts": [*_list_facts(meter), *_quote(feedback.get(meter.serial))],
            }
            for meter in shown
        ],
        hidden=len(found.meters) - len(shown),
        rules=[(describe_reason(rule.reason), rule) for rule in found.rules],
        new=sum(meter.is_new for meter in found.meters),
        total=len(found.meters),
        gone=found.gone,
        most_serials=MOST_SERIALS,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["day"] = _write_day
    return environment.get_template("page.html")


def _find_night(day: date, local_time: LocalTime) -> list[int]:
    """Find the hours (UTC) of the day that are from midnight to five, local time."""
    midnight = datetime.combine(day, time(), UTC)
    hours = range(24)
    return [h for h in hours if local_time.convert(midnight + timedelta(hours=h)).hour in _NIGHT]


def _describe(meter: FlaggedMeter, night: list[int]) -> str:
    """Describe what the meter does, e.g. "Uses less than expected. That day it used 60% less"."""
    words = describe_reason(meter.reason)
    words = words[0].upper() + words[1:]
    if meter.curve is None:
        return words
    of_day, of_night = meter.curve.share(range(24)), meter.curve.share(night)
    if not np.isnan(of_day):
        words += f". That day it used {_compare(of_day)} than expected"
        if not np.isnan(of_night) and abs(of_night - of_day) > _NOTABLE:
            words += f", and {_compare(of_night)} at night"
    return words


def _compare(share: float) -> str:
    if share > _MANY:
        return f"{share:.0f} times more"
    return f"{abs(1 - share):.0%} {'less' if share < 1 else 'more'}"


def _list_facts(meter: FlaggedMeter) -> Iterator[str]:
    if not np.isnan(meter.missing_kwh):
        more = "less" if meter.missing_kwh > 0 else "more"
        yield f"{abs(meter.missing_kwh):.1f} kWh {more} than expected that day."
    hours = "1 hour" if meter.hours == 1 else f"{meter.hours} hours"
    yield f"Probability {meter.probability:.4f}, {hours}, {meter.reason}."
    if meter.episodes:
        *earlier, (first, _) = meter.episodes
        yield f"First flagged on {_write_day(first)}."
        if earlier:
            yield f"Earlier: {', '.join(_write_span(*each) for each in earlier)}."
    if meter.provisional:
        yield "The meter has less than 42 days of history."


def _quote(feedback: Feedback | None) -> Iterator[str]:
    if feedback is None:
        return
    note = f" ({feedback.note})" if feedback.note else ""
    yield f"Verdict of {_write_day(feedback.given_at.date())}: {feedback.verdict}{note}."
    if feedback.snoozed_until:
        yield f"No alerts until {_write_day(feedback.snoozed_until)}."


def _write_day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _write_span(first: date, last: date) -> str:
    return _write_day(first) if first == last else f"{_write_day(first)} to {_write_day(last)}"


def _draw(meter: FlaggedMeter, local_time: LocalTime) -> Markup | None:
    if meter.curve is None:
        return None
    first, last = meter.episodes[-1] if meter.episodes else (date.max, date.min)
    days = {first + timedelta(days=number) for number in range((last - first).days + 1)}
    return draw_curve(meter.curve, days, local_time)
