"""Query jobs write to their destination: a table or one partition of it."""

from pathlib import Path

import pytest
from google.api_core.exceptions import BadRequest, Conflict, MethodNotImplemented, NotFound
from google.cloud import bigquery

from wattif_dagster_tests.local_cloud.bigquery.server import Server, ndjson, row, serving

MONDAY = "2024-01-01"
TUESDAY = "2024-01-02"


def write_query(
    server: Server, table: bigquery.Table, sql: str, partition: str = "", disposition: str = ""
) -> None:
    config = bigquery.QueryJobConfig(
        destination=f"{table.project}.{table.dataset_id}.{table.table_id}{partition}",
        write_disposition=disposition or "WRITE_TRUNCATE",
    )
    server.client.query(sql, job_config=config).result()


def reading(day: str, serial: str = "'MAC00000001'") -> str:
    return f"SELECT {serial} AS serial, TIMESTAMP '{day} 05:00:00+00' AS timestamp, 0.5 AS reading"


def test_query_job_replaces_one_day(patched: Server) -> None:
    table = patched.table()
    lines = ndjson(row(f"{day}T00:00:00Z") for day in (MONDAY, MONDAY, TUESDAY))
    patched.load(patched.put("query/a.json", lines), table)
    write_query(patched, table, reading(MONDAY), "$20240101")
    assert patched.days(table) == {MONDAY: 1, TUESDAY: 1}
    write_query(patched, table, reading(TUESDAY))
    assert patched.days(table) == {TUESDAY: 1}


def test_a_partition_is_dropped_alone(patched: Server) -> None:
    table = patched.table()
    lines = ndjson(row(f"{day}T00:00:00Z") for day in (MONDAY, TUESDAY))
    patched.load(patched.put("query/a.json", lines), table)
    patched.client.delete_table(f"{table}$20240101")
    assert patched.days(table) == {TUESDAY: 1}
    with pytest.raises(NotFound):
        patched.client.delete_table(f"{table.project}.{table.dataset_id}.absent$20240101")


def test_unpatched_query_job_writes_nothing(tmp_path: Path) -> None:
    with serving(tmp_path, "write_query_results") as unpatched:
        table = unpatched.table()
        write_query(unpatched, table, reading(MONDAY))
        assert unpatched.days(table) == {}


def test_refused_query_job_keeps_the_table(patched: Server) -> None:
    table = patched.table()
    write_query(patched, table, reading(MONDAY))
    with pytest.raises(BadRequest, match=f"different partitions than {TUESDAY}"):
        write_query(patched, table, reading(MONDAY), "$20240102")
    with pytest.raises(BadRequest, match="Missing required field: serial"):
        write_query(patched, table, reading(MONDAY, "CAST(NULL AS STRING)"))
    with pytest.raises(Conflict, match="Already Exists: Table"):
        write_query(patched, table, reading(MONDAY), disposition="WRITE_EMPTY")
    with pytest.raises(MethodNotImplemented, match="WRITE_APPEND"):
        write_query(patched, table, reading(MONDAY), disposition="WRITE_APPEND")
    assert patched.days(table) == {MONDAY: 1}
