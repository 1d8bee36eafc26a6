"""The size of a statement when each reference to a CTE stands for its whole text."""

from collections import Counter

import pytest

from wattif_dagster_tests.googlesql.bounds import measure

COLUMNS = {"p.d.hours": "time"}
DAY = "time >= CAST('2024-01-01' AS TIMESTAMP)"


def scan(sql: str) -> Counter[tuple[str, str]]:
    return measure(sql, COLUMNS.get).scans


@pytest.mark.parametrize(
    ("sql", "nodes"),
    [
        ("SELECT 1 AS x", 1),
        ("SELECT x FROM `p.d.hours` WHERE x > 1 GROUP BY x", 4),
        ("WITH a AS (SELECT 1 AS x) SELECT 1 FROM a", 2),
        ("WITH a AS (SELECT 1 AS x) SELECT 1 FROM a JOIN a AS b USING (x)", 4),
        ("WITH a AS (SELECT 1 AS x), b AS (SELECT * FROM a, a AS c) SELECT 1 FROM b, b AS d", 10),
    ],
)
def test_cte_counts_at_each_reference(sql: str, nodes: int) -> None:
    assert measure(sql, COLUMNS.get).nodes == nodes


def test_cte_is_seen_in_its_own_query_alone() -> None:
    inner = "WITH a AS (SELECT * FROM `p.d.hours`) SELECT * FROM a, a AS b"
    assert scan(f"SELECT * FROM ({inner}) CROSS JOIN `p.d.a`") == {
        ("p.d.hours", ""): 2,
        ("p.d.a", ""): 1,
    }


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM `p.d.hours` WHERE x > 1 AND time >= TIMESTAMP '2024-01-01'",
        "SELECT * FROM `p.d.hours` AS h WHERE h.time >= TIMESTAMP '2024-01-01'",
        "SELECT * FROM t.u LEFT JOIN `p.d.hours` AS h ON h.time >= TIMESTAMP '2024-01-01'",
    ],
)
def test_conditions_on_the_partitions_tell_scans_apart(sql: str) -> None:
    assert scan(sql)[("p.d.hours", DAY)] == 1
    both = f"{sql} UNION ALL SELECT * FROM `p.d.hours` WHERE time < TIMESTAMP '2024-01-01'"
    assert max(scan(both).values()) == 1
    assert scan(f"{sql} UNION ALL {sql}")[("p.d.hours", DAY)] == 2


def test_statements_of_bigquery_ml_are_measured() -> None:
    query = "SELECT time FROM `p.d.hours`"
    training = f"-- Why.\nCREATE OR REPLACE MODEL `p.d.m`\nOPTIONS (HORIZON = 1)\nAS\n{query}"
    assert scan(training) == {("p.d.hours", ""): 1}
    scores = f"SELECT * FROM ML.DETECT_ANOMALIES(MODEL `p.d.m`, STRUCT(1 AS x), ({query}))"
    assert scan(scores) == {("p.d.hours", ""): 1}
