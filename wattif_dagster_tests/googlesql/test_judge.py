"""What the judge finds in statements, in the order in which they are sent."""

import re

import pytest

from wattif_dagster import schemas
from wattif_dagster_tests.googlesql.analyzer import Analyzer
from wattif_dagster_tests.googlesql.judge import Judge
from wattif_dagster_tests.googlesql.recording import Created, Statement

NESTED = "ARRAY<STRUCT<a INT64, b STRING>>"
TABLE = Created("p.d.t", (("day", "DATE"), ("x", "FLOAT64"), ("n", NESTED)), "day")


def find_faults(analyzer: Analyzer, *statements: Statement) -> list[list[str]]:
    return [faults for _, faults in Judge(analyzer).judge([TABLE, *statements])]


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("SELEC 1", "Syntax error"),
        ("SELECT y FROM `p.d.t`", "Unrecognized name: y"),
        ("SELECT 1 FROM `p.d.u`", "Table not found"),
        ("SELECT COUNT(*) OVER (PARTITION BY x) FROM `p.d.t`", "type FLOAT64 is not allowed"),
        ("SELECT * FROM `p.d.t` WHERE day = @day", "Query parameter 'day' not found"),
        ("SELECT MAX_BY(x, n) FROM `p.d.t`", "No matching signature|must support ordering"),
    ],
)
def test_refusal_is_googles_own(analyzer: Analyzer, sql: str, fault: str) -> None:
    ((found,),) = find_faults(analyzer, Statement(sql, "p"))
    assert re.search(fault, found), found


def test_accepted_statement_has_no_fault(analyzer: Analyzer) -> None:
    statement = Statement(
        "SELECT MAX_BY(each.b, each.a) AS b FROM d.t CROSS JOIN UNNEST(n) AS each "
        "WHERE day = @day AND each.b IN UNNEST(@names)",
        "p",
        {"day": "DATE", "names": "ARRAY<STRING>"},
    )
    assert find_faults(analyzer, statement) == [[]]


def test_other_columns_than_the_destinations_are_a_fault(analyzer: Analyzer) -> None:
    columns = ", ".join(schemas.FLEET_ANOMALIES.column_names)
    table = "p.d.fleet_anomalies"
    right = Statement(f"SELECT {columns} FROM `{table}`", "p", {}, table)
    wrong = Statement(f"SELECT * EXCEPT (n_history) FROM `{table}`", "p", {}, table)
    fine, (fault,) = find_faults(analyzer, right, wrong)
    assert fine == []
    assert fault.startswith("its columns are (('column_name', 'STRING'), ")


def test_what_statements_create_can_be_read(analyzer: Analyzer) -> None:
    found = find_faults(
        analyzer,
        Statement("SELECT n FROM `p.d.t`", "p", {}, "p.d.steps"),
        Statement("SELECT n FROM `p.e.t`", "p", {}, "p.e.steps"),
        Statement("CREATE TABLE d.made AS SELECT each.a FROM d.steps, UNNEST(n) AS each", "p"),
        Statement("SELECT a + 1 FROM `p.d.made`", "p"),
        Statement("SELECT b FROM `p.d.made`", "p"),
    )
    assert [bool(each) for each in found] == [False, True, False, False, True]


def test_large_statements_of_the_product_are_a_fault(analyzer: Analyzer) -> None:
    ctes = [f"c{n} AS (SELECT x FROM c{n - 1} JOIN c{n - 1} AS o USING (x))" for n in range(1, 10)]
    sql = f"WITH c0 AS (SELECT x FROM `p.d.t`), {', '.join(ctes)} SELECT x FROM c9"
    nodes, scans, twice = find_faults(analyzer, Statement(sql, "p"))[0]
    assert nodes.startswith("2047 plan nodes")
    assert scans.startswith("512 scans when")
    assert twice.startswith("512 scans of p.d.t where TRUE")
    by_a_test = Statement(sql, "p", sender="wattif_dagster_tests.x")
    assert find_faults(analyzer, by_a_test) == [[]]
