"""BigQuery and Dataplex refuse requests for other hosts.

The Cloud Storage server has no option for it: see docs/local-cloud.md.
"""

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
def test_services_refuse_requests_for_other_hosts(local_cloud: Endpoints, service: str) -> None:
    url = getattr(local_cloud, service)
    for own in (urlsplit(url).netloc, "localhost", f"localhost:{urlsplit(url).port}"):
        assert ask(url, PATHS[service], own) == 200
    for other in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.", ""):
        assert ask(url, PATHS[service], other) in (400, 403), other
