"""Queries run beside the event loop, each on a connection of its own, and fail as BigQuery's do.

The emulator runs a query in its event loop: nobody else is answered before it is done, and one
processor of many works. One that fails it answers like one without rows when it came by jobs.query.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
from bqemulator.api.dependencies import AppContext
from bqemulator.api.routes import jobs
from bqemulator.catalog.models import JobMeta
from bqemulator.jobs.error_mapper import translate_runtime_error
from bqemulator.storage.engine import DuckDBEngine

from wattif_dagster.local_cloud.bigquery.statements import is_query

RunStatement = Callable[..., Awaitable[pa.Table]]

FAILURES = jobs._SQL_EXECUTION_DOMAIN_ERRORS
"""What is wrong with a query, told only when it runs."""


class _Asked:
    """Stands for the engine until the DuckDB statement is known, and keeps it."""

    def __init__(self, engine: DuckDBEngine) -> None:
        self._engine = engine
        self.statement: tuple[str, list[Any] | None] | None = None

    def fetch_arrow(self, sql: str, parameters: list[Any] | None = None) -> None:
        self.statement = sql, parameters

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


def run_beside_the_loop(run: RunStatement) -> RunStatement:
    """`_run_single_sql`, which awaits a query's rows; other statements run as they did."""

    async def run_beside(
        project_id: str, bq_sql: str, query_params: Any, ctx: AppContext, *, caller: Any
    ) -> pa.Table:
        if not is_query(bq_sql):
            return await run(project_id, bq_sql, query_params, ctx, caller=caller)
        asked: Any = _Asked(ctx.engine)
        await run(project_id, bq_sql, query_params, replace(ctx, engine=asked), caller=caller)
        sql, parameters = asked.statement
        try:
            return await asyncio.to_thread(
                _fetch_rows, ctx.engine.connection.cursor(), sql, parameters
            )
        except (duckdb.Error, pa.ArrowException) as error:
            raise translate_runtime_error(error, duckdb_sql=sql) from error

    return run_beside


def _fetch_rows(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any] | None
) -> pa.Table:
    with connection:
        # All that the engine's function asks of its engine is `execute`.
        engine: Any = SimpleNamespace(execute=connection.execute)
        return DuckDBEngine.fetch_arrow(engine, sql, parameters)


def fail_as_a_job(run_job: Callable[..., Awaitable[JobMeta]]) -> Callable[..., Any]:
    """`_execute_query_or_failed_meta` of a query that raises its failure: the failed job."""

    async def run_or_fail(
        *, project_id: str, job_id: str, config: dict[str, Any], ctx: AppContext, **rest: Any
    ) -> JobMeta:
        try:
            return await run_job(
                project_id=project_id, job_id=job_id, config=config, ctx=ctx, **rest
            )
        except FAILURES as failure:
            return jobs._failed_job_meta(
                project_id=project_id,
                job_id=job_id,
                job_type="QUERY",
                config=config,
                error_result=jobs._domain_error_to_error_result(failure),
                now=ctx.clock.now(),
            )

    return run_or_fail
