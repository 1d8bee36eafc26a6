"""Load jobs keep BigQuery's promises; beside each, what the emulator's own job does."""

import gzip
import threading
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from google.api_core.exceptions import (
    BadRequest,
    Conflict,
    GoogleAPICallError,
    MethodNotImplemented,
    NotFound,
)

from wattif_dagster_tests.local_cloud.bigquery.server import Server, ndjson, row, serving

MONDAY = "2024-01-01"
TUESDAY = "2024-01-02"


def readings(day: str, count: int) -> bytes:
    return ndjson(row(f"{day}T{hour:02d}:00:00Z") for hour in range(count))


def test_replaces_one_day(mended: Server, emulated_loads: Server) -> None:
    table = mended.table()
    monday = mended.put("one/m.json", readings(MONDAY, 3))
    mended.load([monday, mended.put("one/t.json", readings(TUESDAY, 4))], table)
    assert mended.days(table) == {MONDAY: 3, TUESDAY: 4}

    less = mended.put("one/less.json", readings(MONDAY, 2))
    mended.load(less, table, "$20240101", "WRITE_TRUNCATE")
    assert mended.days(table) == {MONDAY: 2, TUESDAY: 4}

    with pytest.raises(BadRequest, match="Invalid table id"):
        emulated_loads.load(
            emulated_loads.put("m.json", readings(MONDAY, 3)), emulated_loads.table(), "$20240101"
        )


def test_refuses_rows_of_other_days(mended: Server) -> None:
    table = mended.table()
    mended.load(mended.put("other/m.json", readings(MONDAY, 3)), table)
    mixed = mended.put("other/mixed.json", readings(MONDAY, 1) + readings(TUESDAY, 1))
    with pytest.raises(BadRequest, match=f"different partitions than {MONDAY}.*{mixed}"):
        mended.load(mixed, table, "$20240101", "WRITE_TRUNCATE")
    assert mended.days(table) == {MONDAY: 3}


def rows_after_a_failed_truncate(server: Server) -> dict[str, int]:
    table = server.table()
    server.load(server.put("failed/good.json", readings(MONDAY, 3)), table)
    bad = server.put("failed/bad.json", ndjson([row(f"{MONDAY}T00:00:00Z", reading="abc")]))
    with pytest.raises(GoogleAPICallError):
        server.load(bad, table, disposition="WRITE_TRUNCATE")
    return server.days(table)


def test_failed_truncate_keeps_the_rows(mended: Server, emulated_loads: Server) -> None:
    assert rows_after_a_failed_truncate(mended) == {MONDAY: 3}
    assert rows_after_a_failed_truncate(emulated_loads) == {}


def output_rows_of_a_second_load(server: Server) -> int | None:
    table = server.table()
    uri = server.put("second/m.json", readings(MONDAY, 3))
    server.load(uri, table)
    return server.load(uri, table).output_rows


def test_output_rows_are_the_jobs_own(mended: Server, emulated_loads: Server) -> None:
    assert output_rows_of_a_second_load(mended) == 3
    assert output_rows_of_a_second_load(emulated_loads) == 6


def test_write_empty_asks_the_day(mended: Server) -> None:
    table = mended.table()
    monday = mended.put("empty/m.json", readings(MONDAY, 3))
    tuesday = mended.put("empty/t.json", readings(TUESDAY, 3))
    mended.load(monday, table, "$20240101", "WRITE_EMPTY")
    mended.load(tuesday, table, "$20240102", "WRITE_EMPTY")
    with pytest.raises(Conflict, match="Already Exists: Table"):
        mended.load(monday, table, "$20240101", "WRITE_EMPTY")
    assert mended.days(table) == {MONDAY: 3, TUESDAY: 3}


def load_with_null(server: Server) -> dict[str, int]:
    table = server.table()
    lines = ndjson([row(f"{MONDAY}T00:00:00Z"), {"timestamp": f"{MONDAY}T01:00:00Z"}])
    server.load(server.put("null/a.json", lines), table)
    return server.days(table)


def test_required_columns_are_required(mended: Server, emulated_loads: Server) -> None:
    with pytest.raises(BadRequest, match=r"Missing required field: serial.*gs://readings/null/a"):
        load_with_null(mended)
    assert load_with_null(emulated_loads) == {MONDAY: 2}


def error_of_a_bad_row(server: Server) -> tuple[str, str]:
    """Location and message of the error of a load whose second object is bad."""
    table = server.table()
    good = server.put("bad/good.json", readings(MONDAY, 3))
    bad = server.put(
        "bad/bad.json",
        readings(MONDAY, 1) + ndjson([row(f"{MONDAY}T01:00:00Z", reading="abc")]),
    )
    with pytest.raises(BadRequest) as failure:
        server.load([good, bad], table)
    (error,) = failure.value.errors
    return error["location"], error["message"]


def test_errors_name_object_and_line(mended: Server, emulated_loads: Server) -> None:
    location, message = error_of_a_bad_row(mended)
    assert location == "gs://readings/bad/bad.json"
    assert 'in file "gs://readings/bad/bad.json", in line 2' in message
    assert "abc" in message
    location, _ = error_of_a_bad_row(emulated_loads)
    assert location == "gs://readings/bad/good.json"


def use_a_job_id_twice(server: Server) -> dict[str, int]:
    table = server.table()
    uri = server.put("twice/m.json", readings(MONDAY, 3))
    for _ in range(2):
        server.load(uri, table, job_id=f"load-{table.dataset_id}")
    return server.days(table)


def test_a_job_id_serves_once(mended: Server, emulated_loads: Server) -> None:
    with pytest.raises(Conflict, match="Already Exists: Job"):
        use_a_job_id_twice(mended)
    assert use_a_job_id_twice(emulated_loads) == {MONDAY: 6}


def test_wildcards_cross_slashes(mended: Server) -> None:
    table = mended.table()
    for name in ("wild/a.json", "wild/b/c.json", "wild/b/d.txt", "wilder.json"):
        mended.put(name, readings(MONDAY, 1))
    assert mended.load("gs://readings/wild/*.json", table).output_rows == 2
    assert mended.load("gs://readings/wild*", table).output_rows == 4


def test_dt_in_the_path_is_no_column(mended: Server) -> None:
    table = mended.table()
    mended.load(mended.put(f"dt={MONDAY}/a.json", readings(MONDAY, 2)), table)
    assert mended.days(table) == {MONDAY: 2}


def test_names_special_to_globs(mended: Server) -> None:
    table = mended.table()
    mended.put("glob/a1.json", readings(TUESDAY, 1))
    mended.load(mended.put("glob/a[1].json", readings(MONDAY, 2)), table)
    assert mended.days(table) == {MONDAY: 2}


def test_gzip(mended: Server) -> None:
    table = mended.table()
    mended.load(mended.put("zip/a.json.gz", gzip.compress(readings(MONDAY, 4))), table)
    assert mended.days(table) == {MONDAY: 4}


def test_makes_a_missing_table_from_the_jobs_schema(mended: Server) -> None:
    table = mended.table()
    mended.client.delete_table(table)
    uri = mended.put("make/a.json", readings(MONDAY, 2))
    mended.load(
        uri,
        table,
        schema=table.schema,
        time_partitioning=table.time_partitioning,
        clustering_fields=["serial"],
    )
    made = mended.client.get_table(table)
    assert made.clustering_fields == ["serial"]
    assert made.time_partitioning == table.time_partitioning
    assert made.num_rows == 2


def test_refuses_what_is_missing_or_not_honoured(mended: Server) -> None:
    table = mended.table()
    uri = mended.put("refused/a.json", readings(MONDAY, 1))
    with pytest.raises(NotFound, match=r"URI gs://readings/refused/none.json"):
        mended.load("gs://readings/refused/none.json", table)
    with pytest.raises(BadRequest, match="more than one wildcard"):
        mended.load("gs://readings/*/*", table)
    with pytest.raises(BadRequest, match="1 to 10000 source URIs"):
        mended.load([uri] * 10_001, table)
    with pytest.raises(MethodNotImplemented, match="does not honour maxBadRecords"):
        mended.load(uri, table, max_bad_records=1)
    mended.client.delete_table(table)
    with pytest.raises(NotFound, match="table"):
        mended.load(uri, table, create_disposition="CREATE_NEVER")
    assert mended.rows("SELECT 1") == [(1,)]


def test_answers_others_while_it_loads(mended: Server) -> None:
    """Readers see the table as it was until a load is done, and do not wait for it."""
    table = mended.table()
    line = ndjson([row(f"{MONDAY}T00:00:00Z")])
    uri = mended.put("long/a.json", line * 1_500_000)
    seen: list[dict[str, int]] = []
    loading = threading.Thread(target=mended.load, args=(uri, table))
    loading.start()
    while loading.is_alive():
        seen.append(mended.days(table))
    assert len(seen) > 1
    assert seen[0] == {}
    assert all(days in ({}, {MONDAY: 1_500_000}) for days in seen)


def test_kill_in_a_load_leaves_all_or_nothing_of_it(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        table = server.table()
        server.load(server.put("kill/old.json", readings(MONDAY, 3)), table)
        line = ndjson([row(f"{MONDAY}T00:00:00Z")])
        load = {
            "sourceUris": [server.put("kill/new.json", line * 1_500_000)],
            "destinationTable": table.reference.to_api_repr(),
            "sourceFormat": "NEWLINE_DELIMITED_JSON",
            "writeDisposition": "WRITE_TRUNCATE",
        }

        def post() -> None:
            with suppress(requests.ConnectionError):
                requests.post(f"{server.url}/projects/wattif-local/jobs", json=body, timeout=60)

        body = {"configuration": {"load": load}}
        loading = threading.Thread(target=post)
        loading.start()
        server.days(table)  # answered while the load is under way
        server.process.kill()
        loading.join()
    with serving(tmp_path) as server:
        assert server.days(table) in ({MONDAY: 3}, {MONDAY: 1_500_000})
