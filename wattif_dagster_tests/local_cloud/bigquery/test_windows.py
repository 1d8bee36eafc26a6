"""A window that is partitioned by a FLOAT64 is refused in BigQuery's words."""

from collections.abc import Iterator

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from wattif_dagster_tests.local_cloud.bigquery.server import Server, serving

pytestmark = pytest.mark.own_sql

REFUSAL = "Partitioning by expressions of type FLOAT64 is not allowed"


@pytest.fixture(scope="module")
def unpatched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("unpatched"), "refuse_float_partitions") as server:
        yield server


def name(table: bigquery.Table) -> str:
    return f"`{table.project}.{table.dataset_id}.{table.table_id}`"


REFUSED = {
    "column": "SELECT ROW_NUMBER() OVER (PARTITION BY serial, reading ORDER BY timestamp) FROM {}",
    "expression": "SELECT COUNT(*) OVER (PARTITION BY ROUND(reading * 1000)) FROM {}",
    "with": "WITH a AS (SELECT reading AS x FROM {}) SELECT COUNT(*) OVER (PARTITION BY x) FROM a",
    "named": "SELECT COUNT(*) OVER w FROM {} WINDOW w AS (PARTITION BY reading)",
    "aggregate": "SELECT RANK() OVER (PARTITION BY SUM(reading)) FROM {} GROUP BY serial",
    "qualify": "SELECT serial FROM {} QUALIFY ROW_NUMBER() OVER (PARTITION BY reading) = 1",
}


@pytest.mark.parametrize("sql", REFUSED.values(), ids=REFUSED)
def test_partition_by_float_is_refused(patched: Server, unpatched: Server, sql: str) -> None:
    """Also where the table is empty."""
    statement = sql.format(name(patched.table()))
    for ask in (patched.rows, lambda sql: patched.client.query(sql).result()):
        with pytest.raises(BadRequest, match=REFUSAL):
            ask(statement)
    assert unpatched.rows(sql.format(name(unpatched.table()))) == []


@pytest.mark.parametrize("kind", ["VIEW", "TABLE"])
def test_statement_that_partitions_by_float_is_refused(patched: Server, kind: str) -> None:
    table = patched.table()
    query = f"SELECT COUNT(*) OVER (PARTITION BY reading) AS n FROM {name(table)}"
    with pytest.raises(BadRequest, match=REFUSAL):
        patched.rows(f"CREATE {kind} `{table.project}.{table.dataset_id}.places` AS {query}")
    assert [each.table_id for each in patched.client.list_tables(table.dataset_id)] == ["readings"]


@pytest.mark.parametrize(
    "key",
    [
        "serial",
        "DATE(timestamp)",
        "TIMESTAMP_TRUNC(timestamp, HOUR)",
        "EXTRACT(HOUR FROM timestamp)",
        "CAST(ROUND(reading * 1000) AS INT64)",
        "reading > 0.3",
        "CAST(reading AS NUMERIC)",
        "MOD(UNIX_SECONDS(timestamp), 2)",
        "NULL",
    ],
)
def test_partition_by_another_type_is_answered(patched: Server, key: str) -> None:
    sql = f"""
        SELECT COUNT(*) OVER (PARTITION BY {key}) AS n
        FROM (SELECT 'a' AS serial, TIMESTAMP '2024-01-01 00:00:00+00' AS timestamp, 0.5 AS reading)
    """
    assert patched.rows(sql) == [(1,)]
