"""Queries run beside each other, and a failed query raises its error by both methods."""

import threading
from collections.abc import Iterator

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery

from wattif_dagster_tests.local_cloud.bigquery.server import Server, serving

SLOW = (
    "SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 30000)) AS a, "
    "UNNEST(GENERATE_ARRAY(1, 10000)) AS b WHERE MOD(a * b, 7) = 1"
)


@pytest.fixture(scope="module")
def unpatched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("unpatched")
    with serving(folder, "answer_beside_queries", "refuse_wrong_queries") as server:
        yield server


def is_answered_during_a_slow_query(server: Server) -> bool:
    """Whether twenty small queries are answered while a slow one runs."""
    slow = threading.Thread(target=server.rows, args=(SLOW,))
    slow.start()
    for _ in range(20):
        assert server.rows("SELECT 1") == [(1,)]
    still_running = slow.is_alive()
    slow.join()
    return still_running


def test_server_answers_during_a_slow_query(patched: Server, unpatched: Server) -> None:
    assert is_answered_during_a_slow_query(patched)
    assert not is_answered_during_a_slow_query(unpatched)


@pytest.mark.parametrize(
    ("sql", "error", "says"),
    [
        ("SELECT nothing", BadRequest, "nothing"),
        ("SELECT ERROR('not today')", BadRequest, "not today"),
        ("SELECT 'open", BadRequest, "(?i)unclosed string"),
        ("SELECT * FROM `missing`.`t`", NotFound, "missing"),
    ],
)
@pytest.mark.own_sql
def test_failed_query_raises_its_error(
    patched: Server, unpatched: Server, sql: str, error: type[Exception], says: str
) -> None:
    """Without the patch, jobs.query returns no rows instead of the error."""
    with pytest.raises(error, match=says):
        patched.client.query(sql).result()
    with pytest.raises(error, match=says):
        patched.client.query_and_wait(sql)
    assert list(unpatched.client.query_and_wait(sql)) == []


def test_queries_find_the_emulators_functions(patched: Server) -> None:
    """The emulator registers these Python functions on one connection only."""
    assert patched.rows("SELECT FARM_FINGERPRINT('x') = FARM_FINGERPRINT('y')") == [(False,)]


def test_queries_use_utc(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The machine has another time zone."""
    folder = tmp_path_factory.mktemp("elsewhere")
    hour = "SELECT EXTRACT(HOUR FROM TIMESTAMP '2024-01-01 05:00:00+00')"
    elsewhere = {"TZ": "Asia/Tokyo"}
    with serving(folder / "patched", environment=elsewhere) as server:
        assert server.rows(hour) == [(5,)]
    with serving(folder / "unpatched", "keep_utc", environment=elsewhere) as server:
        assert server.rows(hour) == [(14,)]


def test_query_parameters_are_bound(patched: Server) -> None:
    config = bigquery.QueryJobConfig(
        query_parameters=[bigquery.ArrayQueryParameter("names", "STRING", ["a", "it's"])]
    )
    for sql, found in (("it\\'s", True), ("b", False)):
        rows = patched.client.query_and_wait(
            f"SELECT '{sql}' IN UNNEST(@names) AS found", job_config=config
        )
        assert [row["found"] for row in rows] == [found]


@pytest.mark.parametrize("day", ["2024-01-01", "2024-02-29"])
@pytest.mark.own_sql
def test_scripts_that_differ_by_a_date_both_run(patched: Server, day: str) -> None:
    script = f"DECLARE day DATE DEFAULT DATE '{day}'; SELECT CAST(day AS STRING)"
    assert patched.rows(script) == [(day,)]
