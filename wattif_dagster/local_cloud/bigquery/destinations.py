"""Query jobs that write: the rows of a SELECT replace a table, or one day of it, in a transaction.

The emulator takes a query's destination and does nothing with it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import duckdb
import pyarrow as pa
from bqemulator.api.dependencies import AppContext
from bqemulator.catalog.models import JobMeta, TableMeta
from bqemulator.domain.errors import (
    AlreadyExistsError,
    DomainError,
    InvalidQueryError,
    ResourceRef,
    UnsupportedFeatureError,
    resource_not_found,
)
from bqemulator.jobs.executor import JOB_RESULTS
from bqemulator.storage.sql_identifiers import quoted_table_ref

from wattif_dagster.local_cloud.bigquery.loads import _count, _day_column, _Destination
from wattif_dagster.local_cloud.bigquery.sql import identifier

RunQuery = Callable[..., Awaitable[JobMeta]]


def writing(run_query: RunQuery) -> RunQuery:
    """`run_query`, then the rows into the job's destination, where it names one.

    Raises UnsupportedFeatureError (501) for a disposition that is not honoured.
    """

    async def run_and_write(
        *, job_id: str, query_config: dict[str, Any], ctx: AppContext, project_id: str, **rest: Any
    ) -> JobMeta:
        reference = query_config.get("destinationTable")
        disposition = query_config.get("writeDisposition", "WRITE_EMPTY")
        if reference and disposition not in ("WRITE_TRUNCATE", "WRITE_EMPTY"):
            raise UnsupportedFeatureError(
                f"the local BigQuery does not honour {disposition} in query jobs"
            )
        job = await run_query(
            job_id=job_id, query_config=query_config, ctx=ctx, project_id=project_id, **rest
        )
        if not reference or job.error_result:
            return job
        destination = _Destination.parse(reference, project_id)
        try:
            table = ctx.catalog.get_table(
                destination.project, destination.dataset, destination.table
            )
            if table is None:
                raise resource_not_found(
                    ResourceRef(
                        "table", destination.project, destination.dataset, destination.table
                    )
                )
            async with ctx.engine.write_lock():
                await asyncio.to_thread(
                    _replace, table, destination.day, JOB_RESULTS[job_id], disposition, ctx
                )
                ctx.snapshots.record_change(table.project_id, table.dataset_id, table.table_id)
        except DomainError as refusal:
            reason, message = refusal.bq_reason, refusal.message
        except duckdb.Error as failure:
            reason, message = "invalidQuery", str(failure)
        else:
            return job
        return job.model_copy(update={"error_result": {"reason": reason, "message": message}})

    return run_and_write


def _replace(
    table: TableMeta, day: str | None, rows: pa.Table, disposition: str, ctx: AppContext
) -> None:
    target = quoted_table_ref(table.project_id, table.dataset_id, table.table_id)
    there = f" WHERE CAST({identifier(_day_column(table))} AS DATE) = DATE '{day}'" if day else ""
    with ctx.engine.connection.cursor() as cursor:
        cursor.execute("SET TimeZone = 'UTC'")
        cursor.register("_rows", rows)
        cursor.execute("BEGIN TRANSACTION")
        if disposition == "WRITE_EMPTY" and _count(cursor, target + there):
            raise AlreadyExistsError(f"Already Exists: Table {table.dataset_id}.{table.table_id}")
        cursor.execute(f"DELETE FROM {target}{there}")
        kept = _count(cursor, target + there)
        cursor.execute(f"INSERT INTO {target} BY NAME SELECT * FROM _rows")
        if day and _count(cursor, target + there) - kept != rows.num_rows:
            raise InvalidQueryError(f"Some rows belong to different partitions than {day}")
        total = _count(cursor, target)
        cursor.execute("COMMIT")
    ctx.catalog.update_table(table.model_copy(update={"num_rows": total}))
