"""wattif query: runs SQL on the tables, or lists them."""

import csv
import re
import sys
from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Literal

import orjson
from google.api_core.exceptions import GoogleAPICallError
from google.cloud.bigquery import SchemaField, Table
from google.cloud.bigquery.table import RowIterator
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Column
from rich.table import Table as Lines
from rich.text import Text

from wattif_dagster.cli.cloud import running_cloud
from wattif_dagster.detection.layered import temporary
from wattif_dagster.errors import UserError
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.bigquery_errors import JobError
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings

NUMBERS = {"INTEGER", "FLOAT", "NUMERIC", "BIGNUMERIC"}
WIDTH = 240
"""Characters of a line that goes to no terminal, so that each row has one line."""
TEMPORARY = {each.name for each in vars(temporary).values() if getattr(each, "temporary", False)}
"""Tables that are empty between two runs."""
EXAMPLE = "SELECT serial, reason FROM anomaly_scores WHERE anomaly_probability >= 0.99 LIMIT 10"


def run(sql: str | None, form: Literal["csv", "json"] | None, most_rows: int) -> None:
    """Run the SQL and print its rows, or list the tables without any."""
    if sql is not None and not sql.strip():
        raise UserError("The SQL is empty. Without any, `wattif query` lists the tables.")
    settings = Settings.load()
    with running_cloud(settings):
        bigquery = build_resources(settings)["wattif_bigquery"]
        if sql is None:
            _print_tables(bigquery)
            return
        found = _read(bigquery, sql, most_rows if form is None else None)
        match form:
            case "csv":
                _write_csv(found)
            case "json":
                _write_json(found)
            case None:
                _print_rows(found, most_rows)


def _read(bigquery: BigQueryWarehouse, sql: str, most_rows: int | None) -> RowIterator:
    try:
        return bigquery.read(sql, most_rows)
    except JobError as error:
        raise UserError(
            f"BigQuery cannot run this SQL. {_find_reason(error).rstrip('.')}. "
            "`wattif query` lists the tables and their columns."
        ) from None


def _find_reason(error: JobError) -> str:
    """Find what BigQuery said, without what its client adds, and the first line of it."""
    cause = error.__cause__
    if not isinstance(cause, GoogleAPICallError):
        return str(error)
    said = [item["message"] for item in cause.errors if item.get("message")]
    return [*said, cause.message][0].splitlines()[0]


def _print_rows(found: RowIterator, most_rows: int) -> None:
    """Print a table where it fits into the lines, and else the columns of a row below another."""
    console = _open_console()
    fields, rows = found.schema, [row.values() for row in found]
    if not fields:
        console.print("Done. The statement returns no rows.")
        return
    table = Lines(
        *(
            Column(field.name, justify="right" if _is_number(field) else "left", no_wrap=True)
            for field in fields
        ),
        box=box.SIMPLE_HEAD,
    )
    for row in rows:
        table.add_row(*map(_show, row))
    unlimited = console.options.update(max_width=sys.maxsize)
    if Measurement.get(console, unlimited, table).maximum <= console.width:
        console.print(table)
    else:
        _print_records(console, fields, rows)
    total = found.total_rows or 0
    console.print(
        f"{total:,} {'row' if total == 1 else 'rows'}."
        if total <= len(rows)
        else f"The first {len(rows):,} of {total:,} rows. --rows {most_rows * 10} shows more, and "
        "--csv and --json write all of them."
    )


def _print_records(
    console: Console, fields: Sequence[SchemaField], rows: Iterable[Iterable[Any]]
) -> None:
    for number, row in enumerate(rows, 1):
        lines = Lines(Column(style="bold"), Column(overflow="fold"), box=None, show_header=False)
        for field, value in zip(fields, row, strict=True):
            lines.add_row(field.name, _show(value))
        console.rule(f"row {number}", align="left")
        console.print(lines)


def _show(value: object) -> Text:
    """Write a value as BigQuery's console does."""
    match value:
        case None:
            return Text("NULL", style="dim")
        case datetime():
            return Text(f"{value:%Y-%m-%d %H:%M:%S}" + (" UTC" if value.tzinfo else ""))
        case bool():
            return Text(str(value).lower())
        case float():
            return Text(f"{value:.6g}")
        case bytes() | list() | dict():
            return Text(_as_json(value).decode())
    return Text(str(value))


def _is_number(field: SchemaField) -> bool:
    return field.field_type in NUMBERS and field.mode != "REPEATED"


def _write_csv(found: RowIterator) -> None:
    """Write a line of names and one for each row. Times are ISO 8601, and NULL is nothing."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(field.name for field in found.schema)
    for row in found:
        writer.writerow(map(_as_csv, row.values()))


def _as_csv(value: object) -> object:
    if isinstance(value, datetime | bool | bytes | list | dict):
        return _as_json(value).decode().strip('"')
    return value


def _write_json(found: RowIterator) -> None:
    """Write an object for each row, one a line."""
    for row in found:
        print(_as_json(dict(row.items())).decode())


def _as_json(value: object) -> bytes:
    def write_other(other: object) -> str:
        """Write bytes as BigQuery does, and a NUMERIC as text, which keeps its digits."""
        return b64encode(other).decode() if isinstance(other, bytes) else str(other)

    return orjson.dumps(value, default=write_other, option=orjson.OPT_UTC_Z)


def _print_tables(bigquery: BigQueryWarehouse) -> None:
    console = _open_console()
    tables = [each for each in bigquery.list_tables() if each.table_id not in TEMPORARY]
    where = f"{bigquery.cloud.project}.{bigquery.dataset}"
    if not tables:
        raise UserError(f"{where} has no tables. `wattif demo` and `wattif backfill` make them.")
    for table in tables:
        _print_table(console, table)
    console.print(f"{len(tables)} tables in {where}. Look into one with:")
    console.print(f'  wattif query "{EXAMPLE}"')


def _print_table(console: Console, table: Table) -> None:
    rows = "external" if table.num_rows is None else f"{table.num_rows:,} rows"
    console.print(Text.assemble((table.table_id, "bold"), f"  {rows}"))
    if table.description:
        console.print(Text(table.description))
    lines = Lines(
        *(Column(no_wrap=True), Column(no_wrap=True), Column()),
        box=None,
        show_header=False,
        padding=(0, 0, 0, 2),
    )
    for name, fields in groupby(table.schema, lambda field: re.sub(r"_\d\d$", "_HH", field.name)):
        first, *others = fields
        lines.add_row(name if others else first.name, first.field_type, first.description or "")
    console.print(lines)
    console.print()


def _open_console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    return console
