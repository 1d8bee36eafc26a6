"""What the demo says of all readings, and of the fleet: figures, each with what it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from rich.table import Column, Table

from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.reconcile.day import Reconciliation
from wattif_dagster.threshold import THRESHOLD


@dataclass(frozen=True)
class FleetDays:
    """The manifests of the days, and the rows of `fleet_anomalies` by day."""

    manifests: Sequence[Manifest]
    anomalies: Mapping[date, Sequence[Mapping[str, Any]]]

    @property
    def incident_hours(self) -> set[datetime]:
        """The hours of the injected incidents."""
        hours: set[datetime] = set()
        for manifest in self.manifests:
            if manifest.incident:
                at = datetime.fromisoformat(manifest.incident.starts_at)
                while at < datetime.fromisoformat(manifest.incident.ends_at):
                    hours.add(at)
                    at += timedelta(hours=1)
        return hours


def table_of_readings(found: Sequence[Reconciliation], manifests: Sequence[Manifest]) -> Table:
    """How many readings there are at each step: as many at one as at another."""
    megabytes = sum(m.total_bytes for m in manifests) / 1e6
    table = _make_table("Readings, counted at each step of their way")
    for name, value, meaning in (
        ("days", len(found), "each made by a run of Dagster"),
        ("meters", manifests[-1].meters, "on the last day; some come and go each day"),
        ("objects", sum(len(m.objects) for m in manifests), f"{megabytes:,.1f} MB in the bucket"),
        ("rows rendered", sum(m.total_rows for m in manifests), "readings of the simulation"),
        ("rows uploaded", sum(each.uploaded for each in found), "in the objects of the bucket"),
        ("rows loaded", sum(each.loaded or 0 for each in found), "in the table meter_readings"),
        (
            "rows rolled up",
            sum(each.rolled_up or 0 for each in found),
            "in the hours of hourly_consumption",
        ),
    ):
        table.add_row(name, f"{value:,}", meaning)
    return table


def table_of_fleet(fleet: FleetDays) -> Table:
    """What the fleet's detector found of the incident, and what it flagged elsewhere."""
    incident = fleet.incident_hours
    rows = [row for rows in fleet.anomalies.values() for row in rows]
    flagged = {row["time"] for row in rows if row["is_anomaly"]}
    hits = incident & flagged
    elsewhere = flagged - incident
    scored = {row["time"] for row in rows if row["is_anomaly"] is not None} - incident
    kinds = ", ".join(sorted({m.incident.kind for m in fleet.manifests if m.incident}))
    table = _make_table("The fleet's consumption, each hour against the same hours of earlier days")
    table.add_row(
        "incident injected",
        f"{len(incident)} hours" if incident else "none",
        f"a {kinds} from {min(incident):%Y-%m-%d %H:%M} UTC on" if incident else "",
    )
    table.add_row(
        "incident found",
        f"{len(hits)} of its {len(incident)} hours" if incident else "-",
        f"flagged, at probability {THRESHOLD} or more" if incident else "",
    )
    table.add_row(
        "flagged elsewhere",
        f"{len(elsewhere)} of {len(scored)} hours" if scored else "-",
        "that have enough history to be scored"
        if scored
        else "an hour is scored with the history of a week",
    )
    return table


def _make_table(title: str) -> Table:
    return Table(
        Column(no_wrap=True),
        Column(no_wrap=True, justify="right"),
        Column(),
        box=None,
        show_header=False,
        title=title,
        title_justify="left",
    )
