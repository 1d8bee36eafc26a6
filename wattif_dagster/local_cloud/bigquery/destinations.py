"""Writes the rows of a query job to its destination: a table or one partition of it.

One transaction replaces the rows. The emulator accepts the destination of a query and ignores it.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import duckdb
from bqemulator.api.dependencies import AppContext
from bqemulator.catalog.models import JobMeta
from bqemulator.domain.errors import DomainError, UnsupportedFeatureError
from bqemulator.jobs.executor import JOB_RESULTS

from wattif_dagster.local_cloud.bigquery.writes import (
    RESULT_VIEW,
    Destination,
    render_checked_rows,
    write,
)

RunQuery = Callable[..., Awaitable[JobMeta]]


def write_results(run_query: RunQuery) -> RunQuery:
    """Wrap `run_query`, so that the rows are written to the job's destination, if it has one.

    The wrapped function raises UnsupportedFeatureError (501) for a write disposition that this
    server does not support.
    """

    async def run_and_write(
        *, job_id: str, query_config: dict[str, Any], ctx: AppContext, project_id: str, **rest: Any
    ) -> JobMeta:
        reference = query_config.get("destinationTable")
        disposition = query_config.get("writeDisposition", "WRITE_EMPTY")
        if reference and disposition not in ("WRITE_TRUNCATE", "WRITE_EMPTY"):
            raise UnsupportedFeatureError(
                f"the local BigQuery does not support {disposition} in query jobs"
            )
        job = await run_query(
            job_id=job_id, query_config=query_config, ctx=ctx, project_id=project_id, **rest
        )
        if not reference or job.error_result:
            return job
        destination = Destination.parse(reference, project_id)
        try:
            table = destination.find(ctx)
            rows = render_checked_rows(table, destination.day, RESULT_VIEW)
            await write(rows, table, destination.day, disposition, ctx, JOB_RESULTS[job_id])
        except DomainError as refusal:
            reason, message = refusal.bq_reason, refusal.message
        except duckdb.Error as failure:
            reason, message = "invalidQuery", str(failure)
        else:
            return job
        return job.model_copy(update={"error_result": {"reason": reason, "message": message}})

    return run_and_write
