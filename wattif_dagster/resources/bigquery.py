"""BigQuery: partitions are replaced as a whole, and job errors name their rows.

What a resource of BigQuery can do is in the modules that it builds on: `bigquery_client`,
`bigquery_queries` and `bigquery_dataset`.
"""

from collections.abc import Sequence
from datetime import date
from itertools import count
from typing import BinaryIO

from google.api_core import exceptions as gexc
from google.cloud import bigquery

from wattif_dagster.resources import bigquery_tables as tables
from wattif_dagster.resources.bigquery_dataset import BigQueryDataset
from wattif_dagster.schemas import Table


class BigQueryWarehouse(BigQueryDataset):
    """One dataset, whose partitions are filled by load and query jobs."""

    def load_partition(self, table: Table, day: date, uris: Sequence[str], version: str) -> int:
        """Replace the day's partition with the NDJSON objects, atomically; returns the rows loaded.

        `version` names the content. The job id consists of it and of the attempt, so that a load
        that still runs because its caller died is joined and not started twice. Raises JobError,
        and UserError for a day that is older than the table keeps its partitions.
        """
        self._ensure_kept(table, day)
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
            write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
            schema=tables.bigquery_schema(table),
            time_partitioning=bigquery.TimePartitioning(field=table.partition_by),
            clustering_fields=list(table.cluster_by) or None,
            max_bad_records=0,
        )
        destination = tables.name_partition(self.dataset_ref, table, day)
        with self._explained():
            for attempt in count(1):
                job_id = f"wattif_load_{self.dataset}_{table.name}_{day:%Y%m%d}_{version}_{attempt}"
                try:
                    job = self.client.load_table_from_uri(
                        list(uris),
                        destination,
                        job_id=job_id,
                        job_config=config,
                        retry=self._retry,
                    )
                except gexc.Conflict:
                    job = self._find_running(job_id)
                    if job is None:
                        continue
                self._finish(job)
                return int(job.output_rows or 0)
        raise AssertionError("count has no end")

    def _find_running(self, job_id: str) -> bigquery.LoadJob | None:
        """Find a load that still runs; None for one that cannot be joined."""
        try:
            job = self.client.get_job(job_id, retry=self._retry)
        except gexc.Forbidden:
            return None  # another account's, which roles/bigquery.jobUser does not show
        if job.state == "DONE":
            return None  # an earlier load, after which the partition may have changed
        assert isinstance(job, bigquery.LoadJob)
        return job

    def replace_partition(self, table: Table, day: date, select: str) -> None:
        """Replace the day's partition with the rows of a SELECT, atomically.

        Raises JobError, and UserError for a day that is older than the table keeps its partitions.
        """
        self._ensure_kept(table, day)
        config = bigquery.QueryJobConfig(
            destination=tables.name_partition(self.dataset_ref, table, day),
            write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
            create_disposition=bigquery.CreateDisposition.CREATE_IF_NEEDED,
            time_partitioning=bigquery.TimePartitioning(field=table.partition_by),
            clustering_fields=list(table.cluster_by) or None,
        )
        with self._explained():
            prefix = f"wattif_query_{self.dataset}_{table.name}_{day:%Y%m%d}_"
            self._finish(self._query(select, job_config=config, job_id_prefix=prefix))

    def append_rows(self, table: Table, parquet: BinaryIO, first_day: date) -> None:
        """Append the rows of a Parquet file, of which the oldest are of `first_day`.

        Raises JobError, and UserError where the table does not keep partitions as old as that.
        """
        self._ensure_kept(table, first_day)
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.PARQUET,
            write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
            schema=tables.bigquery_schema(table),
        )
        with self._explained():
            self._finish(
                self.client.load_table_from_file(
                    parquet, self.table_name(table), rewind=True, job_config=config
                )
            )

    def drop_partition(self, table: Table, day: date) -> None:
        """Drop the day's partition where it exists."""
        with self._explained():
            partition = tables.name_partition(self.dataset_ref, table, day)
            self.client.delete_table(partition, not_found_ok=True, retry=self._retry)
