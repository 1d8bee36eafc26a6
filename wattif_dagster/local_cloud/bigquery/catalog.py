"""Writes new jobs to the catalog with a plain INSERT.

The emulator writes every job with an upsert, which takes DuckDB two to four times as long. A run
over a range of days makes a thousand jobs a minute.
"""

from collections.abc import Callable

from bqemulator.catalog.duckdb_repository import DuckDBCatalogRepository
from bqemulator.catalog.models import JobMeta

UpsertJob = Callable[[DuckDBCatalogRepository, JobMeta], JobMeta]

_INSERT = (
    'INSERT INTO "_bqemulator_catalog"."jobs" (project_id, job_id, job_type, state, '
    "metadata_json, creation_time, start_time, end_time, etag) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def insert_new(upsert: UpsertJob) -> UpsertJob:
    """Wrap `upsert_job`, so that it is called only for a job that the catalog has."""

    def insert_or_upsert(self: DuckDBCatalogRepository, job: JobMeta) -> JobMeta:
        if self.get_job(job.project_id, job.job_id) is not None:
            return upsert(self, job)
        self._engine.execute(
            _INSERT,
            [
                job.project_id,
                job.job_id,
                job.job_type,
                job.state,
                job.model_dump_json(by_alias=True),
                job.creation_time,
                job.start_time,
                job.end_time,
                job.etag,
            ],
        )
        return self._cache.upsert_job(job)

    return insert_or_upsert
