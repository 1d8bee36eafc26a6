"""The local services answer requests for this machine alone; see docs/local-cloud.md for the one
that cannot be told to."""

from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from wattif_dagster.settings import Endpoints

PATHS = {
    "bigquery": "/bigquery/v2/projects/wattif-local/datasets",
    "dataplex_rest": "/v1/projects/wattif-local/locations/us-central1/dataScans",
}


def ask(url: str, path: str, host: str) -> int:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request("GET", path, headers={"Host": host})
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("service", PATHS)
def test_a_request_for_another_host_is_refused(local_cloud: Endpoints, service: str) -> None:
    url = getattr(local_cloud, service)
    for own in (urlsplit(url).netloc, "localhost", f"localhost:{urlsplit(url).port}"):
        assert ask(url, PATHS[service], own) == 200
    for other in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.", ""):
        assert ask(url, PATHS[service], other) in (400, 403), other
