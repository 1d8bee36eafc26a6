"""BigQuery: the stock client, partitions replaced whole, job errors said with their rows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from itertools import count
from typing import Any, BinaryIO, Literal, TypeAlias

import requests
from dagster import ResourceDependency
from dagster_gcp import BigQueryResource
from google.api_core import exceptions as gexc
from google.api_core.retry import Retry
from google.auth.exceptions import GoogleAuthError, TransportError
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY
from pydantic import Field, PrivateAttr

from wattif_dagster.errors import CloudError, TransientError, UserError
from wattif_dagster.resources import bigquery_tables as tables
from wattif_dagster.resources.google_cloud import CREDENTIALS_REFUSED, GoogleCloud
from wattif_dagster.schemas import METER_READINGS, Table

Parameter: TypeAlias = bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter

JOB_TIMEOUT_SECONDS = 3600
ERRORS_QUOTED = 5
TRANSIENT = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    TransportError,
    ConnectionError,
    TimeoutError,
    gexc.RetryError,
    gexc.TooManyRequests,
    gexc.ServerError,
)


class JobError(CloudError):
    """A load or query job failed or was refused; the text quotes its first errors."""


class BigQueryWarehouse(BigQueryResource):
    """One dataset. Its client goes to the endpoint and with the credentials of `cloud`."""

    cloud: ResourceDependency[GoogleCloud]
    dataset: str
    location: str | None = "US"
    readings_type: Literal["native", "external"] = Field(
        default="native", description="meter_readings loaded, or read from the objects in place."
    )
    retry_seconds: float = Field(default=60, description="Until a request must be answered.")

    _ensured: set[str] = PrivateAttr(default_factory=set)

    @classmethod
    def _is_dagster_maintained(cls) -> bool:
        return False

    @contextmanager
    def get_client(self) -> Iterator[bigquery.Client]:
        """Give the client to code that knows `dagster_gcp.BigQueryResource`."""
        yield self.client

    @cached_property
    def client(self) -> bigquery.Client:
        """The stock client."""
        endpoint = self.cloud.endpoints.bigquery
        return bigquery.Client(
            project=self.cloud.project,
            credentials=self.cloud.credentials(),
            location=self.location,
            client_options={"api_endpoint": endpoint} if endpoint else None,
        )

    @property
    def dataset_ref(self) -> bigquery.DatasetReference:
        """The dataset."""
        return bigquery.DatasetReference(self.cloud.project, self.dataset)

    def table_name(self, table: Table) -> str:
        """project.dataset.table"""
        return f"{self.cloud.project}.{self.dataset}.{table.name}"

    def quoted(self, table: Table) -> str:
        """The table's name, quoted for SQL."""
        return tables.quoted(self.dataset_ref, table)

    def partition_filter(self, table: Table, day: date) -> str:
        """The SQL predicate that confines a query of the table to the day."""
        if table is METER_READINGS and self.readings_type == "external":
            return tables.folder_filter(day)
        return tables.partition_filter(table, day)

    def count_rows(self, table: Table, day: date) -> int:
        """Count the rows of the day's partition. Raises JobError."""
        sql = f"SELECT COUNT(*) AS n FROM {self.quoted(table)} "
        return int(self.row(f"{sql} WHERE {self.partition_filter(table, day)}")["n"])

    def quoted_model(self, name: str) -> str:
        """A model's name, quoted for SQL; `name` is letters, digits and '_'."""
        return f"`{self.cloud.project}.{self.dataset}.{name}`"

    def link(self, table: Table) -> str:
        """Where a browser shows the table's rows."""
        project = self.cloud.project
        endpoint = self.cloud.endpoints.bigquery
        if endpoint:
            path = f"projects/{project}/datasets/{self.dataset}/tables/{table.name}/data"
            return f"{endpoint}/bigquery/v2/{path}"
        where = f"project={project}&p={project}&d={self.dataset}&t={table.name}&page=table"
        return f"https://console.cloud.google.com/bigquery?{where}"

    def has_table(self, table: Table) -> bool:
        """Whether the table exists."""
        with self._explained():
            try:
                self.client.get_table(self.table_name(table), retry=self._retry)
            except gexc.NotFound:
                return False
        return True

    def ensure_table(self, table: Table) -> None:
        """Create the dataset and the table where they do not exist."""
        if table.name in self._ensured:
            return
        with self._explained():
            try:
                made = self.client.get_table(self.table_name(table), retry=self._retry)
            except gexc.NotFound:
                self._ensure_dataset()
                wanted = tables.bigquery_table(self.dataset_ref, table)
                made = self.client.create_table(wanted, exists_ok=True, retry=self._retry)
        if made.external_data_configuration is not None:
            raise UserError(
                f"{self.table_name(table)} is an external table; drop it, "
                "or set WATTIF_TABLE_TYPE=external"
            )
        self._ensured.add(table.name)

    def _ensure_dataset(self) -> None:
        # Asked for first: an account may write into a dataset and not be allowed to create one.
        try:
            self.client.get_dataset(self.dataset_ref, retry=self._retry)
        except gexc.NotFound:
            dataset = bigquery.Dataset(self.dataset_ref)
            dataset.location = self.location
            self.client.create_dataset(dataset, exists_ok=True, retry=self._retry)

    def ensure_external(self, table: Table, bucket: str, suffix: str) -> None:
        """Make the table one over the bucket's objects that end in `suffix`.

        Raises UserError where the name is taken by another table: to remake it over other objects
        would make the days of the old ones disappear.
        """
        wanted = tables.hive_table(self.dataset_ref, table, bucket, suffix)
        with self._explained():
            self._ensure_dataset()
            made = self.client.create_table(wanted, exists_ok=True, retry=self._retry)
        config = made.external_data_configuration
        if config is None:
            raise UserError(
                f"{self.table_name(table)} is a native table; drop it, "
                "or set WATTIF_TABLE_TYPE=native"
            )
        uris = tables.hive_uris(bucket, suffix)
        if list(config.source_uris) != uris:
            raise UserError(
                f"{self.table_name(table)} reads {', '.join(config.source_uris)}, not {uris[0]}; "
                "drop it, or go back to that bucket and compression"
            )

    def remake_table(self, table: Table, parquet: BinaryIO | None = None) -> None:
        """Drop the table with its rows and make it anew, filled from a Parquet file if given."""
        with self._explained():
            self.client.delete_table(self.table_name(table), not_found_ok=True, retry=self._retry)
        self._ensured.discard(table.name)
        self.ensure_table(table)
        if parquet is None:
            return
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
        """Replace the day's partition by the NDJSON objects, whole or not at all; rows loaded.

        `version` names the content. With the attempt it makes the job id, so that a load which
        is still running, because its caller died, is joined and not started twice.
        Raises JobError.
        """
        self.ensure_table(table)
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
            write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
            schema=tables.bigquery_schema(table),
            time_partitioning=bigquery.TimePartitioning(field=table.partition_by),
            clustering_fields=list(table.cluster_by) or None,
            max_bad_records=0,
        )
        destination = tables.partition(self.dataset_ref, table, day)
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
                    job = self.client.get_job(job_id, retry=self._retry)
                    if job.state == "DONE":
                        continue  # an earlier load; the partition may have changed since
                    assert isinstance(job, bigquery.LoadJob)
                self._finish(job)
                return int(job.output_rows or 0)
        raise AssertionError("count has no end")

    def replace_partition(self, table: Table, day: date, select: str) -> None:
        """Replace the day's partition by the rows of a SELECT, whole or not at all."""
        self.ensure_table(table)
        config = bigquery.QueryJobConfig(
            destination=tables.partition(self.dataset_ref, table, day),
            write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
            create_disposition=bigquery.CreateDisposition.CREATE_IF_NEEDED,
            time_partitioning=bigquery.TimePartitioning(field=table.partition_by),
            clustering_fields=list(table.cluster_by) or None,
        )
        with self._explained():
            prefix = f"wattif_query_{self.dataset}_{table.name}_{day:%Y%m%d}_"
            self._finish(self._query(select, job_config=config, job_id_prefix=prefix))

    def rows(self, sql: str, *parameters: Parameter) -> list[dict[str, Any]]:
        """The rows of a small query; texts from outside are parameters of it. Raises JobError."""
        config = bigquery.QueryJobConfig(query_parameters=list(parameters))
        with self._explained():
            found = self.client.query_and_wait(
                sql,
                job_config=config,
                retry=self._retry,
                job_retry=None,  # type: ignore[arg-type]  # it may be, says its docstring
                wait_timeout=JOB_TIMEOUT_SECONDS,
            )
            return [dict(row.items()) for row in found]

    def execute(self, statement: str) -> None:
        """Run a statement that gives no rows. Raises JobError."""
        with self._explained():
            self._finish(self._query(statement))

    def row(self, sql: str) -> dict[str, Any]:
        """The one row of an aggregate query."""
        (only,) = self.rows(sql)
        return only

    def day_rows(self, table: Table, day: date, order_by: str) -> list[dict[str, Any]]:
        """The rows of a small partition, in the table's columns."""
        return self.rows(
            f"SELECT {', '.join(table.column_names)} FROM {self.quoted(table)} "
            f"WHERE {self.partition_filter(table, day)} ORDER BY {order_by}"
        )

    def _query(self, sql: str, **options: Any) -> bigquery.QueryJob:
        # With a job_retry the client asks a service that cannot be reached for ten more minutes.
        return self.client.query(sql, retry=self._retry, job_retry=None, **options)

    @property
    def _retry(self) -> Retry:
        # The client's own predicate goes by the reason in an answer's body; a server or a proxy
        # between that gives none it knows would not be asked again.
        return DEFAULT_RETRY.with_timeout(self.retry_seconds).with_predicate(_is_transient)

    def _finish(self, job: bigquery.LoadJob | bigquery.QueryJob) -> None:
        """Wait for the job's end."""
        if job.state == "DONE" and not job.error_result:
            return  # result() would still ask for a query's rows
        try:
            job.result(timeout=JOB_TIMEOUT_SECONDS, retry=self._retry)
        except (gexc.BadRequest, gexc.NotFound) as error:
            errors = job.errors or [{"message": error.message}]
            said = "; ".join(
                " ".join(filter(None, (item.get("location"), item.get("message"))))
                for item in errors[:ERRORS_QUOTED]
            )
            more = (
                f" (and {len(errors) - ERRORS_QUOTED} more)" if len(errors) > ERRORS_QUOTED else ""
            )
            raise JobError(f"BigQuery job {job.job_id} failed: {said}{more}") from error

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what a user must mend into one sentence, and a refused job into JobError."""
        try:
            yield
        except (gexc.BadRequest, gexc.NotFound) as error:
            raise JobError(f"BigQuery refused the request: {error.message}") from error
        except (gexc.Forbidden, gexc.Unauthorized) as error:
            reasons = {item.get("reason") for item in error.errors}
            if reasons & {"quotaExceeded", "rateLimitExceeded"}:
                raise JobError(f"a BigQuery quota is used up: {error.message}") from error
            raise UserError(
                f"access to dataset {self.cloud.project}.{self.dataset} was refused; "
                "grant the account roles/bigquery.jobUser, roles/bigquery.dataEditor and, "
                f"to load, roles/storage.objectViewer on the bucket ({error.message})"
            ) from error
        except (*TRANSIENT, gexc.GoogleAPICallError) as error:
            cause = error.cause if isinstance(error, gexc.RetryError) else error
            where = self.cloud.endpoints.bigquery or "BigQuery"
            if not isinstance(cause, gexc.GoogleAPICallError):
                raise TransientError(
                    f"{where} cannot be reached; check the network, or `wattif status`"
                ) from error
            if not _is_transient(cause):
                raise JobError(f"BigQuery refused the request: {cause}") from error
            raise TransientError(f"{where} is not well, try again later: {cause}") from error
        except GoogleAuthError as error:
            raise UserError(CREDENTIALS_REFUSED) from error


def _is_transient(error: BaseException | None) -> bool:
    """Whether asking the same again may help."""
    if isinstance(error, gexc.GoogleAPICallError):
        reasons = {item.get("reason") for item in error.errors if isinstance(item, dict)}
        return isinstance(error, TRANSIENT) or error.code == 408 or "rateLimitExceeded" in reasons
    return isinstance(error, TRANSIENT)
