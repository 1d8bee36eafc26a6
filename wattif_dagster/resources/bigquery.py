"""BigQuery: partitions are replaced as a whole, and job errors name their rows."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from functools import cached_property
from itertools import count
from typing import Any, BinaryIO, Literal, TypeAlias

from dagster import ResourceDependency
from dagster_gcp import BigQueryResource
from google.api_core import exceptions as gexc
from google.api_core.retry import Retry
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY
from pydantic import Field, PrivateAttr

from wattif_dagster.errors import UserError
from wattif_dagster.resources import bigquery_tables as tables
from wattif_dagster.resources.bigquery_errors import (
    describe_failed_job,
    explain_errors,
    is_transient,
)
from wattif_dagster.resources.google_cloud import GoogleCloud
from wattif_dagster.resources.time_limits import TimeLimitAdapter
from wattif_dagster.schemas import METER_READINGS, Table

Parameter: TypeAlias = bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter

REQUEST_TIMEOUT_SECONDS = 60
"""Google answers within some ten seconds, also while a job runs."""
JOB_TIMEOUT_SECONDS = 3600


class BigQueryWarehouse(BigQueryResource):
    """One dataset. Its client uses the endpoint and the credentials of `cloud`."""

    cloud: ResourceDependency[GoogleCloud]
    dataset: str
    location: str | None = "US"
    readings_type: Literal["native", "external"] = Field(
        default="native",
        description="native: meter_readings is loaded; external: it reads the objects in place.",
    )
    request_seconds: float = Field(
        default=REQUEST_TIMEOUT_SECONDS,
        description="Limit for connecting, and for the pause between two bytes. The local BigQuery "
        "answers nothing while a job runs.",
    )
    retry_seconds: float = Field(
        default=3 * REQUEST_TIMEOUT_SECONDS,  # so that one that stalls is sent again
        description="Time limit of a request, with its retries.",
    )

    _ensured: dict[str, bigquery.Table] = PrivateAttr(default_factory=dict)

    @classmethod
    def _is_dagster_maintained(cls) -> bool:
        return False

    @contextmanager
    def get_client(self) -> Iterator[bigquery.Client]:
        """Yield the client, as `dagster_gcp.BigQueryResource` does."""
        yield self.client

    @cached_property
    def client(self) -> bigquery.Client:
        """The stock client."""
        endpoint = self.cloud.endpoints.bigquery
        client = bigquery.Client(
            project=self.cloud.project,
            credentials=self.cloud.credentials(),
            location=self.location,
            client_options={"api_endpoint": endpoint} if endpoint else None,
        )
        for scheme in ("https://", "http://"):
            client._http.mount(scheme, TimeLimitAdapter(self.request_seconds))
        return client

    @property
    def dataset_ref(self) -> bigquery.DatasetReference:
        """The dataset."""
        return bigquery.DatasetReference(self.cloud.project, self.dataset)

    def table_name(self, table: Table) -> str:
        """project.dataset.table"""
        return f"{self.cloud.project}.{self.dataset}.{table.name}"

    def quoted(self, table: Table) -> str:
        """Quote the table's name for SQL."""
        return tables.quote_table(self.dataset_ref, table)

    def partition_filter(self, table: Table, day: date) -> str:
        """Make the SQL predicate that confines a query of the table to the day."""
        if table is METER_READINGS and self.readings_type == "external":
            return tables.folder_filter(day)
        return tables.partition_filter(table, day)

    def count_rows(self, table: Table, day: date) -> int:
        """Count the rows of the day's partition. Raises JobError."""
        sql = f"SELECT COUNT(*) AS n FROM {self.quoted(table)} "
        return int(self.row(f"{sql} WHERE {self.partition_filter(table, day)}")["n"])

    def quoted_name(self, name: str) -> str:
        """Quote the name of a model or a table for SQL: letters, digits and '_' only."""
        return f"`{self.cloud.project}.{self.dataset}.{name}`"

    def link(self, table: Table) -> str:
        """The URL at which a browser shows the table's rows."""
        project = self.cloud.project
        endpoint = self.cloud.endpoints.bigquery
        if endpoint:
            path = f"projects/{project}/datasets/{self.dataset}/tables/{table.name}/data"
            return f"{endpoint}/bigquery/v2/{path}"
        where = f"project={project}&p={project}&d={self.dataset}&t={table.name}&page=table"
        return f"https://console.cloud.google.com/bigquery?{where}"

    def has_table(self, table: Table) -> bool:
        """Whether the table exists."""
        return self._find_table(table) is not None

    def _find_table(self, table: Table) -> bigquery.Table | None:
        with self._explained():
            try:
                found = self.client.get_table(self.table_name(table), retry=self._retry)
            except gexc.NotFound:
                return None
        self._require_location(found.location)
        return found

    def ensure_table(self, table: Table) -> bigquery.Table:
        """Create the dataset and the table where they do not exist; returns the table."""
        if table.name in self._ensured:
            return self._ensured[table.name]
        made = self._find_table(table)
        if made is None:
            with self._explained():
                self._ensure_dataset()
                wanted = tables.make_table(self.dataset_ref, table)
                made = self.client.create_table(wanted, exists_ok=True, retry=self._retry)
        if made.external_data_configuration is not None:
            raise UserError(
                f"{self.table_name(table)} is an external table. Drop it, "
                "or set WATTIF_TABLE_TYPE=external."
            )
        if table.temporary:
            made.expires = tables.renew_expiry()
            self.client.update_table(made, ["expires"], retry=self._retry)
        self._ensured[table.name] = made
        return made

    def _ensure_kept(self, table: Table, day: date) -> None:
        tables.refuse_expired(self.table_name(table), self.ensure_table(table), day)

    def _ensure_dataset(self) -> None:
        # Asked for first: an account may write into a dataset and not be allowed to create one.
        try:
            found = self.client.get_dataset(self.dataset_ref, retry=self._retry)
        except gexc.NotFound:
            dataset = bigquery.Dataset(self.dataset_ref)
            dataset.location = self.location
            self.client.create_dataset(dataset, exists_ok=True, retry=self._retry)
        else:
            self._require_location(found.location)

    def _require_location(self, found: str | None) -> None:
        """Raise UserError for a dataset elsewhere: jobs do not find it from another location."""
        if found and self.location and found.upper() != self.location.upper():
            raise UserError(
                f"Dataset {self.cloud.project}.{self.dataset} is in {found}, not in "
                f"{self.location}. Set WATTIF_BIGQUERY_LOCATION={found}, or WATTIF_DATASET to "
                "another dataset."
            )

    def ensure_external(self, table: Table, bucket: str, suffix: str) -> None:
        """Create an external table over the bucket's objects that end in `suffix`.

        Raises UserError where another table has the name: replacing it would make the days of its
        objects disappear.
        """
        wanted = tables.make_external_table(self.dataset_ref, table, bucket, suffix)
        with self._explained():
            self._ensure_dataset()
            made = self.client.create_table(wanted, exists_ok=True, retry=self._retry)
        config = made.external_data_configuration
        if config is None:
            raise UserError(
                f"{self.table_name(table)} is a native table. Drop it, "
                "or set WATTIF_TABLE_TYPE=native."
            )
        uris = tables.list_external_uris(bucket, suffix)
        if list(config.source_uris) != uris:
            raise UserError(
                f"{self.table_name(table)} reads {', '.join(config.source_uris)}, not {uris[0]}. "
                "Drop it, or go back to that bucket and compression."
            )

    def remake_table(self, table: Table) -> None:
        """Drop the table with its rows and create it again."""
        with self._explained():
            self.client.delete_table(self.table_name(table), not_found_ok=True, retry=self._retry)
        self._ensured.pop(table.name, None)
        self.ensure_table(table)

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

    def drop_partition(self, table: Table, day: date) -> None:
        """Drop the day's partition where it exists."""
        with self._explained():
            partition = tables.name_partition(self.dataset_ref, table, day)
            self.client.delete_table(partition, not_found_ok=True, retry=self._retry)

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

    def execute(self, statement: str) -> None:
        """Run a statement that returns no rows. Raises JobError."""
        with self._explained():
            self._finish(self._query(statement))

    def row(self, sql: str) -> dict[str, Any]:
        """Run an aggregate query; returns its one row. Raises JobError."""
        (only,) = self.rows(sql)
        return only

    def day_rows(self, table: Table, day: date, order_by: str) -> list[dict[str, Any]]:
        """Read the rows of a small partition, in the table's columns. Raises JobError."""
        return self.rows(
            f"SELECT {', '.join(table.column_names)} FROM {self.quoted(table)} "
            f"WHERE {self.partition_filter(table, day)} ORDER BY {order_by}"
        )

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

    @property
    def _retry(self) -> Retry:
        # The client's own predicate looks at the reason in the answer's body, which a proxy between
        # may not give.
        return DEFAULT_RETRY.with_timeout(self.retry_seconds).with_predicate(is_transient)

    def _finish(self, job: bigquery.LoadJob | bigquery.QueryJob) -> None:
        """Wait for the end of the job."""
        if job.state == "DONE" and not job.error_result:
            return  # result() would also fetch the rows of a query
        try:
            job.result(timeout=JOB_TIMEOUT_SECONDS, retry=self._retry)
        except (gexc.BadRequest, gexc.NotFound) as error:
            raise describe_failed_job(job, error) from error

    def _explained(self) -> AbstractContextManager[None]:
        return explain_errors(self.cloud, self.dataset)
