"""The BigQuery resource with the local service."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wattif_dagster import schemas
from wattif_dagster.errors import UserError
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.bigquery_errors import JobError
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.faults import Proxy, change_answer, status
from wattif_dagster_tests.support.services import make_reading, read_readings, write_rows

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


def test_load_replaces_only_its_day(bigquery: BigQueryWarehouse, gcs: GcsTransferManager) -> None:
    monday = write_rows(gcs, "m.json", make_reading(MONDAY, 0.1), make_reading(MONDAY, 0.2, 1))
    tuesday = write_rows(gcs, "t.json", make_reading(TUESDAY, 0.3))
    assert bigquery.load_partition(READINGS, MONDAY, [monday], "v1") == 2
    assert bigquery.load_partition(READINGS, TUESDAY, [tuesday], "v1") == 1
    other = [write_rows(gcs, f"o{n}.json", make_reading(MONDAY, n, n)) for n in (4, 5, 6)]
    assert bigquery.load_partition(READINGS, MONDAY, other, "v2") == 3
    assert read_readings(bigquery) == [
        ("2024-01-01", 4.0),
        ("2024-01-01", 5.0),
        ("2024-01-01", 6.0),
        ("2024-01-02", 0.3),
    ]


def test_list_days_gives_days_with_rows(
    bigquery: BigQueryWarehouse, gcs: GcsTransferManager
) -> None:
    bigquery.ensure_table(READINGS)
    span = MONDAY, MONDAY + timedelta(days=6)
    assert bigquery.list_days(READINGS, *span) == []
    for number in (-1, 0, 3, 6, 7):
        day = MONDAY + timedelta(days=number)
        uri = write_rows(gcs, f"{day}.json", make_reading(day, 0.1))
        bigquery.load_partition(READINGS, day, [uri], "v")
    bigquery.drop_partition(READINGS, MONDAY + timedelta(days=3))
    assert bigquery.list_days(READINGS, *span) == [*span]
    assert bigquery.list_days(schemas.FLEET_HOURS, *span) == []


def test_repeated_load_is_run_again(bigquery: BigQueryWarehouse, gcs: GcsTransferManager) -> None:
    """The partition may have changed since the first load, so the job's id has the attempt."""
    one, two = (write_rows(gcs, f"{n}.json", make_reading(MONDAY, n)) for n in (1, 2))
    bigquery.load_partition(READINGS, MONDAY, [one], "one")
    bigquery.load_partition(READINGS, MONDAY, [two], "two")
    assert bigquery.load_partition(READINGS, MONDAY, [one], "one") == 1
    assert read_readings(bigquery) == [("2024-01-01", 1.0)]
    first = f"wattif_load_{bigquery.dataset}_meter_readings_20240101_one_"
    for attempt in (1, 2):
        assert bigquery.client.get_job(f"{first}{attempt}").state == "DONE"


def test_load_of_another_account_takes_the_next_job_id(
    settings: Settings, bigquery_proxy: Proxy, gcs: GcsTransferManager
) -> None:
    """`roles/bigquery.jobUser` does not allow jobs.get of another account's job."""
    bigquery = build_resources(settings)["wattif_bigquery"]
    uri = write_rows(gcs, "m.json", make_reading(MONDAY, 0.1))
    bigquery.load_partition(READINGS, MONDAY, [uri], "v")
    first = f"wattif_load_{bigquery.dataset}_meter_readings_20240101_v_1"
    refused = status(403, f"Access Denied: Job {first}: Permission bigquery.jobs.get denied")
    bigquery_proxy.on("GET", f"/jobs/{first}", refused)
    assert bigquery.load_partition(READINGS, MONDAY, [uri], "v") == 1
    assert bigquery_proxy.exhausted
    assert bigquery.client.get_job(first.removesuffix("1") + "2").state == "DONE"


def test_expired_day_is_refused_before_it_is_loaded(
    settings: Settings, bigquery_proxy: Proxy, gcs: GcsTransferManager
) -> None:
    """BigQuery would drop the rows, and the job would succeed."""
    bigquery = build_resources(settings)["wattif_bigquery"]
    today = datetime.now(UTC).date()
    made = bigquery.ensure_table(READINGS)
    bigquery.client.delete_table(made)
    assert made.time_partitioning is not None
    made.time_partitioning.expiration_ms = 60 * 24 * 3600 * 1000
    bigquery.client.create_table(made)
    bigquery = build_resources(settings)["wattif_bigquery"]
    bigquery_proxy.requests.clear()
    old = today - timedelta(days=60)
    sentence = f"keeps a partition for 60 days, so BigQuery would drop the rows of {old}. Make days"
    with pytest.raises(UserError, match=rf"{sentence} from {old + timedelta(days=1)} on"):
        bigquery.load_partition(READINGS, old, [f"{gcs.uri}/none.json"], "v")
    with pytest.raises(UserError, match=sentence):
        bigquery.replace_partition(READINGS, old, "SELECT 1")
    assert bigquery_proxy.count("POST", "/jobs") == 0
    recent = today - timedelta(days=58)
    uri = write_rows(gcs, "recent.json", make_reading(recent, 0.1))
    assert bigquery.load_partition(READINGS, recent, [uri], "v") == 1


def test_expiration_of_the_dataset_holds_for_a_new_table(
    settings: Settings, bigquery_proxy: Proxy
) -> None:
    """BigQuery's answer to the creation of a table has what the table takes from its dataset."""

    def keep_60_days(table: dict[str, Any]) -> None:
        table["timePartitioning"]["expirationMs"] = "5184000000"

    bigquery_proxy.on("POST", "/tables", change_answer(keep_60_days), times=2)
    bigquery = build_resources(settings)["wattif_bigquery"]
    with pytest.raises(UserError, match="keeps a partition for 60 days"):
        bigquery.load_partition(READINGS, MONDAY, ["gs://bucket/none.json"], "v")
    bigquery.remake_table(READINGS)
    with pytest.raises(UserError, match=f"BigQuery would drop the rows of {MONDAY}"):
        bigquery.append_rows(READINGS, BytesIO(), MONDAY)
    assert bigquery_proxy.exhausted


def test_dataset_elsewhere_is_refused_before_a_load(
    settings: Settings, bigquery_proxy: Proxy
) -> None:
    """Both where the table is new, and where it exists."""
    in_us = build_resources(settings)["wattif_bigquery"]
    sentence = (
        f"Dataset wattif-local.{in_us.dataset} is in US, not in europe-west1. "
        "Set WATTIF_BIGQUERY_LOCATION=US, or WATTIF_DATASET to another dataset."
    )
    in_us.ensure_table(schemas.METER_REGISTRY)
    elsewhere = settings.model_copy(update={"bigquery_location": "europe-west1"})
    bigquery = build_resources(elsewhere)["wattif_bigquery"]
    with pytest.raises(UserError, match=sentence):
        bigquery.load_partition(READINGS, MONDAY, ["gs://bucket/none.json"], "v")
    # The local BigQuery does not say where a table is.
    in_answer = change_answer(lambda table: table.update(location="US"))
    bigquery_proxy.on("GET", "/tables/meter_registry", in_answer, times=2)
    for refused in (
        lambda: bigquery.replace_partition(schemas.METER_REGISTRY, MONDAY, "SELECT 1"),
        lambda: bigquery.has_table(schemas.METER_REGISTRY),
    ):
        with pytest.raises(UserError, match=sentence):
            refused()
    assert bigquery_proxy.exhausted
    assert bigquery_proxy.count("POST", "/jobs") == 0


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
    bigquery.load_partition(
        READINGS, MONDAY, [write_rows(gcs, "good.json", make_reading(MONDAY, 0.1))], "good"
    )
    bad = write_rows(gcs, "bad.json", make_reading(MONDAY, 0.2), spoiled, make_reading(MONDAY, 0.3))
    with pytest.raises(JobError) as caught:
        bigquery.load_partition(READINGS, MONDAY, [bad], "bad")
    assert bad in str(caught.value)
    assert said in str(caught.value)
    assert read_readings(bigquery) == [("2024-01-01", 0.1)]


def test_row_of_another_day_is_refused(
    bigquery: BigQueryWarehouse, gcs: GcsTransferManager
) -> None:
    with pytest.raises(JobError, match="different partition"):
        bigquery.load_partition(
            READINGS, MONDAY, [write_rows(gcs, "t.json", make_reading(TUESDAY, 0.3))], "v"
        )
    assert read_readings(bigquery) == []


def test_load_of_a_missing_object_names_it(
    bigquery: BigQueryWarehouse, gcs: GcsTransferManager
) -> None:
    with pytest.raises(JobError, match=f"Not found: URI {gcs.uri}/none"):
        bigquery.load_partition(READINGS, MONDAY, [f"{gcs.uri}/none.json"], "v")


@pytest.mark.own_sql
def test_query_replaces_only_its_day(bigquery: BigQueryWarehouse) -> None:
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
    assert read_readings(bigquery) == expected
    for wrong in (select(TUESDAY, 0.5), "SELECT ERROR('no')", "SELEC", "SELECT 1 FROM nowhere.at"):
        with pytest.raises(JobError):
            bigquery.replace_partition(READINGS, MONDAY, wrong)
    assert read_readings(bigquery) == expected


def test_tables_are_created_as_described(bigquery: BigQueryWarehouse) -> None:
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


def test_remade_table_has_the_given_rows(bigquery: BigQueryWarehouse) -> None:
    file = BytesIO()
    time = pa.array([datetime(2024, 1, 1, 5)], pa.timestamp("us", tz="UTC"))
    rows = pa.table({"serial": ["A"], "timestamp": time, "reading": [0.5]})
    pq.write_table(rows, file)
    for _ in range(2):
        bigquery.remake_table(READINGS)
        bigquery.append_rows(READINGS, file, MONDAY)
        assert read_readings(bigquery) == [("2024-01-01", 0.5)]
        made = bigquery.client.get_table(bigquery.table_name(READINGS))
        assert made.time_partitioning is not None
        assert made.time_partitioning.field == "timestamp"
    bigquery.remake_table(READINGS)
    assert read_readings(bigquery) == []


@pytest.mark.own_sql
def test_wrong_query_is_a_job_error(bigquery: BigQueryWarehouse) -> None:
    for sql in ("SELEC 1", "SELECT * FROM `wattif-local.none.none`"):
        with pytest.raises(JobError, match="BigQuery"):
            bigquery.rows(sql)


def test_rows_and_row_return_dicts(bigquery: BigQueryWarehouse) -> None:
    assert bigquery.rows("SELECT n FROM UNNEST([3, 4]) AS n ORDER BY n") == [{"n": 3}, {"n": 4}]
    assert bigquery.row("SELECT 1 AS a, 'x' AS b") == {"a": 1, "b": "x"}


@pytest.mark.parametrize(
    ("code", "reason", "error", "sentence"),
    [
        (
            403,
            "accessDenied",
            UserError,
            r"Access to dataset wattif-local\..* was refused\. BigQuery says: too much\. Grant",
        ),
        (403, "quotaExceeded", JobError, r"A BigQuery quota is used up: .*too much"),
        (400, "invalidQuery", JobError, r"BigQuery refused the request: .*too much"),
    ],
)
def test_refusal_is_one_sentence(
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


def test_link_shows_the_rows(settings: Settings, bigquery: BigQueryWarehouse) -> None:
    endpoint = bigquery.cloud.endpoints.bigquery
    path = f"projects/wattif-local/datasets/{settings.dataset}/tables/meter_readings/data"
    assert bigquery.link(READINGS) == f"{endpoint}/bigquery/v2/{path}"
    real = build_resources(settings.model_copy(update={"target": "gcp"}))["wattif_bigquery"]
    assert real.link(READINGS) == (
        "https://console.cloud.google.com/bigquery?project=wattif-local&p=wattif-local"
        f"&d={settings.dataset}&t=meter_readings&page=table"
    )
