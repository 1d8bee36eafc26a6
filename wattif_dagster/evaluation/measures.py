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

from wattif_dagster.evaluation.curves import average_precision
from wattif_dagster.evaluation.false_flags import count_meters_with_half, count_reasons
from wattif_dagster.evaluation.hours import FULL_DAY, Episode, Scores, Truth
from wattif_dagster.evaluation.kinds import (
    BenignMeasures,
    KindMeasures,
    measure_benign,
    measure_kinds,
    select_hours,
)
from wattif_dagster.evaluation.ranking import count_alerts, precision_at_k
from wattif_dagster.evaluation.volume import volume_under_surface
from wattif_dagster.reasons import is_rule
from wattif_dagster.threshold import THRESHOLD

DAYS_PER_MONTH = 30


@dataclass(frozen=True)
class Measures:
    """The measures of one detector; None where there is nothing to divide by.

    `precision` = flagged touched / (flagged touched + flagged clean); `false_positive_rate` =
    flagged clean / clean, which is also told apart by reason. `pr_auc` is the average precision
    over touched and clean hours, `vus_pr` the volume over all hours. `precision_at_k` is the share
    of bad meters, which have touched hours, among the `bad_meters` meters that rank worst.
    `alerts_per_clean_meter_month` counts alerts that open on meters without any episode, a month
    being 30 days. `kwh_recovered` is the share of the withheld energy that lies in flagged hours,
    days on which an episode adds energy do not count.
    """

    meters: int
    bad_meters: int
    clean_hours: int
    touched_hours: int
    flagged_hours: int
    unscored_hours: int
    recall: float | None
    precision: float | None
    pr_auc: float | None
    vus_pr: float | None
    precision_at_k: float | None
    false_positive_rate: float | None
    false_positive_rate_by_rules: float | None
    false_positive_rate_by_behaviour: float | None
    false_positive_rate_by_reason: dict[str, float]
    meters_with_half_of_false_flags: int | None
    alerts_per_clean_meter_month: float | None
    kwh_withheld: float
    kwh_recovered: float | None
    kinds: dict[str, KindMeasures]
    benign: dict[str, BenignMeasures]


def measure(scores: Scores, truth: Truth, first_hour: int = 0) -> Measures:
    """Measure the scores of whole days; an hour without a probability is not flagged.

    Their first hour is hour `first_hour` of the grid that the episodes count in.
    """
    probability, episodes = scores.probability, truth.episodes
    score = np.nan_to_num(probability)
    flagged = score >= THRESHOLD
    clean, touched = _classify(score.shape, episodes, first_hour)
    is_bad, is_false = np.asarray(touched.any(axis=1)), flagged & clean
    clean_hours, touched_hours = int(clean.sum()), int(touched.sum())
    hit, false = int((flagged & touched).sum()), int(is_false.sum())
    reasons = count_reasons(is_false, scores.reason)
    by_rules = sum(n for reason, n in reasons.items() if is_rule(reason))
    withheld, recovered = _energy(episodes, flagged, first_hour)
    return Measures(
        meters=len(score),
        bad_meters=int(is_bad.sum()),
        clean_hours=clean_hours,
        touched_hours=touched_hours,
        flagged_hours=int(flagged.sum()),
        unscored_hours=int(np.isnan(probability).sum()),
        recall=_share(hit, touched_hours),
        precision=_share(hit, hit + false),
        pr_auc=average_precision(*select_scored(probability, episodes, first_hour)),
        vus_pr=volume_under_surface(touched, score),
        precision_at_k=precision_at_k(score, is_bad),
        false_positive_rate=_share(false, clean_hours),
        false_positive_rate_by_rules=_share(by_rules, clean_hours),
        false_positive_rate_by_behaviour=_share(false - by_rules, clean_hours),
        false_positive_rate_by_reason={r: n / clean_hours for r, n in reasons.most_common()},
        meters_with_half_of_false_flags=count_meters_with_half(is_false),
        alerts_per_clean_meter_month=_alert_rate(score, clean),
        kwh_withheld=withheld,
        kwh_recovered=_share(recovered, withheld),
        kinds=measure_kinds(episodes, flagged, first_hour),
        benign=measure_benign(truth.benign, flagged, clean, first_hour),
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
        touched[episode.meter, select_hours(episode, first_hour, shape[1])] = True
    return clean, touched


def _energy(
    episodes: Sequence[Episode], flagged: NDArray[np.bool_], first_hour: int
) -> tuple[float, float]:
    """The energy withheld in the hours scored, and that of flagged hours, kWh."""
    withheld = recovered = 0.0
    for episode in episodes:
        at = episode.touched - first_hour
        within = (at >= 0) & (at < flagged.shape[1])
        kwh = np.maximum(np.nan_to_num(episode.kwh[within]), 0)
        withheld += float(kwh.sum())
        recovered += float(kwh[flagged[episode.meter, at[within]]].sum())
    return withheld, recovered


def _alert_rate(score: NDArray[np.float64], clean: NDArray[np.bool_]) -> float | None:
    untouched = clean.all(axis=1)
    months = score.shape[1] / FULL_DAY / DAYS_PER_MONTH
    return _share(float(count_alerts(score)[untouched].sum()), untouched.sum() * months)


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None
