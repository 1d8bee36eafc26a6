"""Queries answer beside each other, and say when they fail, by either way of asking."""

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
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("faulty")
    with serving(folder, "answer_beside_queries", "refuse_wrong_queries") as server:
        yield server


def answers_beside_a_slow_query(server: Server) -> bool:
    """Whether twenty small queries are answered while a slow one runs."""
    slow = threading.Thread(target=server.rows, args=(SLOW,))
    slow.start()
    for _ in range(20):
        assert server.rows("SELECT 1") == [(1,)]
    still_running = slow.is_alive()
    slow.join()
    return still_running


def test_answers_others_while_a_query_runs(mended: Server, faulty: Server) -> None:
    assert answers_beside_a_slow_query(mended)
    assert not answers_beside_a_slow_query(faulty)


@pytest.mark.parametrize(
    ("sql", "error", "says"),
    [
        ("SELECT nothing", BadRequest, "nothing"),
        ("SELECT ERROR('not today')", BadRequest, "not today"),
        ("SELECT 'open", BadRequest, "(?i)unclosed string"),
        ("SELECT * FROM `missing`.`t`", NotFound, "missing"),
    ],
)
def test_a_query_that_fails_says_so(
    mended: Server, faulty: Server, sql: str, error: type[Exception], says: str
) -> None:
    """By jobs.insert, as it did, and by jobs.query, where it had no rows and no error."""
    with pytest.raises(error, match=says):
        mended.client.query(sql).result()
    with pytest.raises(error, match=says):
        mended.client.query_and_wait(sql)
    assert list(faulty.client.query_and_wait(sql)) == []


def test_functions_of_the_emulator_are_there(mended: Server) -> None:
    """They are Python's, given to one connection."""
    assert mended.rows("SELECT FARM_FINGERPRINT('x') = FARM_FINGERPRINT('y')") == [(False,)]


def test_times_are_utc(tmp_path_factory: pytest.TempPathFactory) -> None:
    """On a machine whose clock is elsewhere."""
    folder = tmp_path_factory.mktemp("elsewhere")
    hour = "SELECT EXTRACT(HOUR FROM TIMESTAMP '2024-01-01 05:00:00+00')"
    elsewhere = {"TZ": "Asia/Tokyo"}
    with serving(folder / "mended", environment=elsewhere) as server:
        assert server.rows(hour) == [(5,)]
    with serving(folder / "faulty", "keep_utc", environment=elsewhere) as server:
        assert server.rows(hour) == [(14,)]


def test_parameters_are_bound(mended: Server) -> None:
    config = bigquery.QueryJobConfig(
        query_parameters=[bigquery.ArrayQueryParameter("names", "STRING", ["a", "it's"])]
    )
    for sql, found in (("it\\'s", True), ("b", False)):
        rows = mended.client.query_and_wait(
            f"SELECT '{sql}' IN UNNEST(@names) AS found", job_config=config
        )
        assert [row["found"] for row in rows] == [found]


@pytest.mark.parametrize("day", ["2024-01-01", "2024-02-29"])
def test_a_script_that_differs_by_its_date_is_another(mended: Server, day: str) -> None:
    script = f"DECLARE day DATE DEFAULT DATE '{day}'; SELECT CAST(day AS STRING)"
    assert mended.rows(script) == [(day,)]
