"""Waits until a service is ready, and quotes its log when it does not come up."""

from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep

from wattif_dagster.errors import UserError
from wattif_dagster.local_cloud.ports import HOST, is_free
from wattif_dagster.local_cloud.process import Identity, listens
from wattif_dagster.local_cloud.services import Service

READY_DEADLINE_S = 60.0
ANSWER_DEADLINE_S = 2.0
POLL_S = 0.05
TAIL_BYTES = 2000


class PortLostError(UserError):
    """A service ended because another program took its port after it was chosen."""


def answers(service: Service, ports: Mapping[str, int]) -> bool:
    """Whether the service answers that it is ready."""
    connection = HTTPConnection(HOST, service.select_ports(ports)[0], timeout=ANSWER_DEADLINE_S)
    try:
        connection.request("GET", service.ready_path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def wait_until_ready(
    service: Service, ports: Mapping[str, int], identity: Identity, log: Path, log_start: int
) -> None:
    """Return when the process itself listens on all its ports and the service answers.

    Raises UserError, which quotes the log from byte log_start on: a PortLostError where a new try
    may help.
    """
    own = service.select_ports(ports)
    deadline = monotonic() + READY_DEADLINE_S
    while process := identity.find_process():
        if listens(process, own) and answers(service, ports):
            return
        if monotonic() > deadline:
            raise UserError(
                f"the local {service.name} does not answer after {READY_DEADLINE_S:.0f} s; "
                f"{_quote_end(log, log_start)}"
            )
        sleep(POLL_S)
    failure = f"the local {service.name} ended while it started; {_quote_end(log, log_start)}"
    raise (UserError if all(map(is_free, own)) else PortLostError)(failure)


def _quote_end(log: Path, start: int) -> str:
    with log.open("rb") as file:
        file.seek(max(start, log.stat().st_size - TAIL_BYTES))
        text = file.read().decode(errors="replace").strip()
    return f"the end of {log}:\n{text}" if text else f"{log} says nothing"
