"""The BigQuery resource against the local service."""

import json
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wattif_dagster import schemas
from wattif_dagster.errors import UserError
from wattif_dagster.resources.bigquery import BigQueryWarehouse, JobError
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.faults import Proxy, status

MONDAY, TUESDAY = date(2024, 1, 1), date(2024, 1, 2)
READINGS = schemas.METER_READINGS


@pytest.fixture
def bigquery(settings: Settings) -> BigQueryWarehouse:
    return build_resources(settings)["wattif_bigquery"]


@pytest.fixture
def gcs(settings: Settings) -> GcsTransferManager:
    gcs = build_resources(settings)["wattif_gcs"]
    gcs.ensure_bucket()
    return gcs


def put(gcs: GcsTransferManager, name: str, *rows: dict[str, Any] | str) -> str:
    """Write rows, or lines as they are, as an object; its URI."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    gcs.write(name, "".join(f"{line}\n" for line in lines).encode())
    return f"{gcs.uri}/{name}"


def reading(day: date, value: float, hour: int = 0, serial: str = "MAC00000001") -> dict[str, Any]:
    return {"serial": serial, "timestamp": f"{day}T{hour:02d}:00:00Z", "reading": value}


def readings(bigquery: BigQueryWarehouse) -> list[tuple[str, float]]:
    """Day and value of every row."""
    found = bigquery.rows(
        f"SELECT FORMAT_TIMESTAMP('%F', timestamp) AS day, reading "
        f"FROM {bigquery.quoted(READINGS)} ORDER BY day, reading"
    )
    return [(row["day"], row["reading"]) for row in found]


def test_a_load_replaces_just_its_day(bigquery: BigQueryWarehouse, gcs: GcsTransferManager) -> None:
    monday = put(gcs, "m.json", reading(MONDAY, 0.1), reading(MONDAY, 0.2, 1))
    tuesday = put(gcs, "t.json", reading(TUESDAY, 0.3))
    assert bigquery.load_partition(READINGS, MONDAY, [monday], "v1") == 2
    assert bigquery.load_partition(READINGS, TUESDAY, [tuesday], "v1") == 1
    other = [put(gcs, f"o{n}.json", reading(MONDAY, n, n)) for n in (4, 5, 6)]
    assert bigquery.load_partition(READINGS, MONDAY, other, "v2") == 3
    assert readings(bigquery) == [
        ("2024-01-01", 4.0),
        ("2024-01-01", 5.0),
        ("2024-01-01", 6.0),
        ("2024-01-02", 0.3),
    ]


def test_the_same_load_twice_is_done_twice(
    bigquery: BigQueryWarehouse, gcs: GcsTransferManager
) -> None:
    """The attempt is in the job's id, for the partition may have changed since the first one."""
    one, two = (put(gcs, f"{n}.json", reading(MONDAY, n)) for n in (1, 2))
    bigquery.load_partition(READINGS, MONDAY, [one], "one")
    bigquery.load_partition(READINGS, MONDAY, [two], "two")
    assert bigquery.load_partition(READINGS, MONDAY, [one], "one") == 1
    assert readings(bigquery) == [("2024-01-01", 1.0)]
    first = f"wattif_load_{bigquery.dataset}_meter_readings_20240101_one_"
    for attempt in (1, 2):
        assert bigquery.client.get_job(f"{first}{attempt}").state == "DONE"


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        ('{"serial":"MAC00000001","timestamp":"2024-01-01T00:00:00Z","reading":"a"}', "line 2"),
        ('{"serial":"MAC00000001","timestamp":"2024-01-01T00:00', "in line"),
        ('{"timestamp":"2024-01-01T00:00:00Z","reading":0.1}', "serial"),
    ],
)
def test_a_bad_row_is_named_and_the_old_day_stays(
    bigquery: BigQueryWarehouse, gcs: GcsTransferManager, spoiled: str, said: str
) -> None:
    bigquery.load_partition(READINGS, MONDAY, [put(gcs, "good.json", reading(MONDAY, 0.1))], "good")
    bad = put(gcs, "bad.json", reading(MONDAY, 0.2), spoiled, reading(MONDAY, 0.3))
    with pytest.raises(JobError) as caught:
        bigquery.load_partition(READINGS, MONDAY, [bad], "bad")
    assert bad in str(caught.value)
    assert said in str(caught.value)
    assert readings(bigquery) == [("2024-01-01", 0.1)]


def test_a_row_of_another_day_is_refused(
    bigquery: BigQueryWarehouse, gcs: GcsTransferManager
) -> None:
    with pytest.raises(JobError, match="different partition"):
        bigquery.load_partition(READINGS, MONDAY, [put(gcs, "t.json", reading(TUESDAY, 0.3))], "v")
    assert readings(bigquery) == []


def test_a_missing_object_is_said(bigquery: BigQueryWarehouse, gcs: GcsTransferManager) -> None:
    with pytest.raises(JobError, match=f"Not found: URI {gcs.uri}/none"):
        bigquery.load_partition(READINGS, MONDAY, [f"{gcs.uri}/none.json"], "v")


def test_a_query_replaces_just_its_day(bigquery: BigQueryWarehouse) -> None:
    def select(day: date, *values: float) -> str:
        return " UNION ALL ".join(
            f"SELECT 'MAC00000001' AS serial, TIMESTAMP '{day} 0{hour}:00:00+00' AS timestamp, "
            f"{value} AS reading"
            for hour, value in enumerate(values)
        )

    bigquery.replace_partition(READINGS, MONDAY, select(MONDAY, 0.1, 0.2))
    bigquery.replace_partition(READINGS, TUESDAY, select(TUESDAY, 0.3))
    bigquery.replace_partition(READINGS, MONDAY, select(MONDAY, 0.4))
    expected = [("2024-01-01", 0.4), ("2024-01-02", 0.3)]
    assert readings(bigquery) == expected
    for wrong in (select(TUESDAY, 0.5), "SELECT ERROR('no')", "SELEC", "SELECT 1 FROM nowhere.at"):
        with pytest.raises(JobError):
            bigquery.replace_partition(READINGS, MONDAY, wrong)
    assert readings(bigquery) == expected


def test_tables_are_made_as_described(bigquery: BigQueryWarehouse) -> None:
    bigquery.ensure_table(READINGS)
    bigquery.ensure_table(READINGS)
    made = bigquery.client.get_table(bigquery.table_name(READINGS))
    assert [(field.name, field.mode) for field in made.schema] == [
        ("serial", "REQUIRED"),
        ("timestamp", "REQUIRED"),
        ("reading", "REQUIRED"),
    ]
    assert made.time_partitioning is not None
    assert (made.time_partitioning.field, made.time_partitioning.type_) == ("timestamp", "DAY")
    assert made.clustering_fields == ["serial"]


def test_a_table_is_made_anew_with_and_without_rows(bigquery: BigQueryWarehouse) -> None:
    file = BytesIO()
    time = pa.array([datetime(2024, 1, 1, 5)], pa.timestamp("us", tz="UTC"))
    rows = pa.table({"serial": ["A"], "timestamp": time, "reading": [0.5]})
    pq.write_table(rows, file)
    for _ in range(2):
        bigquery.remake_table(READINGS, file)
        assert readings(bigquery) == [("2024-01-01", 0.5)]
        made = bigquery.client.get_table(bigquery.table_name(READINGS))
        assert made.time_partitioning.field == "timestamp"
    bigquery.remake_table(READINGS)
    assert readings(bigquery) == []


def test_a_wrong_query_is_said(bigquery: BigQueryWarehouse) -> None:
    for sql in ("SELEC 1", "SELECT * FROM `wattif-local.none.none`"):
        with pytest.raises(JobError, match="BigQuery"):
            bigquery.rows(sql)


def test_rows_and_row(bigquery: BigQueryWarehouse) -> None:
    assert bigquery.rows("SELECT n FROM UNNEST([3, 4]) AS n ORDER BY n") == [{"n": 3}, {"n": 4}]
    assert bigquery.row("SELECT 1 AS a, 'x' AS b") == {"a": 1, "b": "x"}


@pytest.mark.parametrize(
    ("code", "reason", "error", "sentence"),
    [
        (403, "accessDenied", UserError, r"access to dataset wattif-local\..* was refused; grant"),
        (403, "quotaExceeded", JobError, r"a BigQuery quota is used up: .*too much"),
        (400, "invalidQuery", JobError, r"BigQuery refused the request: .*too much"),
    ],
)
def test_a_refusal_is_said(
    settings: Settings,
    bigquery_proxy: Proxy,
    code: int,
    reason: str,
    error: type[Exception],
    sentence: str,
) -> None:
    bigquery = build_resources(settings)["wattif_bigquery"]
    bigquery_proxy.on("POST", "/queries", status(code, "too much", reason))
    with pytest.raises(error, match=sentence):
        bigquery.rows("SELECT 1")


def test_links_say_where_the_rows_are(settings: Settings, bigquery: BigQueryWarehouse) -> None:
    endpoint = bigquery.cloud.endpoints.bigquery
    path = f"projects/wattif-local/datasets/{settings.dataset}/tables/meter_readings/data"
    assert bigquery.link(READINGS) == f"{endpoint}/bigquery/v2/{path}"
    real = build_resources(settings.model_copy(update={"target": "gcp"}))["wattif_bigquery"]
    assert real.link(READINGS) == (
        "https://console.cloud.google.com/bigquery?project=wattif-local&p=wattif-local"
        f"&d={settings.dataset}&t=meter_readings&page=table"
    )
