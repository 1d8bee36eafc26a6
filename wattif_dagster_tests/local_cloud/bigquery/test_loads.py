"""Load jobs behave as BigQuery's do. Tests also show the fault of the unpatched load jobs."""

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


def test_load_replaces_one_day(patched: Server, unpatched_loads: Server) -> None:
    table = patched.table()
    monday = patched.put("one/m.json", readings(MONDAY, 3))
    patched.load([monday, patched.put("one/t.json", readings(TUESDAY, 4))], table)
    assert patched.days(table) == {MONDAY: 3, TUESDAY: 4}

    less = patched.put("one/less.json", readings(MONDAY, 2))
    patched.load(less, table, "$20240101", "WRITE_TRUNCATE")
    assert patched.days(table) == {MONDAY: 2, TUESDAY: 4}

    with pytest.raises(BadRequest, match="Invalid table id"):
        unpatched_loads.load(
            unpatched_loads.put("m.json", readings(MONDAY, 3)), unpatched_loads.table(), "$20240101"
        )


def test_load_refuses_rows_of_other_days(patched: Server) -> None:
    table = patched.table()
    patched.load(patched.put("other/m.json", readings(MONDAY, 3)), table)
    mixed = patched.put("other/mixed.json", readings(MONDAY, 1) + readings(TUESDAY, 1))
    with pytest.raises(BadRequest, match=f"different partitions than {MONDAY}.*{mixed}"):
        patched.load(mixed, table, "$20240101", "WRITE_TRUNCATE")
    assert patched.days(table) == {MONDAY: 3}


def fail_a_truncate(server: Server) -> dict[str, int]:
    table = server.table()
    server.load(server.put("failed/good.json", readings(MONDAY, 3)), table)
    bad = server.put("failed/bad.json", ndjson([row(f"{MONDAY}T00:00:00Z", reading="abc")]))
    with pytest.raises(GoogleAPICallError):
        server.load(bad, table, disposition="WRITE_TRUNCATE")
    return server.days(table)


def test_failed_truncate_keeps_the_rows(patched: Server, unpatched_loads: Server) -> None:
    assert fail_a_truncate(patched) == {MONDAY: 3}
    assert fail_a_truncate(unpatched_loads) == {}


def load_twice(server: Server) -> int | None:
    table = server.table()
    uri = server.put("second/m.json", readings(MONDAY, 3))
    server.load(uri, table)
    return server.load(uri, table).output_rows


def test_output_rows_count_only_this_load(patched: Server, unpatched_loads: Server) -> None:
    assert load_twice(patched) == 3
    assert load_twice(unpatched_loads) == 6


def test_write_empty_checks_only_the_day(patched: Server) -> None:
    table = patched.table()
    monday = patched.put("empty/m.json", readings(MONDAY, 3))
    tuesday = patched.put("empty/t.json", readings(TUESDAY, 3))
    patched.load(monday, table, "$20240101", "WRITE_EMPTY")
    patched.load(tuesday, table, "$20240102", "WRITE_EMPTY")
    with pytest.raises(Conflict, match="Already Exists: Table"):
        patched.load(monday, table, "$20240101", "WRITE_EMPTY")
    assert patched.days(table) == {MONDAY: 3, TUESDAY: 3}


def load_with_null(server: Server) -> dict[str, int]:
    table = server.table()
    lines = ndjson([row(f"{MONDAY}T00:00:00Z"), {"timestamp": f"{MONDAY}T01:00:00Z"}])
    server.load(server.put("null/a.json", lines), table)
    return server.days(table)


def test_load_refuses_null_in_a_required_column(patched: Server, unpatched_loads: Server) -> None:
    with pytest.raises(BadRequest, match=r"Missing required field: serial.*gs://readings/null/a"):
        load_with_null(patched)
    assert load_with_null(unpatched_loads) == {MONDAY: 2}


def load_a_bad_row(server: Server) -> tuple[str, str]:
    """Load a good and a bad object, and return location and message of the error."""
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


def test_load_error_names_object_and_line(patched: Server, unpatched_loads: Server) -> None:
    location, message = load_a_bad_row(patched)
    assert location == "gs://readings/bad/bad.json"
    assert 'in file "gs://readings/bad/bad.json", in line 2' in message
    assert "abc" in message
    location, _ = load_a_bad_row(unpatched_loads)
    assert location == "gs://readings/bad/good.json"


def use_a_job_id_twice(server: Server) -> dict[str, int]:
    table = server.table()
    uri = server.put("twice/m.json", readings(MONDAY, 3))
    for _ in range(2):
        server.load(uri, table, job_id=f"load-{table.dataset_id}")
    return server.days(table)


def test_load_refuses_a_job_id_in_use(patched: Server, unpatched_loads: Server) -> None:
    with pytest.raises(Conflict, match="Already Exists: Job"):
        use_a_job_id_twice(patched)
    assert use_a_job_id_twice(unpatched_loads) == {MONDAY: 6}


def test_wildcard_of_a_source_uri_matches_slashes(patched: Server) -> None:
    table = patched.table()
    for name in ("wild/a.json", "wild/b/c.json", "wild/b/d.txt", "wilder.json"):
        patched.put(name, readings(MONDAY, 1))
    assert patched.load("gs://readings/wild/*.json", table).output_rows == 2
    assert patched.load("gs://readings/wild*", table).output_rows == 4


def test_load_makes_no_column_of_dt_in_the_path(patched: Server) -> None:
    table = patched.table()
    patched.load(patched.put(f"dt={MONDAY}/a.json", readings(MONDAY, 2)), table)
    assert patched.days(table) == {MONDAY: 2}


def test_load_reads_a_name_with_glob_characters(patched: Server) -> None:
    table = patched.table()
    patched.put("glob/a1.json", readings(TUESDAY, 1))
    patched.load(patched.put("glob/a[1].json", readings(MONDAY, 2)), table)
    assert patched.days(table) == {MONDAY: 2}


def test_load_reads_gzip(patched: Server) -> None:
    table = patched.table()
    patched.load(patched.put("zip/a.json.gz", gzip.compress(readings(MONDAY, 4))), table)
    assert patched.days(table) == {MONDAY: 4}


def test_load_creates_a_missing_table(patched: Server) -> None:
    table = patched.table()
    patched.client.delete_table(table)
    uri = patched.put("make/a.json", readings(MONDAY, 2))
    patched.load(
        uri,
        table,
        schema=table.schema,
        time_partitioning=table.time_partitioning,
        clustering_fields=["serial"],
    )
    made = patched.client.get_table(table)
    assert made.clustering_fields == ["serial"]
    assert made.time_partitioning == table.time_partitioning
    assert made.num_rows == 2


def test_load_refuses_unsupported_requests_by_name(patched: Server) -> None:
    table = patched.table()
    uri = patched.put("refused/a.json", readings(MONDAY, 1))
    with pytest.raises(NotFound, match=r"URI gs://readings/refused/none.json"):
        patched.load("gs://readings/refused/none.json", table)
    with pytest.raises(BadRequest, match="more than one wildcard"):
        patched.load("gs://readings/*/*", table)
    with pytest.raises(BadRequest, match="1 to 10000 source URIs"):
        patched.load([uri] * 10_001, table)
    with pytest.raises(MethodNotImplemented, match="does not support maxBadRecords"):
        patched.load(uri, table, max_bad_records=1)
    patched.client.delete_table(table)
    with pytest.raises(NotFound, match="table"):
        patched.load(uri, table, create_disposition="CREATE_NEVER")
    assert patched.rows("SELECT 1") == [(1,)]


def test_server_answers_queries_during_a_load(patched: Server) -> None:
    """Queries see the old table until the load ends, and do not wait for it."""
    table = patched.table()
    line = ndjson([row(f"{MONDAY}T00:00:00Z")])
    uri = patched.put("long/a.json", line * 1_500_000)
    seen: list[dict[str, int]] = []
    loading = threading.Thread(target=patched.load, args=(uri, table))
    loading.start()
    while loading.is_alive():
        seen.append(patched.days(table))
    assert len(seen) > 1
    assert seen[0] == {}
    assert all(days in ({}, {MONDAY: 1_500_000}) for days in seen)


def test_kill_during_a_load_leaves_all_or_nothing(tmp_path: Path) -> None:
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
        server.days(table)  # the server answers while the load runs
        server.process.kill()
        loading.join()
    with serving(tmp_path) as server:
        assert server.days(table) in ({MONDAY: 3}, {MONDAY: 1_500_000})
