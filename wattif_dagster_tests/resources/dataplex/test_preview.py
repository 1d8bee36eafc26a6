"""The preview's request, to the local Dataplex and to services that do not know it."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from google.cloud import dataplex_v1

from wattif_dagster import schemas
from wattif_dagster.errors import TransientError, UserError
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.dataplex.definition import Notifications, quality_scan
from wattif_dagster.resources.dataplex.preview import (
    ensure_preview,
    preview_body,
)
from wattif_dagster.resources.dataplex.scans import DataplexScans
from wattif_dagster.resources.google_cloud import GoogleCloud
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.support.preview import DETECTION, make_body


def test_body_is_that_of_the_notebook() -> None:
    scan = quality_scan(
        "p.ds.hours",
        dataplex_v1.DataQualitySpec(),
        row_filter="serial IS NOT NULL",
        export_table="p.ds.rules",
        notifications=Notifications(recipients=("a@example.com",), below_score=90),
    )
    made = preview_body(scan, DETECTION)
    spec = made["data_quality_spec"]
    assert made["data"] == {
        "resource": "//bigquery.googleapis.com/projects/p/datasets/ds/tables/hours"
    }
    assert made["execution_spec"]["trigger"] == {"on_demand": {}}
    assert spec["row_filter"] == "(serial IS NOT NULL)"
    assert spec["rules"] == [
        {
            "name": "anomalies",
            "column": "consumption_hour_rolled",
            "dimension": "ACCURACY",
            "data_anomaly_detection": {
                "metrics": ["AVG", "MAX"],
                "anomaly_probability_threshold": 0.99,
            },
        }
    ]
    dataset = "//bigquery.googleapis.com/projects/wattif-local/datasets/ds"
    assert spec["anomaly_detection"] == {
        "aggregation_window": "HOURLY",
        "timestamp_column": "time_hour_rolled",
        "bigquery_export": {
            "intermediate_dataset": dataset,
            "result_table": f"{dataset}/tables/results",
        },
    }
    actions = spec["post_scan_actions"]
    assert actions["bigquery_export"]["results_table"].endswith("/tables/rules")
    assert actions["notification_report"]["recipients"] == {"emails": ["a@example.com"]}


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"time": "partition"}, {"use_partition_column": True}),
        ({"time": "incremental"}, {"use_incremental_column": True}),
        (
            {"segments": ["serial"]},
            {"timestamp_column": "time_hour_rolled", "segmentation_columns": ["serial"]},
        ),
    ],
)
def test_times_and_segments_are_sent(changes: dict[str, Any], sent: dict[str, Any]) -> None:
    settings = make_body(**changes)["data_quality_spec"]["anomaly_detection"]
    del settings["aggregation_window"], settings["bigquery_export"]
    assert settings == sent


def test_scan_is_created_once_and_run(settings: Settings) -> None:
    resources = build_resources(settings)
    bigquery, scans = resources["wattif_bigquery"], resources["wattif_dataplex"]
    bigquery.ensure_table(schemas.HOURLY_CONSUMPTION)
    table = bigquery.table_name(schemas.HOURLY_CONSUMPTION)
    first = datetime(2024, 1, 1, tzinfo=UTC)
    bigquery.client.load_table_from_json(
        [
            {
                "serial": "MAC00000001",
                "time_hour_rolled": (first + timedelta(hours=hour)).isoformat(),
                "consumption_hour_rolled": 1 + 0.001 * (hour % 7),
            }
            for hour in range(7 * 24)
        ],
        table,
    ).result()
    wanted = make_body(table, result_table=bigquery.table_name(schemas.ANOMALY_PREVIEW_RESULTS))
    scan_id = f"preview-{uuid.uuid4().hex}"
    ensure_preview(scans, scan_id, wanted)
    ensure_preview(scans, scan_id, wanted)
    result = scans.wait(scans.run(scan_id), threading.Event())
    assert result.passed
    rows = bigquery.rows(f"SELECT * FROM {bigquery.quoted(schemas.ANOMALY_PREVIEW_RESULTS)}")
    assert len(rows) == 20
    assert list(rows[0]) == list(schemas.ANOMALY_PREVIEW_RESULTS.column_names)
    other = make_body(
        table, window="DAILY", result_table=bigquery.table_name(schemas.FLEET_ANOMALIES)
    )
    with pytest.raises(UserError, match=r"has another definition\. Delete it"):
        ensure_preview(scans, scan_id, other)


def test_local_cloud_refuses_what_does_not_fit(settings: Settings) -> None:
    scans = build_resources(settings)["wattif_dataplex"]
    with pytest.raises(
        UserError, match=r"Dataplex refused the request: Resource .*missing.* was not found"
    ):
        ensure_preview(scans, "missing", make_body("wattif-local.ds.missing"))
    with pytest.raises(
        UserError, match=r"Dataplex refused the request: .*metrics: one or more of AVG"
    ):
        ensure_preview(scans, "metrics", make_body(metrics=["P99"]))


def test_older_local_cloud_is_refused_instead_of_google(
    settings: Settings, local_cloud: Endpoints
) -> None:
    older = local_cloud.model_copy(update={"dataplex_rest": None})
    settings.endpoints_file.write_text(older.model_dump_json())
    with pytest.raises(UserError, match=r"Restart it with `wattif down` and `wattif up`\."):
        ensure_preview(build_resources(settings)["wattif_dataplex"], "scan", make_body())


Answer = tuple[int, dict[str, Any]]
Answering = Callable[..., AbstractContextManager[DataplexScans]]


@pytest.fixture
def answering(tmp_path: Path) -> Answering:
    """Scans of a service that gives these answers, one after the other."""

    @contextmanager
    def serve(*answers: Answer) -> Iterator[DataplexScans]:
        left = list(answers)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"] or 0))
                status, payload = left.pop(0)
                raw = json.dumps(payload).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        file = tmp_path / "endpoints.json"
        address = f"http://127.0.0.1:{server.server_port}"
        file.write_text(Endpoints(dataplex_rest=address).model_dump_json())
        cloud = GoogleCloud(project="my-project", endpoints_file=str(file))
        try:
            yield DataplexScans(cloud=cloud, location="us-central1", call_timeout_seconds=5)
        finally:
            server.shutdown()
            server.server_close()

    return serve


def error(code: int, status: str, message: str) -> Answer:
    return code, {"error": {"code": code, "status": status, "message": message}}


UNKNOWN = error(
    400,
    "INVALID_ARGUMENT",
    'Invalid JSON payload received. Unknown name "data_anomaly_detection" at '
    "'data_scan.data_quality_spec.rules[0]': Cannot find field.",
)
NOT_ENABLED = "The Dataplex anomaly detection preview is not enabled for project my-project"


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        (UNKNOWN, UserError, f"{NOT_ENABLED}. Ask Google for it, or unset WATTIF_SCAN__PREVIEW."),
        (error(501, "UNIMPLEMENTED", "no"), UserError, NOT_ENABLED),
        (
            error(403, "PERMISSION_DENIED", "denied"),
            UserError,
            f"{NOT_ENABLED}, or the account lacks roles/dataplex.dataScanAdmin",
        ),
        (
            (200, {"name": "o", "done": True, "error": {"code": 7, "message": "not for you"}}),
            UserError,
            NOT_ENABLED,
        ),
        (
            error(400, "INVALID_ARGUMENT", "bad id"),
            UserError,
            "Dataplex refused the request: bad id",
        ),
        ((404, {}), UserError, "Dataplex refused the request: HTTP status 404"),
        (error(503, "UNAVAILABLE", "later"), TransientError, "is not available, try again later"),
    ],
    ids=["unknown", "501", "403", "operation", "400", "404", "503"],
)
def test_preview_refusal_has_no_line_break(
    answering: Answering, answer: Answer, kind: type[Exception], sentence: str
) -> None:
    with answering(answer) as scans, pytest.raises(kind) as caught:
        ensure_preview(scans, "scan", make_body())
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_operation_is_waited_for(answering: Answering) -> None:
    slept: list[float] = []
    running = (200, {"name": "projects/p/locations/l/operations/o"})
    with answering(running, running, (200, {"done": True})) as scans:
        ensure_preview(scans, "scan", make_body(), sleep=slept.append)
    assert slept == [0.02, pytest.approx(0.03)]


def test_rest_service_that_is_down_is_named(tmp_path: Path) -> None:
    file = tmp_path / "endpoints.json"
    file.write_text(Endpoints(dataplex_rest="http://127.0.0.1:1").model_dump_json())
    cloud = GoogleCloud(project="my-project", endpoints_file=str(file))
    with pytest.raises(TransientError, match=r"Dataplex at http://127\.0\.0\.1:1 does not answer"):
        ensure_preview(DataplexScans(cloud=cloud, location="us-central1"), "scan", make_body())
