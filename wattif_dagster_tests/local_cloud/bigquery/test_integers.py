"""COUNTIF and SUM of integers are INT64 wherever they are in a row."""

from collections.abc import Iterator

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from wattif_dagster_tests.local_cloud.bigquery.server import Server, serving

ROWS = "(SELECT 3 AS n UNION ALL SELECT 4)"


@pytest.fixture(scope="module")
def unpatched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("unpatched"), "keep_integers") as server:
        yield server


def list_types(schema: list[bigquery.SchemaField]) -> list[str]:
    """The types of all fields without fields."""
    return [
        kind
        for field in schema
        for kind in (list_types(list(field.fields)) if field.fields else [field.field_type])
    ]


@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("COUNTIF(n > 3)", 1),
        ("SUM(n)", 7),
        ("STRUCT(COUNTIF(n > 3) AS high, SUM(n) AS total)", {"high": 1, "total": 7}),
        ("[COUNTIF(n > 3), SUM(n)]", [1, 7]),
        ("[STRUCT(SUM(n) AS total, [SUM(n)] AS totals)]", [{"total": 7, "totals": [7]}]),
        ("STRUCT(STRUCT(SUM(n) AS total) AS inner_)", {"inner_": {"total": 7}}),
    ],
)
def test_integers_are_int64(
    patched: Server, unpatched: Server, select: str, expected: object
) -> None:
    sql = f"SELECT {select} AS x FROM {ROWS}"
    found = patched.client.query_and_wait(sql)
    assert set(list_types(list(found.schema))) == {"INTEGER"}
    assert [row["x"] for row in found] == [expected]
    nested = not isinstance(expected, int)
    kinds = set(list_types(list(unpatched.client.query_and_wait(sql).schema)))
    assert kinds == ({"NUMERIC"} if nested else {"INTEGER"})


def test_other_numbers_keep_their_type(patched: Server) -> None:
    sql = f"""
        SELECT STRUCT(SUM(n / 2) AS half, SUM(CAST(n AS NUMERIC)) AS exact, 'a' AS text) AS x
        FROM {ROWS} WHERE n > 9
    """
    found = patched.client.query_and_wait(sql)
    assert list_types(list(found.schema)) == ["FLOAT", "NUMERIC", "STRING"]
    assert [row["x"] for row in found] == [{"half": None, "exact": None, "text": "a"}]


def test_sum_beyond_64_bits_is_refused(patched: Server) -> None:
    sql = f"SELECT STRUCT(SUM(n * {2**61}) AS total) AS x FROM {ROWS}"
    with pytest.raises(BadRequest):
        patched.client.query_and_wait(sql)
