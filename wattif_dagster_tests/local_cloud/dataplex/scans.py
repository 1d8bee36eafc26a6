"""Short forms of the calls that tests make with the stock client."""

import socket
import time
from typing import Any, cast

from google.cloud import dataplex_v1 as dp
from google.protobuf.field_mask_pb2 import FieldMask

State = dp.DataScanJob.State
FINAL = (State.SUCCEEDED, State.FAILED, State.CANCELLED, State.SUCCEEDED_WITH_ERRORS)
PEOPLE = "//bigquery.googleapis.com/projects/demo-project/datasets/ds/tables/people"
WAIT_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def rule(kind: str, expectation: dict[str, Any] | None = None, **fields: Any) -> dp.DataQualityRule:
    return dp.DataQualityRule({kind: expectation or {}, **fields})


def row_condition(sql: str, **fields: Any) -> dp.DataQualityRule:
    return rule("row_condition_expectation", {"sql_expression": sql}, **fields)


ALWAYS = row_condition("TRUE", name="always")


def data_scan(*rules: dp.DataQualityRule, resource: str = PEOPLE, **spec: Any) -> dp.DataScan:
    return dp.DataScan(
        data={"resource": resource},
        data_quality_spec=dp.DataQualitySpec(rules=list(rules) or [ALWAYS], **spec),
    )


def seconds(moment: Any) -> float:
    """Seconds since the epoch of a time in a message, which is a datetime in spite of its type."""
    return moment.timestamp()


class Scans:
    """Calls of one client in one location."""

    def __init__(self, client: dp.DataScanServiceClient, parent: str) -> None:
        self.client = client
        self.parent = parent

    def name(self, scan_id: str = "scan") -> str:
        return f"{self.parent}/dataScans/{scan_id}"

    def create(self, scan: dp.DataScan | None = None, scan_id: str = "scan") -> dp.DataScan:
        operation = self.client.create_data_scan(
            parent=self.parent, data_scan=scan or data_scan(), data_scan_id=scan_id, timeout=30
        )
        return cast(dp.DataScan, operation.result(timeout=30))

    def get(self, scan_id: str = "scan", view: str = "FULL") -> dp.DataScan:
        return self.client.get_data_scan(request={"name": self.name(scan_id), "view": view})

    def update(self, scan: dp.DataScan, *paths: str, scan_id: str = "scan") -> dp.DataScan:
        scan.name = self.name(scan_id)
        operation = self.client.update_data_scan(
            data_scan=scan, update_mask=FieldMask(paths=paths), timeout=30
        )
        return cast(dp.DataScan, operation.result(timeout=30))

    def delete(self, scan_id: str = "scan", *, force: bool = False) -> None:
        request = {"name": self.name(scan_id), "force": force}
        self.client.delete_data_scan(request=request).result(timeout=30)

    def start(self, scan_id: str = "scan") -> dp.DataScanJob:
        return self.client.run_data_scan(name=self.name(scan_id), timeout=30).job

    def job(self, name: str) -> dp.DataScanJob:
        return self.client.get_data_scan_job(request={"name": name, "view": "FULL"}, timeout=30)

    def wait(self, name: str, *states: State) -> dp.DataScanJob:
        deadline = time.monotonic() + WAIT_SECONDS
        while (job := self.job(name)).state not in (states or FINAL):
            assert time.monotonic() < deadline, f"job is still {job.state.name}"
            time.sleep(0.02)
        return job

    def run(self, scan_id: str = "scan") -> dp.DataScanJob:
        """Run a job to its end and return it."""
        return self.wait(self.start(scan_id).name)

    def results(self, *rules: dp.DataQualityRule, **spec: Any) -> dp.DataQualityResult:
        """Create a scan with these rules, run it and return its result."""
        self.create(data_scan(*rules, **spec))
        job = self.run()
        assert job.state == State.SUCCEEDED, job.message
        return job.data_quality_result

    def failure(self, *rules: dp.DataQualityRule, **spec: Any) -> str:
        """Create a scan with these rules, run it and return the message of its failed job."""
        self.create(data_scan(*rules, **spec))
        job = self.run()
        assert job.state == State.FAILED
        return job.message
