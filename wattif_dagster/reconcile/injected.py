"""Separates injected faults and gaps from others. Only their labelled part is excused."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

from dagster import AssetCheckResult, AssetCheckSeverity

from wattif_dagster.ingest.labels import Label
from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.metering.anomalies.titles import title_kind
from wattif_dagster.reconcile.counts import HoursCounts, ReadingsCounts

METERS_NAMED = 20
"""The most meters that a check names for each kind of injected fault."""

_MISSING, _DUPLICATED, _GAP = "F6", "F7", "B7"
_BEYOND_RANGE = frozenset({"F3", "F5", "F8"})
"""Kinds that may report more than a household can draw: spike, reverse flow, tenfold."""


@dataclass(frozen=True)
class Finding:
    """The number of faults without a label, and the meters with injected faults by kind.

    Faults are `reported` where they are those of real meters: they warn, and stop nothing.
    """

    unexplained: int
    injected: Mapping[str, list[str]] = field(default_factory=dict)
    reported: int = 0


def explain_repeated(
    total: int, by_meter: Mapping[str, int], labels: Iterable[Label], readings_per_hour: int
) -> Finding:
    """Explain repeated rows: a duplicated hour has each of its readings exactly twice."""
    touched = [label for label in labels if label.kind == _DUPLICATED]
    expected = {label.serial: len(label.touched_hours) * readings_per_hour for label in touched}
    return _explain(total, by_meter, touched, expected)


def explain_out_of_range(
    total: int, by_meter: Mapping[str, int], labels: Iterable[Label]
) -> Finding:
    """Explain impossible readings. A label does not tell how many of them there are."""
    touched = [label for label in labels if label.kind in _BEYOND_RANGE]
    return _explain(total, by_meter, touched, {})


def explain_faulty_hours(
    total: int, by_meter: Mapping[str, int], labels: Iterable[Label]
) -> Finding:
    """Explain hours that are missing or incomplete: exactly the labelled ones are excused."""
    touched = [label for label in labels if label.kind in (_MISSING, _DUPLICATED, _GAP)]
    expected = {label.serial: len(label.touched_hours) for label in touched}
    return _explain(total, by_meter, touched, expected)


def check_finding(
    name: str, finding: Finding, counts: ReadingsCounts | HoursCounts, manifest: Manifest
) -> AssetCheckResult:
    """Make the check's result: an injected fault warns, an unexplained one is an error."""
    numbers = {name: value for name, value in asdict(counts).items() if isinstance(value, int)}
    named = {kind: serials[:METERS_NAMED] for kind, serials in finding.injected.items()}
    return AssetCheckResult(
        check_name=name,
        passed=not (finding.unexplained or finding.injected or finding.reported),
        severity=AssetCheckSeverity.ERROR if finding.unexplained else AssetCheckSeverity.WARN,
        metadata={
            "unexplained_faults": finding.unexplained,
            **({"reported_faults": finding.reported} if finding.reported else {}),
            "manifest_rows": manifest.total_rows,
            **numbers,
            **({"injected": named} if named else {}),
        },
    )


def _explain(
    total: int,
    by_meter: Mapping[str, int],
    touched: Iterable[Label],
    expected: Mapping[str, int],
) -> Finding:
    """Subtract the faults of the touched meters, which must have exactly the expected number."""
    unexplained = total
    injected: dict[str, list[str]] = {}
    for label in touched:
        found = by_meter.get(label.serial, 0)
        unexplained += abs(found - expected.get(label.serial, found)) - found
        if found:
            title = title_kind(label.kind)
            injected.setdefault(title, []).append(label.serial)
    return Finding(unexplained, injected)
