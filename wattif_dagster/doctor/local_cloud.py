"""The local cloud: whether its services run and answer, and whether the port of the UI is free."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import requests

from wattif_dagster.doctor.check import WrongError

HOST = "127.0.0.1"
ANSWER_SECONDS = 5


class ServiceStatus(Protocol):
    """How a service of the local cloud is."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def state(self) -> str:
        """running, not answering, crashed or stopped."""
        ...

    @property
    def address(self) -> str | None:
        """host:port, or None before its first start."""
        ...

    @property
    def log(self) -> Path:
        """Its log file."""
        ...


def check_service(statuses: Sequence[ServiceStatus], name: str) -> str:
    """Check that the service of that name runs and answers."""
    (service,) = (each for each in statuses if each.name == name)
    match service.state:
        case "running":
            return f"it answers at {service.address}"
        case "stopped":
            raise WrongError("It does not run.", "wattif up")
        case "crashed":
            raise WrongError(f"It crashed. {service.log} says why.", "wattif up")
    raise WrongError(
        f"It runs and does not answer at {service.address}. {service.log} may say why.",
        "wattif down && wattif up",
    )


def check_ui_port(port: int, is_free: Callable[[int], bool], find_free: Callable[[], int]) -> str:
    """Check that the Dagster UI can have its port, or has it."""
    if is_free(port):
        return f"port {port} is free for `wattif dev`"
    if _serves_dagster(port):
        return f"the Dagster UI is at http://{HOST}:{port}"
    raise WrongError(f"Another program has port {port}.", f"wattif dev --port {find_free()}")


def _serves_dagster(port: int) -> bool:
    try:
        answer = requests.get(f"http://{HOST}:{port}/server_info", timeout=ANSWER_SECONDS)
        return "dagster_version" in answer.json()
    except (requests.RequestException, ValueError):  # it speaks something else
        return False
