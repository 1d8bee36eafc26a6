"""A stub of Google's REST APIs: a project where nothing is wrong, whose answers tests change."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

PROJECT, NUMBER = "my-project", "123456789012"
AGENT = f"service-{NUMBER}@gcp-sa-dataplex.iam.gserviceaccount.com"
ACCOUNT = "loader@some-project.iam.gserviceaccount.com"
"""The account of the key that `write_key_file` writes."""

TOKEN = "token"
PROJECT_PATH = f"cloudresourcemanager.googleapis.com/v3/projects/{PROJECT}"
PERMISSIONS = f"{PROJECT_PATH}:testIamPermissions"
BILLING = f"cloudbilling.googleapis.com/v1/projects/{PROJECT}/billingInfo"
APIS = f"serviceusage.googleapis.com/v1/projects/{PROJECT}/services:batchGet"
BUCKET = "storage.googleapis.com/storage/v1/b/my-bucket"
BUCKET_PERMISSIONS = f"{BUCKET}/iam/testPermissions"
DATASET = f"bigquery.googleapis.com/bigquery/v2/projects/{PROJECT}/datasets/wattif"
SCANS = f"dataplex.googleapis.com/v1/projects/{PROJECT}/locations/us-central1/dataScans"

Answer = tuple[int, Any]
"""HTTP status and JSON, or another text."""


def error(status: int, message: str, reason: str = "") -> Answer:
    """An error as newer APIs write it, with an ErrorInfo where there is a reason."""
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "googleapis.com"}
    details = [{**info, "reason": reason}] if reason else []
    return status, {"error": {"code": status, "message": message, "details": details}}


def old_error(status: int, message: str, reason: str) -> Answer:
    """An error as Cloud Storage and BigQuery write it."""
    item = {"domain": "global", "reason": reason, "message": message}
    return status, {"error": {"code": status, "message": message, "errors": [item]}}


def describe_services(states: Mapping[str, str]) -> Answer:
    """The answer of services.batchGet."""
    parent = f"projects/{NUMBER}"
    return 200, {
        "services": [
            {"name": f"{parent}/services/{name}", "parent": parent, "state": state}
            for name, state in states.items()
        ]
    }


DATASET_RESOURCE: dict[str, Any] = {
    "kind": "bigquery#dataset",
    "id": f"{PROJECT}:wattif",
    "location": "US",
    "access": [
        {"role": "WRITER", "specialGroup": "projectWriters"},
        {"role": "OWNER", "userByEmail": "somebody@example.com"},
        {"role": "WRITER", "userByEmail": ACCOUNT},
        {"role": "WRITER", "userByEmail": AGENT},
    ],
}


def make_answers() -> dict[str, Answer]:
    """The answers of a project where nothing is wrong."""
    apis = ("bigquery", "dataplex", "storage")
    return {
        TOKEN: (200, {"access_token": "ya29.GOOD", "expires_in": 3600}),
        PROJECT_PATH: (
            200,
            {"name": f"projects/{NUMBER}", "projectId": PROJECT, "state": "ACTIVE"},
        ),
        BILLING: (
            200,
            {
                "name": f"projects/{PROJECT}/billingInfo",
                "projectId": PROJECT,
                "billingAccountName": "billingAccounts/000000-000000-000000",
                "billingEnabled": True,
            },
        ),
        APIS: describe_services({f"{name}.googleapis.com": "ENABLED" for name in apis}),
        BUCKET: (200, {"name": "my-bucket", "location": "US", "locationType": "multi-region"}),
        DATASET: (200, DATASET_RESOURCE),
        SCANS: (200, {}),
    }


@dataclass
class GoogleApis:
    """The stub. `denied` has the permissions that the account lacks."""

    url: str = ""
    answers: dict[str, Answer] = field(default_factory=make_answers)
    denied: set[str] = field(default_factory=set)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def change(self, path: str, **changes: Any) -> None:
        """Change fields of the answer with this path."""
        status, content = self.answers[path]
        self.answers[path] = status, {**content, **changes}

    def answer(self, path: str, query: dict[str, list[str]], body: bytes) -> Answer:
        """Answer a request."""
        if path in self.answers:
            return self.answers[path]
        if path == PERMISSIONS:
            return self._permit(json.loads(body)["permissions"])
        if path == BUCKET_PERMISSIONS:
            return self._permit(query["permissions"])
        return error(404, f"{path} was not found.")

    def _permit(self, permissions: list[str]) -> Answer:
        """As testIamPermissions answers: without a field where no permission is left."""
        left = [name for name in permissions if name not in self.denied]
        return 200, {"permissions": left} if left else {}


@contextmanager
def serve_google_apis() -> Iterator[GoogleApis]:
    """Serve the stub on a free port of 127.0.0.1."""
    apis = GoogleApis()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            apis.headers.append(dict(self.headers))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, content = apis.answer(url.path.strip("/"), parse_qs(url.query), body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            text = content if isinstance(content, str) else json.dumps(content)
            self.wfile.write(text.encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    apis.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield apis
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
