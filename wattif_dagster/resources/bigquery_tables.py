"""The tables of `schemas` as BigQuery objects, and the names of their partitions."""

from datetime import UTC, date, datetime, time, timedelta

from google.cloud import bigquery

from wattif_dagster.errors import UserError
from wattif_dagster.schemas import Table

TEMPORARY_TABLES_EXPIRE = timedelta(days=7)

HIVE_COLUMN = "dt"
"""The column that the folders `dt=YYYY-MM-DD/` give an external table."""


def bigquery_schema(table: Table) -> list[bigquery.SchemaField]:
    """Make the table's schema."""
    return [
        bigquery.SchemaField(
            column.name,
            column.type,
            mode="REQUIRED" if column.required else "NULLABLE",
            description=column.description,
        )
        for column in table.columns
    ]


def make_table(dataset: bigquery.DatasetReference, table: Table) -> bigquery.Table:
    """Make the table, partitioned by day and clustered."""
    made = bigquery.Table(dataset.table(table.name), schema=bigquery_schema(table))
    made.description = table.description
    made.time_partitioning = bigquery.TimePartitioning(
        type_=bigquery.TimePartitioningType.DAY, field=table.partition_by
    )
    made.clustering_fields = list(table.cluster_by) or None
    return made


def renew_expiry() -> datetime:
    """Compute when a temporary table expires that is used now."""
    return datetime.now(UTC) + TEMPORARY_TABLES_EXPIRE


def name_partition(
    dataset: bigquery.DatasetReference, table: Table, day: date
) -> bigquery.TableReference:
    """Name one day's partition, as load and query jobs take it as their destination."""
    return dataset.table(f"{table.name}${day:%Y%m%d}")


def refuse_expired(name: str, table: bigquery.Table, day: date) -> None:
    """Raise UserError for a day whose partition would expire at once.

    BigQuery drops the rows of such a partition while it loads them, and the job succeeds.
    """
    partitioning = table.time_partitioning
    if partitioning is None or not partitioning.expiration_ms:
        return
    kept = timedelta(milliseconds=int(partitioning.expiration_ms))
    expired = datetime.now(UTC) - kept
    if datetime.combine(day, time(), UTC) <= expired:
        raise UserError(
            f"{name} keeps a partition for {kept / timedelta(days=1):g} days, so BigQuery would "
            f"drop the rows of {day}. Make days from {expired.date() + timedelta(days=1)} on, or "
            "raise the partition expiration of the table, which it has from its dataset. Without "
            "billing, in BigQuery's sandbox, it is at most 60 days."
        )


def quote_table(dataset: bigquery.DatasetReference, table: Table) -> str:
    """Quote `project.dataset.table` for SQL. All three parts are validated names."""
    return f"`{dataset.project}.{dataset.dataset_id}.{table.name}`"


def make_external_table(
    dataset: bigquery.DatasetReference, table: Table, bucket: str, suffix: str
) -> bigquery.Table:
    """Make an external table over `gs://BUCKET/dt=DAY/*`. Its column `dt` is the folder's DATE."""
    config = bigquery.ExternalConfig(bigquery.ExternalSourceFormat.NEWLINE_DELIMITED_JSON)
    config.source_uris = list_external_uris(bucket, suffix)
    config.compression = "GZIP" if suffix.endswith(".gz") else "NONE"
    config.schema = [  # an external table has no REQUIRED columns
        bigquery.SchemaField(column.name, column.type, description=column.description)
        for column in table.columns
    ]
    hive = bigquery.HivePartitioningOptions()
    hive.mode = "CUSTOM"
    hive.source_uri_prefix = f"gs://{bucket}/{{{HIVE_COLUMN}:DATE}}"
    hive.require_partition_filter = False
    config.hive_partitioning = hive
    made = bigquery.Table(dataset.table(table.name))
    made.description = table.description
    made.external_data_configuration = config
    return made


def list_external_uris(bucket: str, suffix: str) -> list[str]:
    """List the URIs of an external table: the objects of all days that end in `suffix`."""
    return [f"gs://{bucket}/{HIVE_COLUMN}=*{suffix}"]


def folder_filter(day: date) -> str:
    """Make the SQL predicate that confines a query of an external table to the day's folder."""
    return f"{HIVE_COLUMN} = DATE '{day}'"


def partition_filter(table: Table, day: date) -> str:
    """Make the SQL predicate that confines a query to the day's partition."""
    column = f"`{table.partition_by}`"
    if next(c.type for c in table.columns if c.name == table.partition_by) == "DATE":
        return f"{column} = DATE '{day}'"
    begin = f"TIMESTAMP '{day} 00:00:00+00'"
    return f"{column} >= {begin} AND {column} < TIMESTAMP_ADD({begin}, INTERVAL 1 DAY)"
