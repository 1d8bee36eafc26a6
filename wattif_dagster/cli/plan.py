"""wattif plan: what a backfill will take, before it is paid for."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.table import Column, Table

from wattif_dagster.cli import plan_assets
from wattif_dagster.cli.options import with_options
from wattif_dagster.cli.units import format_bytes
from wattif_dagster.errors import UserError
from wattif_dagster.metering.fleet_size import GROWTH_DAYS
from wattif_dagster.planning.plan import Plan, make_plan
from wattif_dagster.planning.prices import DEFAULT_PRICES, Prices, load_prices
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings

DEFAULT_DAYS = 30
CALIBRATION_SECONDS = 2.0
"""For plain and for gzip, each."""


def run(
    days: int | None,
    simulation: Mapping[str, object],
    ingest: Mapping[str, object],
    *,
    by_asset: bool,
    uplink: float | None,
    prices: Path | None,
    json_file: Path | None,
) -> None:
    """Plan the fleet's first days, with the command's options over the settings.

    With `by_asset`, plan one day of each asset instead.
    """
    settings = with_options(Settings.load(), simulation, ingest)
    table = load_prices(prices or DEFAULT_PRICES)
    if by_asset:
        if days is not None or uplink is not None:
            raise UserError(
                "--by-asset is about one day and says no times. Leave out --days and --uplink."
            )
        plan_assets.run(settings, table, json_file)
        return
    days = days or DEFAULT_DAYS
    if days > GROWTH_DAYS:
        raise UserError(f"--days {days} is too many: a fleet can grow for {GROWTH_DAYS} days.")
    click.echo(f"Measuring for {2 * CALIBRATION_SECONDS:.0f} s ...", err=True)
    made = make_plan(
        settings.simulation,
        build_resources(settings)["wattif_ingest"],
        days,
        table,
        external=settings.table_type == "external",
        seconds=CALIBRATION_SECONDS,
    )
    upload_seconds = made.size.stored_bytes * 8 / (uplink * 1e6) if uplink else None
    if json_file:
        figures = {**asdict(made), "upload_seconds": upload_seconds}
        figures["prices"] = table.model_dump(mode="json")
        json_file.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
    console = Console(highlight=False, soft_wrap=True)
    _print_amounts(console, made, settings.ingest.compression, upload_seconds)
    console.print(
        "Times cover rendering, compressing and uploading. "
        "Time in BigQuery, Dataplex and Dagster is not included."
    )
    _print_cost(console, made, table, prices or DEFAULT_PRICES)
    for warning in made.warnings:
        console.print(f"Note: {warning}", markup=False)


def _print_amounts(
    console: Console, plan: Plan, compression: str, upload_seconds: float | None
) -> None:
    size = plan.size
    rate = plan.calibration.rows / plan.calibration.seconds
    upload = "not known without --uplink"
    if upload_seconds is not None:
        upload = f"{_hours(upload_seconds)}, while it renders"
    grid = Table(box=None, show_header=False)
    for name, value in {
        "days": f"{size.days:,}",
        "meters": f"{size.meters_on_first_day:,} on the first day, "
        f"{size.meters_on_last_day:,} on the last",
        "readings": f"{size.rows:,}",
        "bytes, raw": format_bytes(size.raw_bytes),
        "bytes, gzip": format_bytes(size.gzip_bytes),
        f"bytes, stored ({compression})": format_bytes(size.stored_bytes),
        "objects": f"{size.objects:,}, {size.objects_of_largest_day:,} a day at most",
        "class A operations": f"{size.class_a:,}",
        "class B operations": f"{size.class_b:,}",
        "spool": f"{format_bytes(size.spool_bytes)} at most",
        "rendering": f"{_hours(size.rendering_seconds)} on this machine, "
        f"at {rate / 1e6:,.1f} M readings/s",
        "uploading": upload,
        "load jobs": f"{plan.load_jobs:,}, {plan.load_jobs_of_a_table:,} of a table",
        "BigQuery stores": format_bytes(plan.warehouse.stored_bytes),
        "queries read": format_bytes(plan.warehouse.query_bytes),
    }.items():
        grid.add_row(name, value)
    console.print(grid)


def _print_cost(console: Console, plan: Plan, prices: Prices, file: Path) -> None:
    cost = plan.cost
    grid = Table(prices.currency, Column("once", justify="right"), "a month", box=None)
    grid.columns[2].justify = "right"
    for name, once, month in (
        ("class A operations", cost.class_a, None),
        ("class B operations", cost.class_b, None),
        ("load jobs", cost.load_jobs, None),
        ("queries", cost.queries, None),
        ("Cloud Storage", None, cost.cloud_storage_month),
        ("BigQuery storage", None, cost.bigquery_storage_month),
        ("total", cost.once, cost.month),
    ):
        grid.add_row(name, *("" if value is None else f"{value:,.2f}" for value in (once, month)))
    console.print(grid)
    console.print(
        f"The prices in {file} are of {prices.date}. Check them. "
        "Dataplex, machines and network are not included.",
        markup=False,
    )


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{seconds:,.0f} s"
