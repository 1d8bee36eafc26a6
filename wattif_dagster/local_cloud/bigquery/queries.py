"""Runs each query in another thread with its own connection, and reports its errors.

The emulator runs queries in its event loop. It answers no other request until the query ends, and
uses one processor only. It answers a failed query of jobs.query as a query without rows.
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
"""The errors of a query that appear only when it runs."""


class _Recorder:
    """Takes the place of the engine and records the DuckDB statement."""

    def __init__(self, engine: DuckDBEngine) -> None:
        self._engine = engine
        self.statement: tuple[str, list[Any] | None] | None = None

    def fetch_arrow(self, sql: str, parameters: list[Any] | None = None) -> None:
        self.statement = sql, parameters

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


def run_beside_the_loop(run: RunStatement) -> RunStatement:
    """Wrap `_run_single_sql`, so that a query runs in another thread. Others run as before."""

    async def run_beside(
        project_id: str, bq_sql: str, query_params: Any, ctx: AppContext, *, caller: Any
    ) -> pa.Table:
        if not is_query(bq_sql):
            return await run(project_id, bq_sql, query_params, ctx, caller=caller)
        recorder: Any = _Recorder(ctx.engine)
        await run(project_id, bq_sql, query_params, replace(ctx, engine=recorder), caller=caller)
        sql, parameters = recorder.statement
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
        # The function uses only `execute` of its engine.
        engine: Any = SimpleNamespace(execute=connection.execute)
        return DuckDBEngine.fetch_arrow(engine, sql, parameters)


def fail_as_a_job(run_job: Callable[..., Awaitable[JobMeta]]) -> Callable[..., Any]:
    """Wrap `_execute_query_or_failed_meta`, so that the error of a query becomes a failed job."""

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
