"""Runs queries and statements in BigQuery, and reads their rows."""

from collections.abc import Iterator
from datetime import date
from typing import Any, TypeAlias

import pyarrow as pa
from google.cloud import bigquery
from google.cloud.bigquery.table import RowIterator

from wattif_dagster.resources.bigquery_client import JOB_TIMEOUT_SECONDS, BigQueryClient
from wattif_dagster.schemas import Table

Parameter: TypeAlias = bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter


PAGE_ROWS = 10_000


class BigQueryQueries(BigQueryClient):
    """Results are small, except those of `batches`: what is large stays in BigQuery."""

    def rows(self, sql: str, *parameters: Parameter) -> list[dict[str, Any]]:
        """Run a small query; returns its rows. Texts of users are parameters. Raises JobError."""
        config = bigquery.QueryJobConfig(query_parameters=list(parameters))
        with self._explained():
            found = self.client.query_and_wait(
                sql,
                job_config=config,
                retry=self._retry,
                job_retry=None,  # type: ignore[arg-type]  # its docstring allows None
                wait_timeout=JOB_TIMEOUT_SECONDS,
            )
            return [dict(row.items()) for row in found]

    def read(self, sql: str, most_rows: int | None = None) -> RowIterator:
        """Run SQL of a user, in which a table of the dataset needs no more than its name.

        Returns its rows, at most so many, read page by page. Raises JobError.
        """
        config = bigquery.QueryJobConfig(default_dataset=self.dataset_ref)
        with self._explained():
            job = self._query(sql, job_config=config)
            self._finish(job)
            found = job.result(retry=self._retry, max_results=most_rows)
            assert isinstance(found, RowIterator)
            return found

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Run a query; yields the rows of a large result, a page at a time. Raises JobError."""
        with self._explained():
            found = self.client.query_and_wait(
                sql,
                page_size=PAGE_ROWS,
                retry=self._retry,
                job_retry=None,  # type: ignore[arg-type]  # its docstring allows None
                wait_timeout=JOB_TIMEOUT_SECONDS,
            )
            yield from found.to_arrow_iterable()

    def row(self, sql: str) -> dict[str, Any]:
        """Run an aggregate query; returns its one row. Raises JobError."""
        (only,) = self.rows(sql)
        return only

    def execute(self, statement: str) -> None:
        """Run a statement that returns no rows. Raises JobError."""
        with self._explained():
            self._finish(self._query(statement))

    def day_rows(self, table: Table, day: date, order_by: str) -> list[dict[str, Any]]:
        """Read the rows of a small partition, in the table's columns. Raises JobError."""
        return self.rows(
            f"SELECT {', '.join(table.column_names)} FROM {self.quoted(table)} "
            f"WHERE {self.partition_filter(table, day)} ORDER BY {order_by}"
        )

    def count_rows(self, table: Table, day: date) -> int:
        """Count the rows of the day's partition. Raises JobError."""
        sql = f"SELECT COUNT(*) AS n FROM {self.quoted(table)} "
        return int(self.row(f"{sql} WHERE {self.partition_filter(table, day)}")["n"])

    def list_days(self, table: Table, first: date, last: date) -> list[date]:
        """List the days from `first` to `last` whose partition has rows. Raises JobError."""
        found = self.rows(
            f"SELECT partition_id FROM {self.quoted_name('INFORMATION_SCHEMA.PARTITIONS')} "
            f"WHERE table_name = '{table.name}' AND total_rows > 0 "
            f"AND partition_id BETWEEN '{first:%Y%m%d}' AND '{last:%Y%m%d}' ORDER BY partition_id"
        )
        return [date.fromisoformat(row["partition_id"]) for row in found]

    def _query(self, sql: str, **options: Any) -> bigquery.QueryJob:
        # With a job_retry the client would keep asking an unreachable service for ten more minutes.
        return self.client.query(sql, retry=self._retry, job_retry=None, **options)
