"""Queries are told from DDL, and DDL still does what it says."""

import pytest

from wattif_dagster.local_cloud.bigquery.statements import skip_queries
from wattif_dagster_tests.local_cloud.bigquery.server import Server


@pytest.mark.parametrize(
    ("statement", "sought"),
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
def test_ddl_is_sought_where_it_can_be(statement: str, sought: bool) -> None:
    assert skip_queries(lambda sql, project: (sql, project))(statement, "p") == (
        (statement, "p") if sought else None
    )


def test_what_is_said_of_a_query_may_be_more_than_nothing() -> None:
    classify = skip_queries(lambda *_: "DROP", 1, lambda: "SELECT")
    assert classify("p", "SELECT 1") == "SELECT"
    assert classify("SELECT", "DROP TABLE t") == "DROP"


def test_queries_and_others_are_called_so(mended: Server) -> None:
    name = f"{mended.client.project}.{mended.table().dataset_id}.counted"
    said = {
        "-- of one row\nWITH a AS (SELECT 1 AS n) SELECT n FROM a": "SELECT",
        f"CREATE TABLE `{name}` AS SELECT 1 AS n": "CREATE_TABLE_AS_SELECT",
        f"INSERT INTO `{name}` (n) VALUES (2)": "INSERT",
    }
    for sql, kind in said.items():
        job = mended.client.query(sql)
        job.result()
        assert job.statement_type == kind
    assert mended.rows(f"SELECT COUNT(*) FROM `{name}`") == [(2,)]


def test_tables_and_views_of_sql_are_in_the_catalog(mended: Server) -> None:
    dataset = mended.table().dataset_id
    name = f"{mended.client.project}.{dataset}"
    for sql in (
        f"CREATE TABLE `{name}.made` AS SELECT 1 AS n",
        f"-- a view\nCREATE VIEW `{name}.seen` AS SELECT n FROM `{name}.made`",
    ):
        mended.client.query_and_wait(sql)
    assert mended.rows(f"-- SELECT\nSELECT n + 1 FROM `{name}.seen`") == [(2,)]
    kinds = {item.table_id: item.table_type for item in mended.client.list_tables(name)}
    assert (kinds["made"], kinds["seen"]) == ("TABLE", "VIEW")
    mended.client.query_and_wait(f"DROP VIEW `{name}.seen`")
    assert not any(item.table_id == "seen" for item in mended.client.list_tables(name))
