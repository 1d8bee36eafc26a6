"""wattif plan: what a backfill will take, before it is paid for."""

from dataclasses import asdict
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.table import Column, Table

from wattif_dagster.cli.options import with_options
from wattif_dagster.cli.output_file import OutputFile
from wattif_dagster.metering.fleet_size import GROWTH_DAYS
from wattif_dagster.planning.plan import Plan, make_plan
from wattif_dagster.planning.prices import DEFAULT_PRICES, Prices, load_prices
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings

CALIBRATION_SECONDS = 2.0
"""For plain and for gzip, each."""


@click.command()
@click.option("--meters", type=int, help="Meters on the first day.")
@click.option("--days", type=click.IntRange(1, GROWTH_DAYS), default=30, show_default=True)
@click.option("--load", type=click.Choice(["uniform", "household"]), help="What meters draw.")
@click.option("--interval-seconds", type=int, help="Length of a reading.")
@click.option("--compression", type=click.Choice(["none", "gzip"]))
@click.option("--meters-per-object", type=int, help="Meters in an object.")
@click.option("--uplink", type=click.FloatRange(0, min_open=True), help="Megabits a second.")
@click.option("--prices", type=click.Path(path_type=Path), help="An edited price table (YAML).")
@click.option("--json", "json_file", type=OutputFile(), help="Every figure.")
def plan(
    meters: int | None,
    days: int,
    load: str | None,
    interval_seconds: int | None,
    compression: str | None,
    meters_per_object: int | None,
    uplink: float | None,
    prices: Path | None,
    json_file: Path | None,
) -> None:
    """Say what the fleet's first DAYS will take: bytes, objects, time, quotas, money.

    Some seconds of its data are rendered, compressed and spooled to measure them; nothing is sent.
    """
    settings = with_options(
        Settings.load(),
        {"meters": meters, "load": load, "interval_seconds": interval_seconds},
        {"compression": compression, "meters_per_object": meters_per_object},
    )
    table = load_prices(prices or DEFAULT_PRICES)
    click.echo(f"measuring for {2 * CALIBRATION_SECONDS:.0f} s ...", err=True)
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
    _print_amounts(console, made, upload_seconds)
    console.print(
        "The hours are of rendering, compressing and spooling the readings, and of sending their "
        "bytes: what the registry, BigQuery, Dataplex and Dagster itself take is not in them."
    )
    _print_cost(console, made, table, prices or DEFAULT_PRICES)
    for warning in made.warnings:
        console.print(f"warning: {warning}", markup=False)


def _print_amounts(console: Console, plan: Plan, upload_seconds: float | None) -> None:
    size = plan.size
    rate = plan.calibration.rows / plan.calibration.seconds
    upload = "not known; give --uplink"
    if upload_seconds is not None:
        upload = f"{_hours(upload_seconds)}, while it renders"
    grid = Table(box=None, show_header=False)
    for name, value in {
        "days": f"{size.days:,}",
        "meters": f"{size.meters_on_first_day:,} on the first day, "
        f"{size.meters_on_last_day:,} on the last",
        "readings": f"{size.rows:,}",
        "bytes, raw": _bytes(size.raw_bytes),
        "bytes, gzip": _bytes(size.gzip_bytes),
        "bytes, as set": _bytes(size.stored_bytes),
        "objects": f"{size.objects:,}, {size.objects_of_largest_day:,} a day at most",
        "class A operations": f"{size.class_a:,}",
        "class B operations": f"{size.class_b:,}",
        "spool": f"{_bytes(size.spool_bytes)} at most",
        "rendering": f"{_hours(size.rendering_seconds)} on this machine, "
        f"at {rate / 1e6:,.1f} M readings/s",
        "uploading": upload,
        "load jobs": f"{plan.load_jobs:,}, {plan.load_jobs_of_a_table:,} of a table",
        "BigQuery stores": _bytes(plan.warehouse.stored_bytes),
        "queries read": _bytes(plan.warehouse.query_bytes),
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
        ("together", cost.once, cost.month),
    ):
        grid.add_row(name, *("" if value is None else f"{value:,.2f}" for value in (once, month)))
    console.print(grid)
    console.print(
        f"Prices were noted on {prices.date} in {file}: check them. Dataplex, machines and network "
        "are not in it.",
        markup=False,
    )


def _bytes(count: int) -> str:
    """In decimal units, as the quotas are."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} B"


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{seconds:,.0f} s"
