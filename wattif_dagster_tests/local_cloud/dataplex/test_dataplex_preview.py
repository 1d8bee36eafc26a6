"""The anomaly detection preview over REST: requests, tables and refusals."""

import copy
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from google.cloud import bigquery
from google.cloud import dataplex_v1 as dp

from wattif_dagster.local_cloud.dataplex.server import Server
from wattif_dagster.student_t import two_sided_probability

from .conftest import grpc_client
from .scans import WAIT_SECONDS

DS = "//bigquery.googleapis.com/projects/demo-project/datasets/ds"
PARENT = "projects/demo-project/locations/preview"
DAYS = 8
SERIALS = ("MAC00000001", "MAC00000002")
RESULT_COLUMNS = [
    ("segmentation", "JSON"),
    ("column_name", "STRING"),
    ("metric", "STRING"),
    ("time", "TIMESTAMP"),
    ("value", "FLOAT"),
    ("is_anomaly", "BOOLEAN"),
    ("lower_bound", "FLOAT"),
    ("upper_bound", "FLOAT"),
    ("anomaly_prob", "FLOAT"),
    ("data_scan_job_id", "STRING"),
]


def hourly(first_day: int, days: int) -> str:
    """A query for rows of two meters. Their daily curve differs a little from day to day."""
    return f"""
SELECT serial, time_hour_rolled, 1 + 0.1 * EXTRACT(HOUR FROM time_hour_rolled)
  + 0.01 * MOD(7 * EXTRACT(DAY FROM time_hour_rolled) + LENGTH(serial), 5) + offset_kwh
FROM UNNEST(GENERATE_TIMESTAMP_ARRAY(TIMESTAMP '2024-01-{first_day:02}',
  TIMESTAMP_SUB(TIMESTAMP '2024-01-{first_day + days:02}', INTERVAL 1 HOUR), INTERVAL 1 HOUR))
  AS time_hour_rolled
CROSS JOIN (SELECT '{SERIALS[0]}' AS serial, 0.0 AS offset_kwh
            UNION ALL SELECT '{SERIALS[1]}', 0.5)"""


@dataclass
class Rest:
    """One table of hourly rows, one scan, and requests about them."""

    session: requests.Session
    base: str
    warehouse: bigquery.Client
    name: str

    @property
    def table(self) -> str:
        return f"ds.hourly_{self.name}"

    def body(self, **detection: Any) -> dict[str, Any]:
        """The body that the predecessor's notebook sends."""
        return {
            "data": {"resource": f"{DS}/tables/hourly_{self.name}"},
            "execution_spec": {"trigger": {"on_demand": {}}},
            "data_quality_spec": {
                "rules": [
                    {
                        "column": "consumption_hour_rolled",
                        "dimension": "ACCURACY",
                        "data_anomaly_detection": {
                            "metrics": ["AVG", "MAX"],
                            "anomaly_probability_threshold": 0.99,
                        },
                    }
                ],
                "anomaly_detection": {
                    "aggregation_window": "HOURLY",
                    "timestamp_column": "time_hour_rolled",
                    "bigquery_export": {
                        "intermediate_dataset": DS,
                        "result_table": f"{DS}/tables/anomalies_{self.name}",
                    },
                    **detection,
                },
                "post_scan_actions": {
                    "bigquery_export": {"results_table": f"{DS}/tables/rules_{self.name}"}
                },
            },
        }

    def create(self, body: dict[str, Any]) -> requests.Response:
        scan_id = self.name.replace("_", "-")
        return self.session.post(
            f"{self.base}/v1/{PARENT}/dataScans", params={"dataScanId": scan_id}, json=body
        )

    def get(self, name: str) -> dict[str, Any]:
        response = self.session.get(f"{self.base}/v1/{name}", params={"view": "FULL"})
        assert response.ok, response.text
        return response.json()

    @property
    def scan(self) -> str:
        return f"{PARENT}/dataScans/{self.name.replace('_', '-')}"

    def run(self) -> dict[str, Any]:
        """Run a job to its end and return it."""
        started = self.session.post(f"{self.base}/v1/{self.scan}:run", json={})
        assert started.ok, started.text
        deadline = time.monotonic() + WAIT_SECONDS
        while (job := self.get(started.json()["job"]["name"]))["state"] in ("PENDING", "RUNNING"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return job

    def insert(self, sql: str) -> None:
        self.warehouse.query(f"INSERT INTO {self.table} {sql}").result()

    def found(self) -> list[dict[str, Any]]:
        rows = self.warehouse.query(
            f"SELECT * FROM ds.anomalies_{self.name} "
            "ORDER BY time, metric, TO_JSON_STRING(segmentation)"
        )
        return [dict(row) for row in rows.result()]


@pytest.fixture
def rest(dataplex: Server, warehouse: bigquery.Client) -> Rest:
    base = f"http://127.0.0.1:{dataplex.rest_port}"
    made = Rest(requests.Session(), base, warehouse, f"t_{uuid.uuid4().hex[:12]}")
    columns = {"serial": "STRING", "time_hour_rolled": "TIMESTAMP"}
    columns["consumption_hour_rolled"] = "FLOAT64"
    schema = [bigquery.SchemaField(name, type_) for name, type_ in columns.items()]
    table = bigquery.Table(f"demo-project.{made.table}", schema)
    table.time_partitioning = bigquery.TimePartitioning(field="time_hour_rolled")
    warehouse.create_table(table)
    made.insert(hourly(1, DAYS))
    return made


def test_request_of_the_notebook_finds_the_anomaly(rest: Rest) -> None:
    rest.warehouse.query(
        f"UPDATE {rest.table} SET consumption_hour_rolled = 9 "
        f"WHERE time_hour_rolled = TIMESTAMP '2024-01-{DAYS:02} 20:00:00' "
        f"AND serial = '{SERIALS[0]}'"
    ).result()
    created = rest.create(rest.body())
    assert created.ok, created.text
    assert created.json()["done"]
    shown = created.json()["response"]["dataQualitySpec"]
    assert shown["anomalyDetection"]["aggregationWindow"] == "HOURLY"
    assert shown["rules"][0]["dataAnomalyDetection"]["metrics"] == ["AVG", "MAX"]
    assert rest.get(rest.scan)["dataQualitySpec"] == shown

    job = rest.run()
    assert job["state"] == "SUCCEEDED", job
    schema = rest.warehouse.get_table(f"ds.anomalies_{rest.name}").schema
    assert [(field.name, field.field_type) for field in schema] == RESULT_COLUMNS
    found = rest.found()
    assert len(found) == 2 * 10  # the last ten hours, AVG and MAX
    assert {row["data_scan_job_id"] for row in found} == {job["uid"]}
    assert {row["column_name"] for row in found} == {"consumption_hour_rolled"}
    assert {row["segmentation"] for row in found} == {None}
    flagged = [(row["metric"], row["time"].hour) for row in found if row["is_anomaly"]]
    assert flagged == [("AVG", 20), ("MAX", 20)]
    for row in found:
        inside = row["lower_bound"] <= row["value"] <= row["upper_bound"]
        assert inside == (row["anomaly_prob"] <= 0.99) == (not row["is_anomaly"])

    (result,) = job["dataQualityResult"]["rules"]
    assert not result.get("passed")
    assert (result["evaluatedCount"], result["passedCount"]) == ("20", "18")
    failing = rest.warehouse.query(result["failingRowsQuery"]).result()
    assert sorted(row["metric"] for row in failing) == ["AVG", "MAX"]
    tables = job["dataQualityResult"]["anomalyDetectionGeneratedAssets"]
    assert tables["resultTable"] == f"demo-project.ds.anomalies_{rest.name}"
    kept = rest.warehouse.query(f"SELECT COUNT(*) FROM `{tables['dataIntermediateTable']}`")
    assert [row[0] for row in kept.result()] == [2 * 24 * DAYS]
    exported = rest.warehouse.query(f"SELECT rule_type, rule_passed FROM ds.rules_{rest.name}")
    assert [tuple(row) for row in exported.result()] == [("Anomaly Detection", False)]


def test_later_job_judges_only_new_windows(rest: Rest) -> None:
    assert rest.create(rest.body()).ok
    first = rest.run()
    assert first["dataQualityResult"]["passed"]
    assert rest.run()["dataQualityResult"]["passed"]  # there is no new window
    assert len(rest.found()) == 20
    rest.insert(hourly(DAYS + 1, 1))
    last = rest.run()
    found = rest.found()
    assert len(found) == 20 + 2 * 24
    assert {row["data_scan_job_id"] for row in found} == {first["uid"], last["uid"]}
    assert len({(row["metric"], row["time"]) for row in found}) == len(found)
    assert all(
        row["time"].day == DAYS + 1 for row in found if row["data_scan_job_id"] == last["uid"]
    )


def test_anomaly_probability_is_students_t(rest: Rest) -> None:
    assert rest.create(rest.body()).ok
    rest.run()
    row = rest.found()[0]
    (past,) = rest.warehouse.query(
        f"SELECT COUNT(*) AS n, AVG(v) AS mean, STDDEV_SAMP(v) AS sd FROM (SELECT "
        f"AVG(consumption_hour_rolled) AS v FROM {rest.table} "
        f"WHERE EXTRACT(HOUR FROM time_hour_rolled) = {row['time'].hour} "
        f"AND time_hour_rolled < TIMESTAMP '{row['time'].isoformat()}' GROUP BY time_hour_rolled)"
    ).result()
    scale = past["sd"] * (1 + 1 / past["n"]) ** 0.5
    t = abs(row["value"] - past["mean"]) / scale
    assert row["metric"] == "AVG"
    assert row["anomaly_prob"] == pytest.approx(two_sided_probability(t, past["n"] - 1))
    middle = (row["lower_bound"] + row["upper_bound"]) / 2
    assert middle == pytest.approx(past["mean"])


def test_each_segment_has_its_own_series(rest: Rest) -> None:
    rest.warehouse.query(
        f"UPDATE {rest.table} SET consumption_hour_rolled = 0 "
        f"WHERE time_hour_rolled = TIMESTAMP '2024-01-{DAYS:02} 22:00:00' "
        f"AND serial = '{SERIALS[1]}'"
    ).result()
    assert rest.create(rest.body(segmentation_columns=["serial"])).ok
    assert rest.run()["state"] == "SUCCEEDED"
    found = rest.found()
    assert len(found) == 2 * 2 * 10
    segments = [row["segmentation"] for row in found if row["is_anomaly"]]
    assert segments == [{"serial": SERIALS[1]}] * 2


@pytest.mark.parametrize(
    ("detection", "points"),
    [
        ({"aggregation_window": "PER_MINUTE"}, 24 * DAYS),
        ({"aggregation_window": "AUTO_FREQUENCY"}, 24 * DAYS),
        ({"aggregation_window": "DAILY"}, DAYS),
        ({"aggregation_window": "WEEKLY"}, 2),
        ({"aggregation_window": "MONTHLY"}, 1),
        ({"aggregation_window": "QUARTERLY"}, 1),
        ({"aggregation_window": "YEARLY"}, 1),
        ({"timestamp_column": "", "use_partition_column": True}, 24 * DAYS),
        ({"timestamp_column": "", "use_incremental_column": True}, 24 * DAYS),
    ],
    ids=["minute", "auto", "day", "week", "month", "quarter", "year", "partition", "incremental"],
)
def test_points_follow_the_window_and_time_column(
    rest: Rest, detection: dict[str, Any], points: int
) -> None:
    body = rest.body(**detection)
    body["execution_spec"]["field"] = (
        "time_hour_rolled" if "use_incremental_column" in detection else ""
    )
    created = rest.create(body)
    assert "error" not in created.json(), created.text
    job = rest.run()
    assert job["state"] == "SUCCEEDED", job
    kept = job["dataQualityResult"]["anomalyDetectionGeneratedAssets"]["dataIntermediateTable"]
    counted = rest.warehouse.query(f"SELECT COUNT(*), MIN(time) FROM `{kept}` WHERE metric = 'AVG'")
    # The first window starts on a Monday that begins a month, a quarter and a year.
    assert [tuple(row) for row in counted.result()] == [(points, datetime(2024, 1, 1, tzinfo=UTC))]
    assert len(rest.found()) == 2 * min(points, 10)


def test_preview_rule_works_beside_others_and_filters(rest: Rest) -> None:
    body = rest.body()
    spec = body["data_quality_spec"]
    spec["row_filter"] = f"serial = '{SERIALS[0]}'"
    spec["rules"].insert(0, {"column": "serial", "non_null_expectation": {}})
    assert rest.create(body).ok
    job = rest.run()
    counts = [rule["evaluatedCount"] for rule in job["dataQualityResult"]["rules"]]
    assert counts == [str(24 * DAYS), "20"]
    values = {row["metric"]: row["value"] for row in rest.found()}
    assert values["AVG"] == values["MAX"]  # each hour has one meter


def test_point_with_a_short_history_has_no_verdict(rest: Rest) -> None:
    body = rest.body()
    body["data_quality_spec"]["row_filter"] = "time_hour_rolled < TIMESTAMP '2024-01-05'"
    assert rest.create(body).ok
    assert rest.run()["dataQualityResult"]["passed"]
    assert {row["is_anomaly"] for row in rest.found()} == {None}
    assert {row["anomaly_prob"] for row in rest.found()} == {None}


def test_job_names_a_missing_dataset(rest: Rest) -> None:
    body = rest.body()
    export = body["data_quality_spec"]["anomaly_detection"]["bigquery_export"]
    export["intermediate_dataset"] = f"{DS}_missing"
    assert rest.create(body).ok
    job = rest.run()
    assert (job["state"], job["message"]) == (
        "FAILED",
        "dataset demo-project.ds_missing was not found",
    )


def test_stock_client_sees_a_preview_rule_without_a_type(rest: Rest, dataplex: Server) -> None:
    assert rest.create(rest.body()).ok
    request = dp.GetDataScanRequest(name=rest.scan, view="FULL")
    (rule,) = grpc_client(dataplex.grpc_port).get_data_scan(request).data_quality_spec.rules
    assert dp.DataQualityRule.pb(rule).WhichOneof("rule_type") is None
    assert rule.column == "consumption_hour_rolled"


def at(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    """A function that sets one value of a body. None removes the value."""

    def change(body: dict[str, Any]) -> None:
        *parents, last = path
        holder: Any = body["data_quality_spec"]
        for parent in parents:
            holder = holder[parent]
        if value is None:
            del holder[last]
        else:
            holder[last] = value

    return change


RULE = ("rules", 0, "data_anomaly_detection")
SETTINGS = "anomaly_detection"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (at(*RULE, "metrics", value=["P99"]), "metrics: one or more of AVG, MAX, MIN, SUM"),
        (at(*RULE, "metrics", value=[]), "metrics: one or more of AVG"),
        (at(*RULE, "metrics", value=["AVG", "AVG"]), "metrics: a metric is given twice"),
        (at(*RULE, "anomaly_probability_threshold", value=1), "must be above 0 and below 1"),
        (at(*RULE, "model", value="arima"), 'no field named "model"'),
        (at("rules", 0, "column", value=None), "rules[0].column: required"),
        (at(SETTINGS, "aggregation_window", value="HOUR"), "'HOUR' is not one of AUTO_FREQUENCY"),
        (at(SETTINGS, "timestamp_column", value=None), "exactly one of timestamp_column"),
        (at(SETTINGS, "use_partition_column", value=True), "exactly one of timestamp_column"),
        (at(SETTINGS, "bigquery_export", value=None), "result_table: '' is not of the form"),
        (at(SETTINGS, "bigquery_export", "intermediate_dataset", value="ds"), "'ds' is not of"),
        (at(RULE[0], 0, RULE[2], value=None), "rules[0]: one rule type is required"),
    ],
)
def test_create_names_an_invalid_preview_field(
    rest: Rest, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    body = copy.deepcopy(rest.body())
    change(body)
    refused = rest.create(body)
    assert refused.status_code == 400
    assert refused.json()["error"]["status"] == "INVALID_ARGUMENT"
    assert message in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (at("rules", 0, "column", value="serial"), "anomaly detection needs a number"),
        (at("rules", 0, "column", value="none"), "has no column 'none'"),
        (at(SETTINGS, "timestamp_column", value="serial"), "must be one of TIMESTAMP"),
        (at(SETTINGS, "segmentation_columns", value=["none"]), "has no column 'none'"),
    ],
)
def test_create_names_a_column_that_does_not_fit(
    rest: Rest, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    body = copy.deepcopy(rest.body())
    change(body)
    operation = rest.create(body).json()
    assert message in operation["error"]["message"]
    assert rest.session.get(f"{rest.base}/v1/{rest.scan}").status_code == 404
