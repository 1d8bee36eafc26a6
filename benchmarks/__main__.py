"""`make bench`: measures all groups, and writes them as a table and as .wattif/bench.json."""

import argparse
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from benchmarks import (
    days,
    importing,
    ingest,
    memory,
    registry,
    rendering,
    saturation,
    stages,
    warehouse,
)
from benchmarks.measurement import Measurement

GROUPS = {
    "rendering": rendering.run,
    "registry": registry.run,
    "ingest": ingest.run,
    "importing": importing.run,
    "saturation": saturation.run,
    "stages": stages.run,
    "memory": memory.run,
    "warehouse": warehouse.run,
    "days": days.run,
}


def main() -> None:
    """Run the groups that the arguments name, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=GROUPS, help="a group; may be given again; default: all"
    )
    parser.add_argument(
        "--quick", action="store_true", help="measure small sizes, for rough figures"
    )
    parser.add_argument("--json", type=Path, default=Path(".wattif/bench.json"))
    parser.add_argument(
        "--baseline", type=Path, metavar="DIR", help="an older checkout, to compare `days` with"
    )
    parser.add_argument(
        "--baseline-python",
        default=sys.executable,
        metavar="PYTHON",
        help="the Python that has the older checkout's packages; default: this one",
    )
    arguments = parser.parse_args()
    groups: dict[str, Callable[[bool], list[Measurement]]] = {**GROUPS}
    if arguments.baseline:
        baseline = days.Checkout(arguments.baseline.resolve(), arguments.baseline_python)
        groups["days"] = partial(days.run, baseline=baseline)
    console = Console(width=max(Console().width, 110))  # no line of the table wraps
    measured: list[Measurement] = []
    for name in arguments.only or GROUPS:
        console.print(f"measuring {name} ...")
        measured += groups[name](arguments.quick)
    console.print(_table(measured))
    machine = {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "quick": arguments.quick,
    }
    report = {"machine": machine, "measurements": [asdict(item) for item in measured]}
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    console.print(f"written to {arguments.json}; {machine}")


def _table(measured: list[Measurement]) -> Table:
    table = Table("group", "", box=None)
    for title in ("times the baseline", "measured", ""):
        table.add_column(title, justify="right")
    for item in measured:
        ratio = _figure(item.ratio_to_baseline) if item.ratio_to_baseline else ""
        value = _figure(item.value)
        table.add_row(item.group, item.name, ratio, value, item.unit)
    return table


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.3g}"


if __name__ == "__main__":
    main()
