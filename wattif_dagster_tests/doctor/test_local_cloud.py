"""The local cloud's services, and the port of the Dagster UI."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from wattif_dagster.doctor.check import WrongError
from wattif_dagster.doctor.local_cloud import check_service, check_ui_port
from wattif_dagster.local_cloud.ports import free_ports, is_free
from wattif_dagster.local_cloud.supervisor import LocalCloud, ServiceStatus
from wattif_dagster.settings import Endpoints


def test_running_services_answer(local_cloud: Endpoints, local_cloud_home: Path) -> None:
    statuses = LocalCloud(local_cloud_home).status()
    address = str(local_cloud.gcs).removeprefix("http://")
    assert check_service(statuses, "gcs") == f"it answers at {address}"
    assert check_service(statuses, "dataplex").startswith("it answers at 127.0.0.1:")


@pytest.mark.parametrize(
    ("state", "said", "command"),
    [
        ("stopped", "It does not run.", "wattif up"),
        ("crashed", "It crashed. gcs.log says why.", "wattif up"),
        (
            "not answering",
            "It runs and does not answer at 127.0.0.1:1. gcs.log may say why.",
            "wattif down && wattif up",
        ),
    ],
)
def test_other_services_are_started(state: str, said: str, command: str) -> None:
    status = ServiceStatus("gcs", state, None, "127.0.0.1:1", Path("gcs.log"))  # type: ignore[arg-type]
    with pytest.raises(WrongError) as caught:
        check_service([status], "gcs")
    assert (str(caught.value), caught.value.command) == (said, command)


class Page(BaseHTTPRequestHandler):
    content = b"<html>"

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


class DagsterUi(Page):
    content = b'{"dagster_webserver_version": "1.13.27", "dagster_version": "1.13.27"}'


def find_other() -> int:
    return 3001


def test_free_port_is_fine() -> None:
    port = free_ports({"ui": None})["ui"]
    assert check_ui_port(port, is_free, find_other) == f"port {port} is free for `wattif dev`"


@pytest.mark.parametrize("handler", [DagsterUi, Page])
def test_port_in_use_is_fine_for_dagster_only(handler: type[Page]) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            if handler is DagsterUi:
                said = check_ui_port(server.server_port, is_free, find_other)
                assert said == f"the Dagster UI is at http://127.0.0.1:{server.server_port}"
            else:
                with pytest.raises(WrongError) as caught:
                    check_ui_port(server.server_port, is_free, find_other)
                assert str(caught.value) == f"Another program has port {server.server_port}."
                assert caught.value.command == "wattif dev --port 3001"
        finally:
            server.shutdown()
            thread.join()
