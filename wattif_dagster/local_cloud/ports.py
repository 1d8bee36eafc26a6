"""Finds free TCP ports of 127.0.0.1."""

import socket
from collections.abc import Mapping
from contextlib import ExitStack

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on the port."""
    with _open_probe() as probe:
        return _bind(probe, port)


def free_ports(wanted: Mapping[str, int | None]) -> dict[str, int]:
    """A different free port for each name: the wanted port if it is free, or else any port."""
    with ExitStack() as stack:
        probes = {name: stack.enter_context(_open_probe()) for name in wanted}
        unbound = [
            name for name, port in wanted.items() if port is None or not _bind(probes[name], port)
        ]
        for name in unbound:
            _bind(probes[name], 0)
        return {name: probe.getsockname()[1] for name, probe in probes.items()}


def _open_probe() -> socket.socket:
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # servers also set it
    return probe


def _bind(probe: socket.socket, port: int) -> bool:
    try:
        probe.bind((HOST, port))
        probe.listen()  # without it, two probes can have the same port
    except OSError:
        return False
    return True
