"""What the demo says of single meters: anomalies injected, found and missed, by kind."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.table import Column, Table

from wattif_dagster import schemas
from wattif_dagster.defs.anomaly_scores.plot import COLUMNS, plot_meters
from wattif_dagster.defs.anomaly_scores.scores import read_curves
from wattif_dagster.metering.anomalies.titles import TITLES, title_kind
from wattif_dagster.resources.bigquery import BigQueryWarehouse


def table_of_kinds(bigquery: BigQueryWarehouse, days: Sequence[date]) -> Table:
    """Hours by kind that the anomalies changed, and how many of them are flagged."""
    rows = bigquery.rows(
        "SELECT kind, MAX(meters) AS meters, SUM(touched_hours) AS touched, "
        "SUM(flagged_hours) AS flagged, SUM(clean_hours) AS clean, SUM(false_hours) AS wrong "
        f"FROM {bigquery.quoted(schemas.DETECTOR_EVALUATION)} "
        f"WHERE evaluation_date BETWEEN DATE '{days[0]}' AND DATE '{days[-1]}' "
        "GROUP BY kind"
    )
    by_kind = {row["kind"]: row for row in rows}
    numbers = [Column(name, justify="right") for name in ("meters", "hours", "found", "missed")]
    table = Table("injected", "", *numbers, box=None)
    for kind, title in TITLES.items():
        if row := by_kind.get(kind):
            counted = (
                row["meters"],
                row["touched"],
                row["flagged"],
                row["touched"] - row["flagged"],
            )
            table.add_row(kind, title, *map(str, counted))
    everything = by_kind["all"]
    table.caption = (
        f"{everything['wrong']} of {everything['clean']:,} hours of meters without an anomaly "
        "are flagged too"
    )
    table.caption_justify = "left"
    return table


def plot_kinds(bigquery: BigQueryWarehouse, day: date, folder: Path) -> None:
    """Plot each kind that touches the day: up to three of its meters."""
    labels = schemas.INJECTED_ANOMALIES
    rows = bigquery.rows(
        f"SELECT kind, serial FROM {bigquery.quoted(labels)} "
        f"WHERE {bigquery.partition_filter(labels, day)} ORDER BY kind, serial"
    )
    folder.mkdir(parents=True, exist_ok=True)
    for kind in TITLES:
        serials = [row["serial"] for row in rows if row["kind"] == kind][:COLUMNS]
        if serials:
            png = plot_meters(read_curves(bigquery, day, serials), title_kind(kind))
            (folder / f"{kind}-{day}.png").write_bytes(png)
