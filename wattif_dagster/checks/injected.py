"""Which of the counted faults were injected. A fault is excused only as far as its label goes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wattif_dagster.ingest.labels import Label
from wattif_dagster.metering.anomalies.kinds import KINDS

_MISSING, _DUPLICATED = "F6", "F7"
_BEYOND_RANGE = frozenset({"F3", "F5", "F8"})
"""Kinds that may report more than a household can draw: spike, reverse flow, tenfold."""


@dataclass(frozen=True)
class Finding:
    """Faults that nothing explains, and the meters with injected ones by kind."""

    unexplained: int
    injected: Mapping[str, list[str]] = field(default_factory=dict)


def repeated_rows(
    total: int, by_meter: Mapping[str, int], labels: Iterable[Label], readings_per_hour: int
) -> Finding:
    """Repeated rows: a duplicated hour has all its readings twice, no more and no fewer."""
    touched = [label for label in labels if label.kind == _DUPLICATED]
    expected = {label.serial: len(label.touched_hours) * readings_per_hour for label in touched}
    return _explain(total, by_meter, touched, expected)


def readings_beyond_range(
    total: int, by_meter: Mapping[str, int], labels: Iterable[Label]
) -> Finding:
    """Readings that no household draws; how many a fault has of them its label does not say."""
    touched = [label for label in labels if label.kind in _BEYOND_RANGE]
    return _explain(total, by_meter, touched, {})


def faulty_hours(total: int, by_meter: Mapping[str, int], labels: Iterable[Label]) -> Finding:
    """Hours lost or with another number of readings: exactly the labelled ones are excused."""
    touched = [label for label in labels if label.kind in (_MISSING, _DUPLICATED)]
    expected = {label.serial: len(label.touched_hours) for label in touched}
    return _explain(total, by_meter, touched, expected)


def _explain(
    total: int,
    by_meter: Mapping[str, int],
    touched: Iterable[Label],
    expected: Mapping[str, int],
) -> Finding:
    """`total` faults less those of the touched meters, whose own must be the expected ones."""
    unexplained = total
    injected: dict[str, list[str]] = {}
    for label in touched:
        found = by_meter.get(label.serial, 0)
        unexplained += abs(found - expected.get(label.serial, found)) - found
        if found:
            title = f"{label.kind} {KINDS[label.kind].title}"
            injected.setdefault(title, []).append(label.serial)
    return Finding(unexplained, injected)
