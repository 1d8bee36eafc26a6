"""The anomaly detection preview of Dataplex, whose scans the published client cannot describe.

Their JSON is sent over an authorized REST session, as in the notebook that came before WattIf. Such
a scan is then run like any other (`DataplexScans`). The preview's fields are not public: the names
are the notebook's, except `segmentation_columns`, which only the local cloud is known to accept.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import requests
from google.api_core import exceptions as gexc
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import AuthorizedSession
from google.cloud import dataplex_v1
from google.protobuf import json_format

from wattif_dagster.errors import TransientError, UserError
from wattif_dagster.resources.dataplex.definition import table_resource
from wattif_dagster.resources.dataplex.scans import DataplexScans, pauses
from wattif_dagster.resources.google_cloud import CREDENTIALS_REFUSED
from wattif_dagster.resources.refusals import REFUSALS, explain_refusal, read_error

GOOGLE = "https://dataplex.googleapis.com"
LABEL = "wattif-definition"
"""The label that identifies the definition of a scan."""

_UNKNOWN_FIELD = re.compile(r"unknown name|cannot find field|allow-?list|not enabled", re.I)

Window: TypeAlias = Literal[
    "AUTO_FREQUENCY",
    "PER_MINUTE",
    "HOURLY",
    "DAILY",
    "WEEKLY",
    "MONTHLY",
    "QUARTERLY",
    "YEARLY",
]


@dataclass(frozen=True, kw_only=True)
class AnomalyDetection:
    """What is measured, in which windows, and where the results go."""

    column: str
    time: str
    """A column's name; `partition` or `incremental` for the column of the table or of the scan."""
    result_table: str
    """project.dataset.table. The preview keeps its intermediate tables in the same dataset."""
    metrics: Sequence[str] = ("AVG", "MAX")
    threshold: float = 0.99
    window: Window = "HOURLY"
    segments: Sequence[str] = ()
    """Columns with a series for each of their values. Without any, all rows are one series."""


def preview_body(scan: dataplex_v1.DataScan, detection: AnomalyDetection) -> dict[str, Any]:
    """Make the JSON of a scan (see `quality_scan`) with the preview's rule. Raises UserError."""
    body = json_format.MessageToDict(
        dataplex_v1.DataScan.pb(scan), preserving_proto_field_name=True
    )
    spec = body.setdefault("data_quality_spec", {})
    rule = {
        "name": "anomalies",
        "column": detection.column,
        "dimension": "ACCURACY",
        "data_anomaly_detection": {
            "metrics": list(detection.metrics),
            "anomaly_probability_threshold": detection.threshold,
        },
    }
    spec["rules"] = [*spec.get("rules", []), rule]
    times = {
        "partition": {"use_partition_column": True},
        "incremental": {"use_incremental_column": True},
    }
    result_table = table_resource(detection.result_table)
    spec["anomaly_detection"] = {
        "aggregation_window": detection.window,
        **times.get(detection.time, {"timestamp_column": detection.time}),
        **({"segmentation_columns": list(detection.segments)} if detection.segments else {}),
        "bigquery_export": {
            "intermediate_dataset": result_table.rpartition("/tables/")[0],
            "result_table": result_table,
        },
    }
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    body.setdefault("labels", {})[LABEL] = digest[:12]
    return body


def ensure_preview(
    scans: DataplexScans,
    scan_id: str,
    body: dict[str, Any],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Create the scan where it does not exist. `body` comes from `preview_body`.

    Raises UserError where the preview is not enabled for the project, where another scan has the
    name, and where Dataplex refuses the request.
    """
    rest = _Rest(scans)
    name = scans.scan_name(scan_id)
    response = rest.ask("POST", f"{scans.parent}/dataScans", {"dataScanId": scan_id}, body)
    if response.status_code == requests.codes.conflict:
        there = rest.answered(rest.ask("GET", name))
        if there.get("labels", {}).get(LABEL) != body["labels"][LABEL]:
            raise UserError(
                f"Scan {name} has another definition. Delete it, or use another scan id."
            )
        return
    operation = rest.answered(response)
    waits = pauses(scans.first_poll_seconds, scans.longest_poll_seconds)
    deadline = time.monotonic() + scans.change_timeout_seconds
    while not operation.get("done"):
        if time.monotonic() > deadline:
            raise UserError(
                f"Dataplex did not create scan {name} in {scans.change_timeout_seconds:g} s. "
                "Try again."
            )
        sleep(next(waits))
        operation = rest.answered(rest.ask("GET", operation["name"]))
    if error := operation.get("error"):
        raise rest.refusal(gexc.from_grpc_status(error["code"], error["message"]))


class _Rest:
    """The REST API of one project, with the endpoint and credentials of `scans`."""

    def __init__(self, scans: DataplexScans) -> None:
        self._cloud = scans.cloud
        self._timeout = scans.call_timeout_seconds
        self._base = GOOGLE
        if self._cloud.target == "local":
            address = self._cloud.endpoints.dataplex_rest
            if address is None:
                raise UserError(
                    "The local cloud has an older version. "
                    "Restart it with `wattif down` and `wattif up`."
                )
            self._base = address
        self._session = AuthorizedSession(self._cloud.credentials())  # type: ignore[no-untyped-call]

    def ask(
        self,
        verb: str,
        path: str,
        query: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> requests.Response:
        """Send a request; returns the answer, whatever its status.

        Raises TransientError when the service does not answer or is not available.
        """
        try:
            response = self._session.request(
                verb,
                f"{self._base}/v1/{path}",
                params=query,
                json=body,
                timeout=self._timeout,  # pyright: ignore[reportArgumentType]  # documented: a float
            )
        except (requests.ConnectionError, requests.Timeout, TransportError) as error:
            raise TransientError(
                f"Dataplex at {self._base} does not answer. Check the network, or `wattif status`."
            ) from error
        except GoogleAuthError as error:
            raise UserError(CREDENTIALS_REFUSED) from error
        if response.status_code >= 500 and response.status_code != 501:
            raise TransientError(
                f"Dataplex at {self._base} is not available, try again later: HTTP status "
                f"{response.status_code}."
            )
        return response

    def answered(self, response: requests.Response) -> dict[str, Any]:
        """Read the JSON of a successful answer. Raises UserError for any other."""
        if response.ok:
            return response.json()
        status = response.status_code
        raise self.refusal(
            gexc.from_http_status(status, f"HTTP status {status}", response=response)
        )

    def refusal(self, error: gexc.GoogleAPICallError) -> UserError:
        """Explain a refusal: the preview is not enabled, or else what Dataplex says."""
        missing = (
            "The Dataplex anomaly detection preview is not enabled for project "
            f"{self._cloud.project}"
        )
        instead = "Ask Google for it, or unset WATTIF_SCAN__PREVIEW."
        if isinstance(error, REFUSALS):
            return explain_refusal(
                error,
                "Dataplex",
                project=self._cloud.project,
                what="the Dataplex anomaly detection preview",
                grant=f"{missing}, or the account lacks roles/dataplex.dataScanAdmin. {instead}",
            )
        said, _ = read_error(error)
        if isinstance(error, gexc.MethodNotImplemented) or _UNKNOWN_FIELD.search(said):
            return UserError(f"{missing}. {instead} Dataplex says: {said}")
        return UserError(f"Dataplex refused the request: {said}")
