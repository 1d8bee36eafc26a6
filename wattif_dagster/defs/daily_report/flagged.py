"""The flagged meters of a day: which are new, since when, and how much energy is missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from google.cloud.bigquery import ArrayQueryParameter

from wattif_dagster import schemas
from wattif_dagster.defs.daily_report.curves import Curve, read_curves
from wattif_dagster.resources.bigquery import BigQueryWarehouse

HISTORY_DAYS = 90
"""Days before a day in which earlier episodes are looked for."""
CURVE_DAYS = 7
MOST_CURVES = 50
LONGEST_GAP = timedelta(days=3)
"""Flagged days that are further apart belong to different episodes."""


@dataclass(frozen=True)
class FlaggedMeter:
    """A meter whose behaviour is flagged on the day. Energy is in kWh, and NaN if unknown.

    `episodes` are the first and last days of each, the one that the day belongs to last. Only the
    first meters of a report have them and a curve.
    """

    serial: str
    reason: str
    probability: float
    hours: int
    provisional: bool
    is_new: bool
    missing_kwh: float
    episodes: list[tuple[date, date]] = field(default_factory=list)
    curve: Curve | None = None

    @property
    def rank(self) -> float:
        """Energy at stake times probability; 0 if the energy is unknown."""
        return float(np.nan_to_num(abs(self.missing_kwh)) * self.probability)


@dataclass(frozen=True)
class BrokenRule:
    """The meters whose data break a rule on the day."""

    reason: str
    serials: list[str]
    hours: int


@dataclass(frozen=True)
class FlaggedDay:
    """What is flagged on a day. `gone` are the serials of those that only the day before flags."""

    day: date
    meters: list[FlaggedMeter]
    rules: list[BrokenRule]
    gone: list[str]


def read_flagged_day(bigquery: BigQueryWarehouse, day: date) -> FlaggedDay:
    """Read the day's flagged meters, those with most at stake first."""
    table = schemas.FLAGGED_DAYS
    bigquery.ensure_table(table)
    recent = bigquery.rows(
        f"SELECT {', '.join(table.column_names)} FROM {bigquery.quoted(table)} "
        f"WHERE day >= DATE '{day - LONGEST_GAP}' AND day <= DATE '{day}' ORDER BY serial, kind"
    )
    rows = [row for row in recent if row["day"] == day]
    behaving = {row["serial"]: row for row in rows if row["kind"] == "behaviour"}
    before = [row for row in recent if row["day"] < day and row["kind"] == "behaviour"]
    former = {row["serial"] for row in before}
    gone = {row["serial"] for row in before if row["day"] == day - timedelta(days=1)}
    today = read_curves(bigquery, list(behaving), day, days=1) if behaving else {}
    meters = [
        FlaggedMeter(
            serial,
            row["reason"],
            row["probability"],
            row["hours"],
            row["provisional"],
            is_new=serial not in former,
            missing_kwh=today[serial].missing_kwh if serial in today else np.nan,
        )
        for serial, row in behaving.items()
    ]
    meters.sort(key=lambda meter: (-meter.rank, -meter.probability, meter.serial))
    return FlaggedDay(
        day,
        [*_add_history(bigquery, meters[:MOST_CURVES], day), *meters[MOST_CURVES:]],
        list(_group_rules(rows)),
        sorted(gone - behaving.keys()),
    )


def _add_history(
    bigquery: BigQueryWarehouse, meters: Sequence[FlaggedMeter], day: date
) -> list[FlaggedMeter]:
    if not meters:
        return []
    serials = [meter.serial for meter in meters]
    curves = read_curves(bigquery, serials, day, CURVE_DAYS)
    found: dict[str, list[date]] = {serial: [] for serial in serials}
    for row in bigquery.rows(
        f"SELECT serial, day FROM {bigquery.quoted(schemas.FLAGGED_DAYS)} "
        f"WHERE day >= DATE '{day - timedelta(days=HISTORY_DAYS)}' AND day <= DATE '{day}' "
        "AND kind = 'behaviour' AND serial IN UNNEST(@serials)",
        ArrayQueryParameter("serials", "STRING", serials),
    ):
        found[row["serial"]].append(row["day"])
    return [
        replace(
            meter,
            episodes=group_episodes(found[meter.serial]),
            curve=curves.get(meter.serial),
        )
        for meter in meters
    ]


def group_episodes(days: Iterable[date]) -> list[tuple[date, date]]:
    """Group days into episodes, in their order: the first and the last day of each."""
    episodes: list[tuple[date, date]] = []
    for day in sorted(days):
        if episodes and day - episodes[-1][1] <= LONGEST_GAP:
            episodes[-1] = (episodes[-1][0], day)
        else:
            episodes.append((day, day))
    return episodes


def _group_rules(rows: Sequence[dict[str, Any]]) -> Iterable[BrokenRule]:
    """Group the rows of broken rules by their reason, that of the most meters first."""
    by_reason: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["kind"] == "rule":
            by_reason.setdefault(row["reason"], []).append(row)
    for reason, broken in sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0])):
        serials = [row["serial"] for row in broken]
        yield BrokenRule(reason, serials, sum(row["hours"] for row in broken))
