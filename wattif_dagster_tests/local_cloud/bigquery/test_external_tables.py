"""External tables read the objects that exist when the query runs."""

import datetime as dt
import gzip
from pathlib import Path
from uuid import uuid4

import pytest
from google.api_core.exceptions import BadRequest, MethodNotImplemented, NotFound
from google.cloud import bigquery

from wattif_dagster_tests.local_cloud.bigquery.server import (
    SCHEMA,
    Server,
    ndjson,
    row,
    serving,
)

DAYS = ("2024-01-01", "2024-01-02")


def external_table(
    server: Server,
    bucket: str,
    mode: str | None = "CUSTOM",
    uris: str = "dt=*",
    keys: str = "{dt:DATE}",
    **options: object,
) -> bigquery.Table:
    """A new external table over the bucket; `keys` are declared in the mode CUSTOM."""
    config = bigquery.ExternalConfig("NEWLINE_DELIMITED_JSON")
    config.source_uris = [f"gs://{bucket}/{uris}"]
    config.schema = SCHEMA
    if mode:
        hive = bigquery.HivePartitioningOptions()
        hive.mode = mode
        hive.source_uri_prefix = f"gs://{bucket}/" + (keys if mode == "CUSTOM" else "")
        config.hive_partitioning = hive
    for name, value in options.items():
        setattr(config, name, value)
    dataset = f"d{uuid4().hex[:8]}"
    server.client.create_dataset(dataset)
    table = bigquery.Table(f"{server.client.project}.{dataset}.external")
    table.external_data_configuration = config
    return server.client.create_table(table)


def fill(server: Server) -> str:
    """A new bucket with one object of the first day, two of the second, and a manifest."""
    bucket = f"b-{uuid4().hex[:8]}"
    lines = {day: ndjson([row(f"{day}T00:00:00Z"), row(f"{day}T01:00:00Z")]) for day in DAYS}
    server.put(f"dt={DAYS[0]}/a.json", lines[DAYS[0]], bucket)
    server.put(f"dt={DAYS[1]}/a.json", lines[DAYS[1]], bucket)
    server.put(f"dt={DAYS[1]}/b.json.gz", gzip.compress(lines[DAYS[1]]), bucket)
    server.put(f"manifests/dt={DAYS[0]}.json", b"[not a reading", bucket)
    return bucket


def count(server: Server, table: bigquery.Table) -> list[tuple[object, ...]]:
    return server.rows(
        f"SELECT dt, COUNT(*), SUM(reading) FROM {table.dataset_id}.external GROUP BY 1 ORDER BY 1"
    )


def test_external_table_reads_the_current_objects(patched: Server) -> None:
    bucket = fill(patched)
    table = external_table(patched, bucket)
    first, second = map(dt.date.fromisoformat, DAYS)
    assert count(patched, table) == [(first, 2, 1.0), (second, 4, 2.0)]
    patched.put(f"dt={DAYS[0]}/new.json", ndjson([row(f"{DAYS[0]}T02:00:00Z")]), bucket)
    (patched.buckets / bucket / f"dt={DAYS[1]}" / "a.json").unlink()
    assert count(patched, table) == [(first, 3, 1.5), (second, 2, 1.0)]
    filtered = patched.rows(
        f"SELECT COUNT(*) FROM {table.dataset_id}.external WHERE dt = '{DAYS[0]}'"
    )
    assert filtered == [(3,)]


def test_unpatched_external_table_is_empty(tmp_path: Path) -> None:
    with serving(tmp_path, "read_external_tables") as unpatched:
        table = external_table(unpatched, fill(unpatched))
        assert unpatched.client.get_table(table).table_type == "TABLE"
        assert unpatched.rows(f"SELECT COUNT(*) FROM {table.dataset_id}.external") == [(0,)]


@pytest.mark.parametrize(("mode", "kind"), [("AUTO", "DATE"), ("STRINGS", "STRING")])
def test_external_table_supports_hive_partitioning(patched: Server, mode: str, kind: str) -> None:
    table = external_table(patched, fill(patched), mode)
    assert [(field.name, field.field_type) for field in table.schema][-1] == ("dt", kind)
    assert [str(day) for day, *_ in count(patched, table)] == list(DAYS)


@pytest.mark.parametrize(
    ("path", "keys", "says"),
    [
        (
            "dt=2024-01-01/landing=x/",
            "{dt:DATE}",
            r"Expected schema \(\[dt:TYPE_DATE\]\) has 1 columns\. "
            r"Observed schema \(\[dt, landing\]\) has 2 columns\. "
            r"File: dt=2024-01-01/landing=x/a\.json",
        ),
        (
            "dt=2024-01-01/n=1/",
            "{n:INTEGER}/{dt:DATE}",
            r"Expected schema \(\[n:TYPE_INT64, dt:TYPE_DATE\]\) has 2 columns\. "
            r"Observed schema \(\[dt, n\]\) has 2 columns",
        ),
        (
            "dt=2024-01-01/abcd/n=1/",
            "{dt:DATE}/{n:INTEGER}",
            r"has 2 columns\. Observed schema \(\[dt\]\) has 1 columns",
        ),
    ],
    ids=["undeclared", "another order", "after a folder without ="],
)
def test_every_hive_key_is_declared_in_order(
    patched: Server, path: str, keys: str, says: str
) -> None:
    bucket = f"b-{uuid4().hex[:8]}"
    patched.put(f"{path}a.json", ndjson([row("2024-01-01T00:00:00Z")]), bucket)
    table = external_table(patched, bucket, keys=keys)
    name = f"{table.project}.{table.dataset_id}.{table.table_id}"
    words = f"Error while reading table: {name}, error message: Incompatible partition schemas"
    for wanted in ("COUNT(*)", "serial"):
        with pytest.raises(BadRequest, match=words):
            patched.rows(f"SELECT {wanted} FROM {table.dataset_id}.external")
        with pytest.raises(BadRequest, match=says):
            patched.rows(f"SELECT {wanted} FROM {table.dataset_id}.external")


def test_declared_hive_keys_are_columns(patched: Server) -> None:
    """Folders without `=` may follow the keys."""
    bucket = f"b-{uuid4().hex[:8]}"
    patched.put("dt=2024-01-01/n=7/abcd/a.json", ndjson([row("2024-01-01T00:00:00Z")]), bucket)
    for mode in ("CUSTOM", "AUTO"):
        table = external_table(patched, bucket, mode, keys="{dt:DATE}/{n:INTEGER}")
        found = patched.rows(f"SELECT dt, n FROM {table.dataset_id}.external")
        assert found == [(dt.date(2024, 1, 1), 7)]


def test_other_keys_than_the_detected_are_refused(patched: Server) -> None:
    bucket = f"b-{uuid4().hex[:8]}"
    for day in ("dt=2024-01-01", "dt=2024-01-02/n=7"):
        patched.put(f"{day}/a.json", ndjson([row("2024-01-01T00:00:00Z")]), bucket)
    table = external_table(patched, bucket, "AUTO")
    with pytest.raises(BadRequest, match=r"has 1 columns\. Observed schema \(\[dt, n\]\) has 2"):
        patched.rows(f"SELECT COUNT(*) FROM {table.dataset_id}.external")


def test_external_table_without_hive_partitioning(patched: Server) -> None:
    table = external_table(patched, fill(patched), mode=None)
    assert [field.name for field in table.schema] == ["serial", "timestamp", "reading"]
    assert patched.rows(f"SELECT COUNT(*) FROM {table.dataset_id}.external") == [(6,)]


def test_external_table_shows_its_configuration(patched: Server) -> None:
    bucket = fill(patched)
    table = patched.client.get_table(external_table(patched, bucket))
    assert table.table_type == "EXTERNAL"
    assert table.external_data_configuration is not None
    shown = table.external_data_configuration.to_api_repr()
    assert shown["sourceUris"] == [f"gs://{bucket}/dt=*"]
    assert shown["hivePartitioningOptions"]["sourceUriPrefix"] == f"gs://{bucket}/{{dt:DATE}}"
    patched.client.delete_table(table)
    with pytest.raises(NotFound):
        patched.client.get_table(table)
    patched.client.delete_dataset(table.dataset_id)


def test_external_table_refuses_unsupported_options(patched: Server) -> None:
    bucket = fill(patched)
    with pytest.raises(MethodNotImplemented, match="does not support maxBadRecords"):
        external_table(patched, bucket, max_bad_records=3)
    with pytest.raises(NotFound, match="URI gs://no-such-bucket"):
        external_table(patched, "no-such-bucket")
    with pytest.raises(BadRequest, match="No hive partitioning key"):
        external_table(patched, bucket, "AUTO", "manifests/*")
    with pytest.raises(BadRequest, match="schema or autodetect"):
        external_table(patched, bucket, schema=[])


def test_external_table_survives_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        table = external_table(server, fill(server))
    with serving(tmp_path) as server:
        assert [rows for _, rows, _ in count(server, table)] == [2, 4]
        assert server.client.get_table(table).external_data_configuration
