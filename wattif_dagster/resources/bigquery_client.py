"""The stock BigQuery client of one dataset: its address, time limits, errors, and names in SQL."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from functools import cached_property
from typing import Literal

from dagster import ResourceDependency
from dagster_gcp import BigQueryResource
from google.api_core import exceptions as gexc
from google.api_core.retry import Retry
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY
from pydantic import Field

from wattif_dagster.resources import bigquery_tables as tables
from wattif_dagster.resources.bigquery_errors import (
    describe_failed_job,
    explain_errors,
    is_transient,
)
from wattif_dagster.resources.google_cloud import GoogleCloud
from wattif_dagster.resources.time_limits import TimeLimitAdapter
from wattif_dagster.schemas import METER_READINGS, Table

REQUEST_TIMEOUT_SECONDS = 60
"""Google answers within some ten seconds, also while a job runs."""
JOB_TIMEOUT_SECONDS = 3600


class BigQueryClient(BigQueryResource):
    """Uses the endpoint and the credentials of `cloud`."""

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

    def quoted_name(self, name: str) -> str:
        """Quote the name of a model or a table for SQL: letters, digits and '_' only."""
        return f"`{self.cloud.project}.{self.dataset}.{name}`"

    def partition_filter(self, table: Table, day: date) -> str:
        """Make the SQL predicate that confines a query of the table to the day."""
        if table is METER_READINGS and self.readings_type == "external":
            return tables.folder_filter(day)
        return tables.partition_filter(table, day)

    def link(self, table: Table) -> str:
        """The URL at which a browser shows the table's rows."""
        project = self.cloud.project
        endpoint = self.cloud.endpoints.bigquery
        if endpoint:
            path = f"projects/{project}/datasets/{self.dataset}/tables/{table.name}/data"
            return f"{endpoint}/bigquery/v2/{path}"
        where = f"project={project}&p={project}&d={self.dataset}&t={table.name}&page=table"
        return f"https://console.cloud.google.com/bigquery?{where}"

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
