"""wattif plan --by-asset: what a day of each asset takes and costs."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Column, Table

from wattif_dagster.cli.units import format_bytes
from wattif_dagster.planning.assets import HISTORY_DAYS, AssetDay, plan_asset_days
from wattif_dagster.planning.prices import Prices
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings

WIDTH = 100
"""Columns of the table, also where the output is no terminal."""


def run(settings: Settings, prices: Prices, json_file: Path | None) -> None:
    """Print the table for the fleet of the settings."""
    days = plan_asset_days(
        settings.simulation,
        build_resources(settings)["wattif_ingest"],
        prices,
        external=settings.table_type == "external",
    )
    if json_file:
        figures = {
            "assets": [asdict(day) for day in days],
            "prices": prices.model_dump(mode="json"),
        }
        json_file.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
    console = Console(highlight=False, soft_wrap=True, width=WIDTH)
    console.print(
        f"A day of {settings.simulation.meters:,} meters, readings of "
        f"{settings.simulation.interval_seconds} s, {settings.ingest.compression} compression, "
        f"after {HISTORY_DAYS} such days;\n{prices.currency} by the prices of {prices.date}, "
        "where a month is that day's data kept so long."
    )
    _print_table(console, days)


def _print_table(console: Console, days: Sequence[AssetDay]) -> None:
    headings = ("operations", "queries read", "stored", "the day", "a month")
    grid = Table(
        "asset", *(Column(name, justify="right") for name in headings), box=None, pad_edge=False
    )
    for day in days:
        amounts, cost = day.amounts, day.cost
        stored = amounts.bucket_bytes + amounts.warehouse_bytes
        grid.add_row(
            day.asset,
            f"{amounts.class_a + amounts.class_b:,}",
            format_bytes(amounts.query_bytes),
            format_bytes(stored),
            f"{cost.once:,.4f}",
            f"{cost.month:,.4f}",
        )
    once, month = sum(day.cost.once for day in days), sum(day.cost.month for day in days)
    grid.add_row("total", "", "", "", f"{once:,.4f}", f"{month:,.4f}")
    console.print(grid)
    console.print("Dataplex, machines and network are not included, nor are free tiers deducted.")
