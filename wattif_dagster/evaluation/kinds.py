"""The measures of each kind: anomalies that are found, and benign changes that are flagged."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.evaluation.hours import Episode
from wattif_dagster.metering.anomalies.titles import BENIGN, TITLES, title_kind


@dataclass(frozen=True)
class KindMeasures:
    """The measures of the anomalies of one kind; None where there is nothing to divide by.

    `recall` is the share of touched hours flagged; `median_hours_to_detection` runs from the
    start to the first touched hour flagged, both included, of the episodes found;
    `never_found` is the share of the episodes without such an hour.
    """

    title: str
    episodes: int
    touched_hours: int
    recall: float | None
    median_hours_to_detection: float | None
    never_found: float | None


@dataclass(frozen=True)
class BenignMeasures:
    """The measures of the benign changes of one kind, on hours that are clean of anomalies.

    `hours_flagged` is the share of their hours flagged; `changes_flagged` that of the changes with
    such an hour.
    """

    title: str
    changes: int
    hours: int
    hours_flagged: float
    changes_flagged: float


def measure_kinds(
    episodes: Iterable[Episode], flagged: NDArray[np.bool_], first_hour: int
) -> dict[str, KindMeasures]:
    """Measure the episodes with touched hours among those scored, by kind."""
    found: dict[str, list[tuple[int, NDArray[np.int64], NDArray[np.bool_]]]] = {}
    for episode in episodes:
        at = select_hours(episode, first_hour, flagged.shape[1])
        if len(at):
            place = (episode.start - first_hour, at, flagged[episode.meter, at])
            found.setdefault(episode.kind, []).append(place)
    return {kind: _measure_kind(kind, found[kind]) for kind in sort_kinds(found)}


def measure_benign(
    changes: Iterable[Episode],
    flagged: NDArray[np.bool_],
    clean: NDArray[np.bool_],
    first_hour: int,
) -> dict[str, BenignMeasures]:
    """Measure the changes with clean hours among those scored, by kind."""
    found: dict[str, list[NDArray[np.bool_]]] = {}
    for change in changes:
        at = select_hours(change, first_hour, flagged.shape[1])
        at = at[clean[change.meter, at]]
        if len(at):
            found.setdefault(change.kind, []).append(flagged[change.meter, at])
    return {
        kind: BenignMeasures(
            title=title_kind(kind),
            changes=len(flags := found[kind]),
            hours=sum(map(len, flags)),
            hours_flagged=float(np.concatenate(flags).mean()),
            changes_flagged=float(np.mean([each.any() for each in flags])),
        )
        for kind in sort_kinds(found)
    }


def select_hours(episode: Episode, first_hour: int, hours: int) -> NDArray[np.int64]:
    """Select the touched hours among those scored, counted from `first_hour`."""
    at = episode.touched - first_hour
    return at[(at >= 0) & (at < hours)]


def sort_kinds(kinds: Iterable[str]) -> list[str]:
    """Sort kinds as `titles` lists them; kinds of one's own come last."""
    places = {kind: place for place, kind in enumerate(TITLES | BENIGN)}
    return sorted(kinds, key=lambda kind: (places.get(kind, len(places)), kind))


def _measure_kind(
    kind: str, found: list[tuple[int, NDArray[np.int64], NDArray[np.bool_]]]
) -> KindMeasures:
    """Measure episodes by their start, their touched hours and whether these are flagged."""
    delays = [int(at[flags.argmax()]) - start + 1 for start, at, flags in found if flags.any()]
    every = np.concatenate([flags for _, _, flags in found])
    return KindMeasures(
        title=title_kind(kind),
        episodes=len(found),
        touched_hours=len(every),
        recall=float(every.mean()),
        median_hours_to_detection=float(np.median(delays)) if delays else None,
        never_found=1 - len(delays) / len(found),
    )
