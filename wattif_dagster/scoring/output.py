"""Writes scores, flagged meters and pictures. A file appears when it is whole."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq

from wattif_dagster.reasons import describe_reason
from wattif_dagster.scoring.results import SCORES_SCHEMA, FlaggedMeter

FLAGGED_COLUMNS = (
    "rank",
    "serial",
    "alert_days",
    "flagged_days",
    "flagged_hours",
    "hours_by_rules",
    "hours_by_behaviour",
    "first_flagged",
    "last_flagged",
    "largest_probability",
    "provisional",
    "reasons",
)


@contextmanager
def writing_scores(file: Path) -> Iterator[pq.ParquetWriter]:
    """Write a Parquet file batch by batch."""
    with replacing(file) as part, pq.ParquetWriter(part, SCORES_SCHEMA) as writer:
        yield writer


def write_flagged(file: Path, meters: Sequence[FlaggedMeter]) -> None:
    """Write a CSV of the meters, in their order."""
    with replacing(file) as part, part.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(FLAGGED_COLUMNS)
        for rank, meter in enumerate(meters, 1):
            writer.writerow(
                (
                    rank,
                    meter.serial,
                    meter.alert_days,
                    meter.days,
                    meter.hours,
                    meter.rule_hours,
                    meter.hours - meter.rule_hours,
                    f"{meter.first:%Y-%m-%dT%H:%M:%SZ}",
                    f"{meter.last:%Y-%m-%dT%H:%M:%SZ}",
                    f"{meter.probability:.6f}",
                    "yes" if meter.provisional else "no",
                    describe_reasons(meter),
                )
            )


def describe_reasons(meter: FlaggedMeter, most: int | None = None) -> str:
    """Say why the meter is flagged, and for how many hours each."""
    said = [f"{describe_reason(reason)} ({hours} h)" for reason, hours in meter.reasons.items()]
    return "; ".join(said[:most])


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Yield the name of another file, which takes the place of the file in the end."""
    part = file.with_name(f"{file.name}.part")
    try:
        yield part
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
