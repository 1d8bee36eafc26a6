"""The report of an import: what became of each row, and how complete each meter is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from wattif_dagster.importing.days import Tally
from wattif_dagster.importing.landed import to_date
from wattif_dagster.importing.order import Ordered
from wattif_dagster.importing.spill import SECONDS_PER_DAY
from wattif_dagster.importing.staging import Staging


@dataclass(frozen=True)
class ImportReport:
    """What became of the rows. Rows read are those landed, replaced and rejected together.

    `replaced` rows have a later row for their meter and time. `gaps` counts the intervals without a
    reading between the first and the last one of each meter, over days that have readings.
    """

    id: str
    files: Sequence[Mapping[str, Any]]
    interval_seconds: int
    read: int
    landed: int
    replaced: int
    rejected: Mapping[str, Mapping[str, Any]]
    """By reason: the number of rows, a sentence, and the first row."""
    meters: int
    gaps: Mapping[str, int]
    rejected_meters: Mapping[str, int]
    """The meters of which no reading fits the interval, with theirs in seconds; 0 is shorter."""
    readings_by_day: Mapping[str, int]
    complete_days: Sequence[str]
    """Days on which every meter of the import has every reading."""
    changed_days: Sequence[str]
    dry_run: bool

    @property
    def total_rejected(self) -> int:
        """Rows that were rejected."""
        return sum(each["rows"] for each in self.rejected.values())

    @property
    def meters_without_gaps(self) -> int:
        """Meters with neither a gap nor another interval."""
        return self.meters - len(self.gaps)

    def dumps(self) -> bytes:
        """The report as JSON."""
        return orjson.dumps(self, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def make_report(
    import_id: str,
    staging: Staging,
    ordered: Ordered,
    tally: Tally,
    *,
    replaced_registers: int,
    dry_run: bool,
) -> ImportReport:
    """Make the report of what was counted."""
    missing, others = tally.missing(), ordered.fit.other_interval
    present = int((tally.readings > 0).sum())
    of_a_day = present * (SECONDS_PER_DAY // tally.interval)
    return ImportReport(
        id=import_id,
        files=[{"name": f.name, "format": f.format, "rows": f.rows} for f in staging.files],
        interval_seconds=tally.interval,
        read=staging.rows,
        landed=tally.landed,
        replaced=tally.replaced + replaced_registers,
        rejected={
            reason.key: {"rows": found.rows, "because": reason.value, "sample": found.sample}
            for reason, found in staging.rejections.by_reason.items()
        },
        meters=present,
        gaps={ordered.serials[n]: int(missing[n]) for n in missing.nonzero()[0].tolist()},
        rejected_meters={staging.serials[n]: seconds for n, seconds in others.items()},
        readings_by_day={str(to_date(day)): n for day, n in sorted(tally.by_day.items())},
        complete_days=[str(to_date(d)) for d, n in sorted(tally.by_day.items()) if n == of_a_day],
        changed_days=[str(to_date(day)) for day in tally.changed],
        dry_run=dry_run,
    )
