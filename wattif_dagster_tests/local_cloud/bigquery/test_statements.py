"""Queries skip the handling of DDL and DML, and DDL still takes effect."""

import pytest

from wattif_dagster.local_cloud.bigquery.statements import skip_queries
from wattif_dagster_tests.local_cloud.bigquery.server import Server


@pytest.mark.parametrize(
    ("statement", "handled"),
    [
        ("SELECT 1", False),
        ("\n-- DROP TABLE t\n  with a AS (SELECT 1) SELECT * FROM a", False),
        ("DROP TABLE selected", True),
        ("-- SELECT 1\nCREATE TABLE t AS SELECT 1", True),
        ("CREATE VIEW v AS WITH a AS (SELECT 1) SELECT * FROM a", True),
        ("SELECTED", True),
        ("", True),
    ],
)
def test_skip_queries_calls_the_handler_for_other_sql(statement: str, handled: bool) -> None:
    assert skip_queries(lambda sql, project: (sql, project))(statement, "p") == (
        (statement, "p") if handled else None
    )


def test_skip_queries_returns_the_answer_for_queries() -> None:
    classify = skip_queries(lambda *_: "DROP", 1, lambda: "SELECT")
    assert classify("p", "SELECT 1") == "SELECT"
    assert classify("SELECT", "DROP TABLE t") == "DROP"


def test_jobs_report_their_statement_type(patched: Server) -> None:
    name = f"{patched.client.project}.{patched.table().dataset_id}.counted"
    said = {
        "-- of one row\nWITH a AS (SELECT 1 AS n) SELECT n FROM a": "SELECT",
        f"CREATE TABLE `{name}` AS SELECT 1 AS n": "CREATE_TABLE_AS_SELECT",
        f"INSERT INTO `{name}` (n) VALUES (2)": "INSERT",
    }
    for sql, kind in said.items():
        job = patched.client.query(sql)
        job.result()
        assert job.statement_type == kind
    assert patched.rows(f"SELECT COUNT(*) FROM `{name}`") == [(2,)]


@pytest.mark.own_sql
def test_ddl_updates_the_catalog(patched: Server) -> None:
    dataset = patched.table().dataset_id
    name = f"{patched.client.project}.{dataset}"
    for sql in (
        f"CREATE TABLE `{name}.made` AS SELECT 1 AS n",
        f"-- a view\nCREATE VIEW `{name}.seen` AS SELECT n FROM `{name}.made`",
    ):
        patched.client.query_and_wait(sql)
    assert patched.rows(f"-- SELECT\nSELECT n + 1 FROM `{name}.seen`") == [(2,)]
    kinds = {item.table_id: item.table_type for item in patched.client.list_tables(name)}
    assert (kinds["made"], kinds["seen"]) == ("TABLE", "VIEW")
    patched.client.query_and_wait(f"DROP VIEW `{name}.seen`")
    assert not any(item.table_id == "seen" for item in patched.client.list_tables(name))
