"""What the demo says of single meters: anomalies injected, found and missed, by kind."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from rich.table import Column, Table

from wattif_dagster import schemas
from wattif_dagster.cli.demo_plot import MeterHours, plot_meters_beside_truth
from wattif_dagster.defs.anomaly_scores.scores import read_curves
from wattif_dagster.metering.anomalies.titles import TITLES, title_kind
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.threshold import THRESHOLD

MOST_METERS = 3
DAYS_PLOTTED = 6


def table_of_kinds(bigquery: BigQueryWarehouse, days: Sequence[date]) -> tuple[Table, str]:
    """Hours by kind that the anomalies changed, and how many of them are flagged; with a sentence
    on false alarms."""
    rows = bigquery.rows(
        "SELECT kind, MAX(meters) AS meters, SUM(touched_hours) AS touched, "
        "SUM(flagged_hours) AS flagged, SUM(clean_hours) AS clean, SUM(false_hours) AS wrong, "
        "COUNT(clean_hours) AS scored_days "
        f"FROM {bigquery.quoted(schemas.DETECTOR_EVALUATION)} "
        f"WHERE evaluation_date BETWEEN DATE '{days[0]}' AND DATE '{days[-1]}' "
        "GROUP BY kind"
    )
    by_kind = {row["kind"]: row for row in rows}
    names = ("meters", "hours changed", "found", "missed")
    table = Table(
        "kind",
        *(Column(name, justify="right") for name in names),
        box=None,
        title="Theft (T) and faults (F) of single meters, injected and found",
        title_justify="left",
    )
    for kind in TITLES:
        if row := by_kind.get(kind):
            missed = row["touched"] - row["flagged"]
            counted = (row["meters"], row["touched"], row["flagged"], missed)
            table.add_row(title_kind(kind), *(f"{count:,}" for count in counted))
    return table, _describe_false_alarms(by_kind["all"])


def _describe_false_alarms(row: Mapping[str, Any]) -> str:
    clean, wrong, days = row["clean"], row["wrong"], row["scored_days"]
    if not days:
        return (
            "No hour has a score yet, which takes a week of history: only readings that are wrong "
            "by themselves are found."
        )
    return (
        f"False alarms: {wrong:,} of {clean:,} hours ({wrong / clean:.1%}) of meters without an "
        f"anomaly, on the {days} days that have scores. With six weeks of history 1% is aimed at."
    )


def plot_kinds(
    bigquery: BigQueryWarehouse, simulation: Simulation, days: Sequence[date], folder: Path
) -> list[Path]:
    """Plot each kind that touches the last of the days: up to three of its meters, each with what
    it reported in the last days beside its true load. Returns the files."""
    last, shown = days[-1], days[-DAYS_PLOTTED:]
    labels = schemas.INJECTED_ANOMALIES
    rows = bigquery.rows(
        f"SELECT kind, serial, starts_at FROM {bigquery.quoted(labels)} "
        f"WHERE {bigquery.partition_filter(labels, last)} ORDER BY kind, serial"
    )
    chosen = {kind: [row for row in rows if row["kind"] == kind][:MOST_METERS] for kind in TITLES}
    serials = sorted({row["serial"] for meters in chosen.values() for row in meters})
    hours = [row for day in shown for row in read_curves(bigquery, day, serials)]
    files = []
    for kind, meters in chosen.items():
        if not meters:
            continue
        panels = [
            MeterHours.of(
                row["serial"],
                row["starts_at"],
                [hour for hour in hours if hour["serial"] == row["serial"]],
                simulation,
                THRESHOLD,
            )
            for row in meters
        ]
        file = folder / f"{kind}-{last}.png"
        file.write_bytes(plot_meters_beside_truth(panels, title_kind(kind), simulation.local_time))
        files.append(file)
    return files
