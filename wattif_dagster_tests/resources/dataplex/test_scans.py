"""Scans on the local Dataplex and the local BigQuery."""

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

import pytest
from dagster import DagsterExecutionInterruptedError
from google.api_core import exceptions as gexc
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, dataplex_v1

from wattif_dagster.defs.anomaly_scan_results.asset import RULES
from wattif_dagster.errors import CancelledError, TransientError, UserError
from wattif_dagster.resources.dataplex.definition import Notifications, day_filter, quality_scan
from wattif_dagster.resources.dataplex.results import ScanError
from wattif_dagster.resources.dataplex.rules import load_spec, parse_spec
from wattif_dagster.resources.dataplex.scans import (
    DataplexScans,
    EnsureOutcome,
    ScanTimeoutError,
    pauses,
)
from wattif_dagster.resources.google_cloud import GoogleCloud
from wattif_dagster.schemas import FLEET_ANOMALIES
from wattif_dagster.settings import Endpoints

PROJECT = "wattif-local"
DAY = date(2024, 1, 29)


@dataclass(frozen=True)
class Place:
    """A dataset with two days of fleet_anomalies, and scans of them."""

    scans: DataplexScans
    client: bigquery.Client
    dataset: str
    scan_id: str

    @property
    def table(self) -> str:
        return f"{PROJECT}.{self.dataset}.{FLEET_ANOMALIES.name}"

    def scan(self, spec: str | None = None, **options: object) -> dataplex_v1.DataScan:
        parsed = load_spec(RULES) if spec is None else parse_spec(spec, "spec")
        return quality_scan(self.table, parsed, **options)  # type: ignore[arg-type]


def make_rows(day: date, probabilities: Callable[[str, int], float | None]) -> list[dict]:
    return [
        {
            "column_name": "consumption_hour_rolled",
            "metric": metric,
            "time": datetime(day.year, day.month, day.day, hour, tzinfo=UTC).isoformat(),
            "value": 0.45,
            "anomaly_prob": probabilities(metric, hour),
            "n_history": 20,
        }
        for hour in range(24)
        for metric in ("AVG", "MAX")
    ]


@pytest.fixture
def place(local_cloud: Endpoints, tmp_path: Path) -> Iterator[Place]:
    file = tmp_path / "endpoints.json"
    file.write_text(local_cloud.model_dump_json())
    cloud = GoogleCloud(project=PROJECT, endpoints_file=str(file))
    client = bigquery.Client(
        project=PROJECT,
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": local_cloud.bigquery},
    )
    unique = uuid.uuid4().hex
    scans = DataplexScans(
        cloud=cloud, location="us-central1", first_poll_seconds=0.02, call_timeout_seconds=5
    )
    here = Place(scans, client, f"scan_{unique}", f"scan-{unique}")
    client.create_dataset(here.dataset)
    columns = [bigquery.SchemaField(c.name, c.type) for c in FLEET_ANOMALIES.columns]
    client.create_table(bigquery.Table(here.table, columns))
    rows = make_rows(DAY, lambda _metric, hour: None if hour == 0 else 0.5)
    rows += make_rows(date(2024, 1, 30), lambda metric, _hour: 0.999995 if metric == "AVG" else 0.5)
    client.load_table_from_json(rows, here.table).result()
    yield here
    scans.client.transport.close()
    client.delete_dataset(here.dataset, delete_contents=True)
    client.close()


def test_scan_is_created_kept_and_updated(place: Place) -> None:
    first = place.scan(row_filter=day_filter("time", DAY), labels={"team": "metering"})
    assert place.scans.ensure(place.scan_id, first) == EnsureOutcome("created")
    assert place.scans.ensure(place.scan_id, first) == EnsureOutcome("unchanged")

    second = place.scan(
        row_filter=day_filter("time", date(2024, 1, 30)),
        description="a day of the fleet",
        notifications=Notifications(recipients=("a@example.com",), below_score=90),
        export_table=f"{PROJECT}.{place.dataset}.results",
        catalog_publishing=True,
    )
    assert place.scans.ensure(place.scan_id, second) == EnsureOutcome(
        "updated",
        (
            "description",
            "labels",
            "data_quality_spec.row_filter",
            "data_quality_spec.post_scan_actions",
            "data_quality_spec.catalog_publishing_enabled",
        ),
    )
    assert place.scans.ensure(place.scan_id, second) == EnsureOutcome("unchanged")

    request = dataplex_v1.GetDataScanRequest(name=place.scans.scan_name(place.scan_id), view="FULL")
    stored = place.scans.client.get_data_scan(request)
    assert stored.labels == {}
    assert stored.data_quality_spec.catalog_publishing_enabled
    assert "2024-01-30" in stored.data_quality_spec.row_filter
    assert len(stored.data_quality_spec.rules) == len(load_spec(RULES).rules)
    report = stored.data_quality_spec.post_scan_actions.notification_report
    assert list(report.recipients.emails) == ["a@example.com"]
    assert report.score_threshold_trigger.score_threshold == 90
    assert "job_failure_trigger" in report
    assert "job_end_trigger" not in report


def test_two_creations_at_once_both_succeed(place: Place) -> None:
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def ensure() -> None:
        barrier.wait()
        outcomes.append(place.scans.ensure(place.scan_id, place.scan()).action)

    threads = [threading.Thread(target=ensure) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["created", "unchanged"]


def test_impossible_change_is_refused(place: Place) -> None:
    place.scans.ensure(place.scan_id, place.scan())
    with pytest.raises(UserError, match=r"its incremental column is none, not time\. Delete it"):
        place.scans.ensure(place.scan_id, place.scan(incremental_column="time"))
    elsewhere = quality_scan(f"{PROJECT}.{place.dataset}.other", load_spec(RULES))
    with pytest.raises(UserError, match=r"it scans .*fleet_anomalies, not .*other\. Delete it"):
        place.scans.ensure(place.scan_id, elsewhere)


def test_clean_day_passes_and_is_scanned_alone(place: Place) -> None:
    place.scans.ensure(place.scan_id, place.scan(row_filter=day_filter("time", DAY)))
    result = place.scans.wait(place.scans.run(place.scan_id), threading.Event())
    assert result.passed
    assert result.score == 100
    assert result.row_count == 48
    assert result.warning is None
    assert [rule.name for rule in result.rules] == [rule.name for rule in load_spec(RULES).rules]
    assert all(rule.passed for rule in result.rules)


def test_anomalous_day_fails_with_the_query_of_its_rows(place: Place) -> None:
    scan = place.scan(
        row_filter=day_filter("time", date(2024, 1, 30)),
        export_table=f"{PROJECT}.{place.dataset}.results",
    )
    place.scans.ensure(place.scan_id, scan)
    result = place.scans.wait(place.scans.run(place.scan_id), threading.Event())
    assert not result.passed
    assert result.score is not None
    assert result.score < 100
    rules = {rule.name: rule for rule in result.rules}
    accuracy = rules["few-unusual-hours"]
    assert accuracy.kind == "row_condition_expectation"
    assert accuracy.dimension == "ACCURACY"
    assert not accuracy.passed
    assert (accuracy.evaluated_count, accuracy.passed_count) == (48, 24)
    assert accuracy.failing_rows_query is not None
    assert len(list(place.client.query(accuracy.failing_rows_query).result())) == 24
    volume = rules["day-complete"]
    assert volume.passed
    assert volume.evaluated_count is volume.passed_count is volume.assertion_row_count is None
    assert rules["one-row-per-hour-and-metric"].assertion_row_count == 0
    assert rules["value-present"].column == "value"
    exported = place.client.query(
        f"SELECT rule_name FROM `{PROJECT}.{place.dataset}.results` WHERE NOT rule_passed"
    )
    assert {row.rule_name for row in exported.result()} == {"few-unusual-hours", "no-extreme-hour"}


def test_filters_of_the_rules_and_of_the_day_both_hold(place: Place) -> None:
    spec = """
        rowFilter: metric = 'AVG' OR metric = 'none'
        rules: [{name: half, tableConditionExpectation: {sqlExpression: COUNT(*) = 24}}]
    """
    place.scans.ensure(place.scan_id, place.scan(spec, row_filter=day_filter("time", DAY)))
    assert place.scans.wait(place.scans.run(place.scan_id), threading.Event()).passed


@pytest.mark.own_sql
def test_a_failed_job_says_why(place: Place) -> None:
    spec = "rules: [{name: bad, rowConditionExpectation: {sqlExpression: no_such_column > 1}}]"
    place.scans.ensure(place.scan_id, place.scan(spec))
    with pytest.raises(ScanError, match=r"(?s)ended FAILED: .*no_such_column"):
        place.scans.wait(place.scans.run(place.scan_id), threading.Event())


def test_a_result_that_could_not_be_exported_carries_a_warning(place: Place) -> None:
    other = f"{PROJECT}.{place.dataset}.other_columns"
    place.client.create_table(bigquery.Table(other, [bigquery.SchemaField("x", "STRING")]))
    place.scans.ensure(place.scan_id, place.scan(export_table=other))
    result = place.scans.wait(place.scans.run(place.scan_id), threading.Event())
    assert len(result.rules) == len(load_spec(RULES).rules)
    assert result.warning is not None
    assert "export" in result.warning


# Counts 4 million rows: long enough that the job is still there to be cancelled.
SLOW = """
rules:
- name: slow
  sqlAssertion:
    sqlStatement: >-
      SELECT a, COUNT(*) AS n FROM UNNEST(GENERATE_ARRAY(1, 4000)) AS a,
      UNNEST(GENERATE_ARRAY(1, 1000)) AS b WHERE MOD(a * b, 7) = 8 GROUP BY a
"""


def test_a_job_that_takes_too_long_is_cancelled(place: Place) -> None:
    scans = DataplexScans(
        cloud=place.scans.cloud,
        location=place.scans.location,
        run_timeout_seconds=1e-6,
        first_poll_seconds=1e-6,
    )
    scans.ensure(place.scan_id, place.scan(SLOW))
    job_name = scans.run(place.scan_id)
    with pytest.raises(ScanTimeoutError, match="did not end in 1e-06 s and was cancelled"):
        scans.wait(job_name, threading.Event())
    with pytest.raises(ScanError, match="ended CANCELLED"):
        place.scans.wait(job_name, threading.Event())


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, DagsterExecutionInterruptedError])
def test_an_interrupted_wait_cancels_the_job(place: Place, interrupt: type[BaseException]) -> None:
    class Interrupting(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            raise interrupt

    place.scans.ensure(place.scan_id, place.scan(SLOW))
    job_name = place.scans.run(place.scan_id)
    with pytest.raises(interrupt):
        place.scans.wait(job_name, Interrupting())
    with pytest.raises(ScanError, match="ended CANCELLED"):
        place.scans.wait(job_name, threading.Event())


def test_stopped_wait_cancels_the_job(place: Place) -> None:
    place.scans.ensure(place.scan_id, place.scan(SLOW))
    job_name = place.scans.run(place.scan_id)
    stop = threading.Event()
    stop.set()
    with pytest.raises(CancelledError):
        place.scans.wait(job_name, stop)
    with pytest.raises(ScanError, match="ended CANCELLED"):
        place.scans.wait(job_name, threading.Event())


def test_refused_cancellation_is_only_logged(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.scans.ensure(place.scan_id, place.scan())
    job_name = place.scans.run(place.scan_id)
    place.scans.wait(job_name, threading.Event())
    place.scans.cancel(job_name)
    assert f"Scan job {job_name} was not cancelled" in caplog.text


def test_pauses_grow_to_the_longest() -> None:
    assert list(islice(pauses(1, 4), 6)) == [1, 1.5, 2.25, 3.375, 4, 4]


def test_wait_pauses_as_configured(place: Place) -> None:
    waited: list[float | None] = []

    class Recording(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout)
            if len(waited) == 4:
                raise KeyboardInterrupt
            return False

    scans = DataplexScans(
        cloud=place.scans.cloud,
        location=place.scans.location,
        first_poll_seconds=1,
        longest_poll_seconds=2,
    )
    scans.ensure(place.scan_id, place.scan(SLOW))
    with pytest.raises(KeyboardInterrupt):
        scans.wait(scans.run(place.scan_id), Recording())
    assert waited == [1, 1.5, 2, 2]


def test_scan_refusals_are_one_sentence(place: Place) -> None:
    with pytest.raises(UserError, match=r"Dataplex refused the request: .*Bad_Id"):
        place.scans.ensure("Bad_Id", place.scan())
    with pytest.raises(UserError, match=r"Dataplex refused the request: .*none"):
        place.scans.run("none")
    missing = quality_scan(f"{PROJECT}.{place.dataset}.missing", load_spec(RULES))
    with pytest.raises(UserError, match=r"Dataplex refused the request: .*missing"):
        place.scans.ensure(place.scan_id, missing)


@pytest.mark.parametrize(
    "error", [gexc.Unknown, gexc.DataLoss, gexc.BadGateway, gexc.GatewayTimeout]
)
def test_what_may_pass_is_asked_again(place: Place, error: type[gexc.ServerError]) -> None:
    answers: list[Exception | None] = [error("unwell"), None]

    def ask() -> None:
        if answer := answers.pop(0):
            raise answer

    with place.scans._explained():
        place.scans._retry(ask)()
    with pytest.raises(TransientError, match="does not answer"), place.scans._explained():
        raise error("unwell")


def test_dataplex_that_is_down_is_named(tmp_path: Path) -> None:
    file = tmp_path / "endpoints.json"
    file.write_text(Endpoints(dataplex="127.0.0.1:1").model_dump_json())
    scans = DataplexScans(
        cloud=GoogleCloud(project=PROJECT, endpoints_file=str(file)),
        location="us-central1",
        call_timeout_seconds=0.3,
    )
    with pytest.raises(TransientError, match=r"Dataplex at 127\.0\.0\.1:1 does not answer"):
        scans.ensure("scan", quality_scan("p.d.t", load_spec(RULES)))
