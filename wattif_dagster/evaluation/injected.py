"""Injects the project's anomalies into given hours, whatever their meters and interval.

Of an hour only the mean, the largest and the smallest reading are known, so its readings are made
up: one of each, and the others alike. The anomalies change them as they change simulated ones, and
the hours that they touch are rolled up again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from wattif_dagster.evaluation.days import onset_days, scored_days
from wattif_dagster.evaluation.hours import FULL_DAY, Hours, Truth
from wattif_dagster.evaluation.truth import collect_episodes
from wattif_dagster.metering.anomalies.episode import HISTORY_DAYS, MeterDay, summarize_history
from wattif_dagster.metering.anomalies.injection import report
from wattif_dagster.metering.anomalies.schedule import episodes_on
from wattif_dagster.metering.draws import Purpose, draw, fractions
from wattif_dagster.metering.simulation import SECONDS_PER_HOUR, Simulation


def inject_into(hours: Hours, share: float, seed: int) -> tuple[Hours, Truth]:
    """Inject one anomaly into each of a share of the meters, and leave the others as they are.

    Kinds, parameters and days are drawn as those of simulated fleets. At least one meter gets one.
    An hour that lacks readings stays as it is.
    """
    simulation = _make_schedule(hours, seed)
    last = hours.first_day + timedelta(days=hours.days - 1)
    days = [last - timedelta(days=ago) for ago in reversed(range(scored_days(hours.days)))]
    arrays = (hours.avg_kw, hours.max_kw, hours.min_kw, hours.n_readings)
    average, highest, lowest, count = (array.copy() for array in arrays)
    changed = replace(hours, avg_kw=average, max_kw=highest, min_kw=lowest, n_readings=count)
    rows = [
        row
        for meter in _choose_meters(hours, share, seed).tolist()
        for row in _inject_meter(hours, changed, simulation, meter, days)
    ]
    return changed, Truth(collect_episodes(rows, hours))


@dataclass(frozen=True)
class _GivenDay(MeterDay):
    """A day of a meter whose readings are given, in watts, shape (days, readings)."""

    given: NDArray[np.int64]

    @property
    def _history(self) -> tuple[int, int]:
        start = self.episode.starts_at.date()
        days = [start - timedelta(days=ago) for ago in range(HISTORY_DAYS, 0, -1)]
        return summarize_history(np.concatenate([self.true_on(day) for day in days]))

    def true_on(self, day: date) -> NDArray[np.int64]:
        return self.given[(day - self.simulation.first_day).days]


def _make_schedule(hours: Hours, seed: int) -> Simulation:
    """Anomalies of every meter that begin in the first of the days that are scored."""
    return Simulation(
        seed=seed,
        start_date=hours.first_day.isoformat(),
        interval_seconds=SECONDS_PER_HOUR // _readings_made_up(hours),
        anomaly_share=1,
        anomaly_onset_day=hours.days - scored_days(hours.days),
        anomaly_onset_days=onset_days(hours.days),
    )


def _readings_made_up(hours: Hours) -> int:
    """The readings of a complete hour, or the next smaller divisor of an hour's seconds."""
    divisors = (n for n in range(1, SECONDS_PER_HOUR + 1) if SECONDS_PER_HOUR % n == 0)
    return max(n for n in divisors if n <= hours.expected_readings)


def _choose_meters(hours: Hours, share: float, seed: int) -> NDArray[np.intp]:
    """Choose among the meters with complete hours on the scored days and on those before."""
    complete = hours.n_readings == hours.expected_readings
    first = FULL_DAY * (hours.days - scored_days(hours.days))
    eligible = (complete[:, :first].any(axis=1) & complete[:, first:].any(axis=1)).nonzero()[0]
    order = fractions(draw(seed, Purpose.ANOMALY, 0, eligible)).argsort(kind="stable")
    return eligible[order[: max(1, round(share * len(eligible)))]]


def _inject_meter(
    hours: Hours, changed: Hours, simulation: Simulation, meter: int, days: list[date]
) -> Iterator[dict[str, Any]]:
    """Change the meter's hours; yield the labels as `injected_anomalies` has them."""
    complete = (hours.n_readings[meter] == hours.expected_readings).reshape(-1, FULL_DAY)
    watts = _make_readings(hours, meter, complete, simulation.readings_per_hour)
    for day in days:
        place = (day - simulation.first_day).days
        for episode in episodes_on(simulation, day, np.array([meter])):
            true = watts[place]
            reported = report(_GivenDay(simulation, day, episode, true, watts))
            by_hour = reported.watts.reshape(FULL_DAY, -1)
            copies = reported.copies.reshape(FULL_DAY, -1)
            differs = (by_hour != true.reshape(FULL_DAY, -1)) | (copies != 1)
            touched = (differs.any(axis=1) & complete[place]).nonzero()[0]
            withheld = true.reshape(FULL_DAY, -1) - by_hour * copies
            _roll_up(changed, meter, place * FULL_DAY + touched, by_hour[touched], copies[touched])
            yield {
                "label_date": day,
                "serial": hours.serials[meter],
                "kind": episode.kind,
                "starts_at": episode.starts_at,
                "ends_at": episode.ends_at,
                "kwh_withheld": withheld[touched].sum() / 1000 / simulation.readings_per_hour,
                "touched_hours": orjson.dumps(touched.tolist()),
            }


def _make_readings(
    hours: Hours, meter: int, complete: NDArray[np.bool_], count: int
) -> NDArray[np.int64]:
    """Make up the meter's readings, watts, shape (days, readings).

    They have the hour's mean, largest and smallest value. An hour that is not complete is as the
    meter's others of that hour of the day.
    """
    average, highest, lowest = (
        _fill(array[meter].reshape(-1, FULL_DAY), complete)
        for array in (hours.avg_kw, hours.max_kw, hours.min_kw)
    )
    if count == 1:
        readings = average[..., np.newaxis]
    elif count == 2:
        readings = np.stack([highest, 2 * average - highest], axis=-1)
    else:
        middle = (count * average - highest - lowest) / (count - 2)
        between = np.repeat(middle[..., np.newaxis], count - 2, axis=-1)
        readings = np.concatenate([highest[..., None], between, lowest[..., None]], axis=-1)
    return np.rint(1000 * readings).astype(np.int64).reshape(len(average), -1)


def _fill(by_hour: NDArray[np.float64], complete: NDArray[np.bool_]) -> NDArray[np.float64]:
    usual = np.where(complete, by_hour, 0).sum(axis=0) / np.maximum(complete.sum(axis=0), 1)
    return np.where(complete, by_hour, usual)


def _roll_up(
    changed: Hours,
    meter: int,
    at: NDArray[np.int64],
    watts: NDArray[np.int64],
    copies: NDArray[np.int64],
) -> None:
    """Replace the hours `at` by these readings, shape (hours, readings); all copies are alike."""
    there = copies[:, 0] > 0
    for array, value in (
        (changed.avg_kw, watts.mean(axis=1)),
        (changed.max_kw, watts.max(axis=1)),
        (changed.min_kw, watts.min(axis=1)),
    ):
        array[meter, at] = np.where(there, value / 1000, np.nan)
    changed.n_readings[meter, at] *= copies[:, 0]
