"""How good a detector's probabilities are, compared with labelled episodes.

Three sorts of meter-hours are told apart. *Touched*: an episode changed the hour. *Clean*: a day
before the one on which the meter's first episode begins. The other hours, between or after changes
and at the beginning of the first episode's day, are not scored: a detector that scores whole days
and remembers a theft for a week is neither right nor wrong there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.evaluation.hours import FULL_DAY, Episode
from wattif_dagster.settings.alerts import AlertRule
from wattif_dagster.threshold import THRESHOLD

ALERT = AlertRule()
"""The default rule of `anomaly_alerts`."""
DAYS_PER_MONTH = 30


@dataclass(frozen=True)
class KindMeasures:
    """The measures of the episodes of one kind; None where there is nothing to divide by.

    `recall` is the share of touched hours flagged; `median_hours_to_detection` runs from the
    start to the first touched hour flagged, both included, of the episodes found;
    `never_found` is the share of the episodes without such an hour.
    """

    episodes: int
    touched_hours: int
    recall: float | None
    median_hours_to_detection: float | None
    never_found: float | None


@dataclass(frozen=True)
class Measures:
    """The measures of one detector; None where there is nothing to divide by.

    `precision` = flagged touched / (flagged touched + flagged clean); `false_positive_rate` =
    flagged clean / clean. `pr_auc` is the average precision over touched and clean hours.
    `alerts_per_clean_meter_month` counts alerts that open on meters without any episode, a month
    being 30 days. `kwh_recovered` is the share of the withheld energy that lies in flagged hours,
    days on which an episode adds energy do not count.
    """

    meters: int
    clean_hours: int
    touched_hours: int
    flagged_hours: int
    unscored_hours: int
    recall: float | None
    precision: float | None
    pr_auc: float | None
    false_positive_rate: float | None
    alerts_per_clean_meter_month: float | None
    kwh_withheld: float
    kwh_recovered: float | None
    kinds: dict[str, KindMeasures]


def measure(
    probability: NDArray[np.float64], episodes: Sequence[Episode], first_hour: int = 0
) -> Measures:
    """Measure probabilities of shape (meters, hours), whole days; NaN is not scored.

    Their first hour is hour `first_hour` of the grid that the episodes count in. An hour that is
    not scored is not flagged.
    """
    meters, hours = probability.shape
    score = np.where(np.isnan(probability), 0.0, probability)
    flagged = score >= THRESHOLD
    clean, touched = _classify(probability.shape, episodes, first_hour)
    of_kind: dict[str, list[tuple[Episode, NDArray[np.bool_]]]] = {}
    withheld = recovered = 0.0
    for episode in episodes:
        at = episode.touched - first_hour
        within = (at >= 0) & (at < hours)
        found = np.zeros(len(at), np.bool_)
        found[within] = flagged[episode.meter, at[within]]
        if within.any():
            of_kind.setdefault(episode.kind, []).append((episode, found[within]))
        kwh = np.where(within, np.maximum(np.nan_to_num(episode.kwh), 0), 0)
        withheld, recovered = withheld + kwh.sum(), recovered + kwh[found].sum()
    hit, false = int((flagged & touched).sum()), int((flagged & clean).sum())
    return Measures(
        meters=meters,
        clean_hours=int(clean.sum()),
        touched_hours=int(touched.sum()),
        flagged_hours=int(flagged.sum()),
        unscored_hours=int(np.isnan(probability).sum()),
        recall=_share(hit, int(touched.sum())),
        precision=_share(hit, hit + false),
        pr_auc=average_precision(*select_scored(probability, episodes, first_hour)),
        false_positive_rate=_share(false, int(clean.sum())),
        alerts_per_clean_meter_month=_alert_rate(score, clean),
        kwh_withheld=float(withheld),
        kwh_recovered=_share(recovered, withheld),
        kinds={
            kind: _kind(of_kind[kind], first_hour)
            for kind in sorted(of_kind, key=lambda kind: (len(kind), kind))
        },
    )


def select_scored(
    probability: NDArray[np.float64], episodes: Sequence[Episode], first_hour: int = 0
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Select the touched and clean hours: is each touched, and its probability (0 if NaN)."""
    clean, touched = _classify(probability.shape, episodes, first_hour)
    scored = clean | touched
    return touched[scored], np.nan_to_num(probability[scored])


def _classify(
    shape: tuple[int, ...], episodes: Sequence[Episode], first_hour: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find the hours that are clean, and those that are touched."""
    clean, touched = np.ones(shape, np.bool_), np.zeros(shape, np.bool_)
    for episode in episodes:
        start_of_day = episode.start // FULL_DAY * FULL_DAY
        clean[episode.meter, max(0, start_of_day - first_hour) :] = False
        at = episode.touched - first_hour
        touched[episode.meter, at[(at >= 0) & (at < shape[1])]] = True
    return clean, touched


def pr_curve(
    truth: NDArray[np.bool_], score: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute recall and precision with each distinct score as threshold, from the highest down.

    At least one hour must be true.
    """
    order = np.argsort(-score, kind="stable")
    last = np.append(np.diff(score[order]) != 0, True)
    hits = truth[order].cumsum()[last]
    return hits / truth.sum(), hits / (last.nonzero()[0] + 1)


def average_precision(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> float | None:
    """The sum over thresholds of precision times gain in recall; equal scores are one threshold."""
    if not truth.any():
        return None
    recall, precision = pr_curve(truth, score)
    return float((np.diff(recall, prepend=0) * precision).sum())


def count_alerts(score: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count the alerts that open on each meter; `score` has the shape (meters, hours of days)."""
    high = score.reshape(len(score), -1, FULL_DAY).max(axis=2) >= ALERT.probability
    padded = np.pad(high, ((0, 0), (ALERT.of_days - 1, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, ALERT.of_days, axis=1)
    alarmed = windows.sum(axis=2) >= ALERT.days
    return (alarmed & ~np.pad(alarmed, ((0, 0), (1, 0)))[:, :-1]).sum(axis=1)


def _alert_rate(score: NDArray[np.float64], clean: NDArray[np.bool_]) -> float | None:
    untouched = clean.all(axis=1)
    months = score.shape[1] / FULL_DAY / DAYS_PER_MONTH
    return _share(float(count_alerts(score)[untouched].sum()), untouched.sum() * months)


def _kind(found: list[tuple[Episode, NDArray[np.bool_]]], first_hour: int) -> KindMeasures:
    delays = []
    for episode, flags in found:
        at = episode.touched[episode.touched >= first_hour][: len(flags)]
        if flags.any():
            delays.append(int(at[flags.argmax()]) - episode.start + 1)
    touched = sum(len(flags) for _, flags in found)
    return KindMeasures(
        episodes=len(found),
        touched_hours=touched,
        recall=_share(sum(int(flags.sum()) for _, flags in found), touched),
        median_hours_to_detection=float(np.median(delays)) if delays else None,
        never_found=_share(len(found) - len(delays), len(found)),
    )


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None
