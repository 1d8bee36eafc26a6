"""Reads columns and query results from BigQuery, and appends rows to its tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from google.api_core.exceptions import GoogleAPICallError, NotFound, RetryError
from google.api_core.retry import Retry
from requests.exceptions import RequestException

from .errors import ScanError
from .names import TableName

if TYPE_CHECKING:
    from google.cloud import bigquery

# The REST API uses the type names of legacy SQL.
_GOOGLE_SQL = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "RECORD": "STRUCT"}
_RETRY = Retry(initial=0.2, maximum=2, timeout=5)
_FAILURES = (GoogleAPICallError, RetryError, RequestException, TimeoutError)
_QUERY_SECONDS = 600
_CALL_SECONDS = 60
_ROWS_PER_INSERT = 5000


@dataclass(frozen=True)
class Rows:
    """The result of a query: name and type of each column, and the rows."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[tuple[Any, ...]]


class Warehouse:
    """A client of a BigQuery REST endpoint without credentials.

    `project` runs the queries. None selects the project of the table. All methods raise ScanError.
    """

    def __init__(self, endpoint: str, project: str | None = None) -> None:
        self._endpoint = endpoint
        self._project = project

    @cached_property
    def _client(self) -> "bigquery.Client":
        # This import is slower than the rest of the start.
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import bigquery

        return bigquery.Client(
            project=self._project or "unused",
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": self._endpoint},
        )

    def get_columns(self, table: TableName) -> dict[str, str] | None:
        """GoogleSQL types by column name, ARRAY for repeated columns, or None without the table."""
        try:
            schema = self._client.get_table(str(table), retry=_RETRY, timeout=_CALL_SECONDS).schema
        except NotFound:
            return None
        except _FAILURES as error:
            raise ScanError(f"BigQuery at {self._endpoint}: {_explain(error)}") from error
        return {field.name: _get_type(field) for field in schema}

    def get_partition_column(self, table: TableName) -> str | None:
        """The partitioning column of an existing table, or None."""
        try:
            found = self._client.get_table(str(table), retry=_RETRY, timeout=_CALL_SECONDS)
        except _FAILURES as error:
            raise ScanError(f"BigQuery at {self._endpoint}: {_explain(error)}") from error
        return found.time_partitioning.field if found.time_partitioning else None

    def query(self, sql: str, project: str) -> Rows:
        """All rows of a query, which runs in the warehouse's project or else in `project`."""
        try:
            result = self._client.query_and_wait(
                sql,
                project=self._project or project,
                retry=_RETRY,
                job_retry=None,  # type: ignore[arg-type]  # its docstring allows None
                api_timeout=_QUERY_SECONDS,
                wait_timeout=_QUERY_SECONDS,
            )
            rows = [row.values() for row in result]
        except _FAILURES as error:
            raise ScanError(_explain(error)) from error
        return Rows([(field.name, field.field_type) for field in result.schema], rows)

    def append(
        self,
        table: TableName,
        schema: Sequence[Mapping[str, Any]],
        partition_field: str,
        rows: Sequence[Mapping[str, Any]],
    ) -> None:
        """Append JSON rows to a table. A missing table is created with partitions by day.

        `schema` is in the form of the REST API. An existing table must have all its columns.
        """
        try:
            try:
                existing = self._client.get_table(str(table), retry=_RETRY, timeout=_CALL_SECONDS)
            except NotFound:
                existing = self._create(table, schema, partition_field)
            present = {field.name for field in existing.schema}
            missing = [column["name"] for column in schema if column["name"] not in present]
            if missing:
                raise ScanError(f"table {table} lacks the columns {', '.join(missing)}")
            for start in range(0, len(rows), _ROWS_PER_INSERT):
                errors = self._client.insert_rows_json(
                    existing,
                    rows[start : start + _ROWS_PER_INSERT],
                    retry=_RETRY,
                    timeout=_CALL_SECONDS,
                )
                if errors:
                    first = errors[0]["errors"]
                    raise ScanError(f"{len(errors)} rows were refused by {table}: {first}")
        except _FAILURES as error:
            raise ScanError(_explain(error)) from error

    def _create(
        self, table: TableName, schema: Sequence[Mapping[str, Any]], partition_field: str
    ) -> "bigquery.Table":
        from google.cloud import bigquery

        dataset = f"{table.project}.{table.dataset}"
        wanted = bigquery.Table(str(table), schema=list(schema))
        wanted.time_partitioning = bigquery.TimePartitioning(field=partition_field)
        try:
            self._client.get_dataset(dataset, retry=_RETRY, timeout=_CALL_SECONDS)
        except NotFound as error:
            raise ScanError(f"dataset {dataset} was not found") from error
        return self._client.create_table(
            wanted, exists_ok=True, retry=_RETRY, timeout=_CALL_SECONDS
        )


def _get_type(field: "bigquery.SchemaField") -> str:
    if field.mode == "REPEATED":
        return "ARRAY"
    return _GOOGLE_SQL.get(field.field_type, field.field_type)


def _explain(error: Exception) -> str:
    """The message of BigQuery without the request and the job id."""
    if isinstance(error, GoogleAPICallError) and error.errors:
        return str(error.errors[0]["message"])
    return str(error)
