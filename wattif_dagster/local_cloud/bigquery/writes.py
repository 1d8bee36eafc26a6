"""Writes rows to a table or one partition of it in one transaction, for load and query jobs."""

import asyncio
import re
from dataclasses import dataclass

import duckdb
import pyarrow as pa
from bqemulator.api.dependencies import AppContext
from bqemulator.catalog.models import TableMeta
from bqemulator.domain.errors import (
    AlreadyExistsError,
    ResourceRef,
    ValidationError,
    resource_not_found,
)
from bqemulator.storage.sql_identifiers import quoted_table_ref

from wattif_dagster.local_cloud.bigquery.sql import quote_identifier, quote_literal

RESULT_VIEW = "_result"
"""The name by which a SELECT reads the rows of the `result` of `write`."""

_PARTITION = re.compile(r"(?P<table>[^$]+)\$(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)")


@dataclass(frozen=True)
class Destination:
    """A table or one partition of it."""

    project: str
    dataset: str
    table: str
    day: str | None
    """YYYY-MM-DD, or None for the whole table."""

    @classmethod
    def parse(cls, reference: dict[str, str], project: str) -> "Destination":
        """Parse a TableReference, whose tableId can end in $YYYYMMDD."""
        name, day = reference.get("tableId", ""), None
        if match := _PARTITION.fullmatch(name):
            name, day = match["table"], f"{match['year']}-{match['month']}-{match['day']}"
        return cls(reference.get("projectId", project), reference.get("datasetId", ""), name, day)

    def find(self, ctx: AppContext) -> TableMeta:
        """The table of the catalog. Raises NotFoundError when it is missing."""
        table = ctx.catalog.get_table(self.project, self.dataset, self.table)
        if table is None:
            raise resource_not_found(ResourceRef("table", self.project, self.dataset, self.table))
        return table


def render_checked_rows(
    table: TableMeta, day: str | None, source: str, file_column: str | None = None
) -> str:
    """A SELECT of the source's rows that fails at the first row that the table cannot hold.

    With a file_column, the error names the file, and the result does not have that column.
    """
    origin = f"'File: ' || {file_column}" if file_column else "'In the result of the query.'"
    without_file = f"EXCLUDE ({file_column})" if file_column else ""
    checks: dict[str, str] = {}
    for field in table.schema_.fields:
        if field.mode == "REQUIRED":
            column = quote_identifier(field.name)
            refusal = quote_literal(f"Missing required field: {field.name}. ")
            checks[column] = f"COALESCE({column}, error({refusal} || {origin}))"
    if day is not None:
        column = quote_identifier(_get_day_column(table))
        value = checks.get(column, column)
        refusal = quote_literal(f"Some rows belong to different partitions than {day}. ")
        checks[column] = (
            f"CASE WHEN CAST({value} AS DATE) = DATE '{day}' THEN {column}"
            f" ELSE error({refusal} || {origin}) END"
        )
    expressions = ", ".join(f"{check} AS {column}" for column, check in checks.items())
    replacing = f"REPLACE ({expressions})" if checks else ""
    return f"SELECT * {without_file} {replacing} FROM {source}"


async def write(
    select: str,
    table: TableMeta,
    day: str | None,
    disposition: str,
    ctx: AppContext,
    result: pa.Table | None = None,
) -> int:
    """Write the rows of a DuckDB SELECT by the writeDisposition, and return their number.

    It runs in another thread with its own connection, so others see the old table until all rows
    are written. Raises AlreadyExistsError (WRITE_EMPTY) or duckdb.Error. The table is then
    unchanged.
    """
    async with ctx.engine.write_lock():
        rows, total = await asyncio.to_thread(
            _transact, select, table, day, disposition, ctx.engine.connection.cursor(), result
        )
        ctx.catalog.update_table(table.model_copy(update={"num_rows": total}))
        ctx.snapshots.record_change(table.project_id, table.dataset_id, table.table_id)
    return rows


async def drop_partition(destination: Destination, ctx: AppContext) -> None:
    """Drop the rows of the destination's day."""
    table = destination.find(ctx)
    target = quoted_table_ref(table.project_id, table.dataset_id, table.table_id)
    nothing = f"SELECT * FROM {target} WHERE FALSE"
    await write(nothing, table, destination.day, "WRITE_TRUNCATE", ctx)


def _transact(
    select: str,
    table: TableMeta,
    day: str | None,
    disposition: str,
    connection: duckdb.DuckDBPyConnection,
    result: pa.Table | None,
) -> tuple[int, int]:
    """Write the rows, and return their number and the number of rows in the table."""
    target = quoted_table_ref(table.project_id, table.dataset_id, table.table_id)
    there = f" WHERE {_render_day_condition(table, day)}" if day else ""
    with connection:  # the end of the block rolls back an open transaction
        if result is not None:
            connection.register(RESULT_VIEW, result)
        connection.execute("BEGIN TRANSACTION")
        if disposition == "WRITE_TRUNCATE":
            connection.execute(f"DELETE FROM {target}{there}")
        elif disposition == "WRITE_EMPTY" and _query_number(
            connection, f"SELECT COUNT(*) FROM {target}{there}"
        ):
            raise AlreadyExistsError(f"Already Exists: Table {table.dataset_id}.{table.table_id}")
        rows = _query_number(connection, f"INSERT INTO {target} BY NAME {select}")
        total = _query_number(connection, f"SELECT COUNT(*) FROM {target}")
        connection.execute("COMMIT")
    return rows, total


def _render_day_condition(table: TableMeta, day: str) -> str:
    # DuckDB can skip other rows for a range, but not for a cast.
    column = quote_identifier(_get_day_column(table))
    return f"{column} >= DATE '{day}' AND {column} < DATE '{day}' + 1"


def _get_day_column(table: TableMeta) -> str:
    partitioning = table.time_partitioning
    if partitioning is None or partitioning.field is None or partitioning.type != "DAY":
        raise ValidationError(f"{table.table_id} is not partitioned by the day of a column")
    return partitioning.field


def _query_number(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    (number,) = connection.execute(statement).fetchall()[0]
    return number
