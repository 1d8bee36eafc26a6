"""Brings the local cloud up and down, and says how it is.

Everything is kept under one home folder, so several projects on a machine do not meet:

    endpoints.json      addresses, while it is up
    logs/SERVICE.log    output of the services
    local_cloud/        their data, and what the supervisor remembers
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wattif_dagster.errors import UserError
from wattif_dagster.local_cloud.ports import HOST, free_ports
from wattif_dagster.local_cloud.services import SERVICES, Service, endpoints
from wattif_dagster.settings import Endpoints

try:
    from filelock import FileLock, Timeout

    from wattif_dagster.local_cloud import process
    from wattif_dagster.local_cloud.readiness import PortLost, answers, wait_until_ready
    from wattif_dagster.local_cloud.state import State, write_atomically
except ModuleNotFoundError as missing:
    raise UserError(
        f"the local cloud is not installed (no module {missing.name}); "
        "run `pip install 'wattif-dagster[local]'`"
    ) from None

LOCK_DEADLINE_S = 120.0
PORT_ATTEMPTS = 3


@dataclass(frozen=True)
class ServiceStatus:
    """How one service is."""

    name: str
    state: Literal["running", "not answering", "crashed", "stopped"]
    pid: int | None
    address: str | None
    """host:port of its HTTP interface, once it had one."""
    log: Path


class LocalCloud:
    """The services of one home folder; any number of objects and processes may share it."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self._folder = self.home / "local_cloud"
        self._state_file = self._folder / "state.json"
        self._endpoints_file = self.home / "endpoints.json"

    def up(self) -> Endpoints:
        """Start what does not run and return when everything answers.

        Raises UserError, with the end of its log, if a service does not come up; what this call
        started is then ended again.
        """
        return self._up()[0]

    def down(self) -> list[str]:
        """End the services; the names of those that ran. Their data stays."""
        if not self._folder.exists():
            return []
        with self._lock():
            return self._end([service.name for service in SERVICES])

    def status(self) -> list[ServiceStatus]:
        """How each service is. Starts and ends nothing."""
        state = State.read(self._state_file)
        return [self._status(service, state) for service in SERVICES]

    @contextmanager
    def running(self) -> Iterator[Endpoints]:
        """Up inside the with block; what ran before it still runs after it."""
        addresses, started = self._up()
        try:
            yield addresses
        finally:
            with self._lock():
                self._end(started)

    def log(self, name: str) -> Path:
        """The log file of a service."""
        return self.home / "logs" / f"{name}.log"

    def _up(self) -> tuple[Endpoints, list[str]]:
        """The addresses, and the names of the services that had to be started."""
        try:
            for folder in (self.home / "logs", *(self._folder / each.name for each in SERVICES)):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"cannot keep the local cloud in {self.home}: {error}") from None
        with self._lock():
            for _ in range(PORT_ATTEMPTS - 1):
                with suppress(PortLost):
                    return self._start_missing()
            return self._start_missing()

    def _start_missing(self) -> tuple[Endpoints, list[str]]:
        state = State.read(self._state_file)
        living = {name: each for name, each in state.processes.items() if each.process()}
        state.ports = _choose_ports(state.ports, living.keys())
        log_starts = dict.fromkeys(living, 0)
        started: list[str] = []
        try:
            for service in SERVICES:
                name, log = service.name, self.log(service.name)
                command = service.command(self._folder, state.ports)
                if name in living:
                    if living[name].command[1:] == tuple(command[1:]):
                        continue
                    process.stop([living[name]])  # it knows a service by an old address
                log_starts[name] = log.stat().st_size if log.exists() else 0
                state.processes[name] = process.start(command, self._folder, log)
                started.append(name)
                state.write(self._state_file)
            for service in SERVICES:
                name = service.name
                wait_until_ready(
                    service, state.ports, state.processes[name], self.log(name), log_starts[name]
                )
        except BaseException:
            self._end(started)
            raise
        addresses = endpoints(state.ports)
        write_atomically(self._endpoints_file, addresses.model_dump_json(indent=2))
        return addresses, started

    def _end(self, names: list[str]) -> list[str]:
        """End the named services; the names of those that ran."""
        state = State.read(self._state_file)
        ended = {name: each for name, each in state.processes.items() if name in names}
        ran = [name for name, each in ended.items() if each.process()]
        process.stop(ended.values())
        for name in ended:
            del state.processes[name]
        state.write(self._state_file)
        if not state.processes:
            self._endpoints_file.unlink(missing_ok=True)
        return ran

    def _status(self, service: Service, state: State) -> ServiceStatus:
        identity = state.processes.get(service.name)
        alive = identity is not None and identity.process() is not None
        if alive:
            condition = "running" if answers(service, state.ports) else "not answering"
        else:
            condition = "stopped" if identity is None else "crashed"
        return ServiceStatus(
            name=service.name,
            state=condition,
            pid=identity.pid if identity and alive else None,
            address=f"{HOST}:{service.own(state.ports)[0]}" if state.ports else None,
            log=self.log(service.name),
        )

    @contextmanager
    def _lock(self) -> Iterator[None]:
        lock = FileLock(self._folder / "lock")
        try:
            lock.acquire(timeout=LOCK_DEADLINE_S)
        except Timeout:
            raise UserError(
                f"another command is still starting or ending the services of {self.home}"
            ) from None
        try:
            yield
        finally:
            lock.release()


def _choose_ports(remembered: Mapping[str, int], living: Collection[str]) -> dict[str, int]:
    """Ports of all services: those of living ones as they are, others as before where free."""
    keys = [f"{service.name}.{purpose}" for service in SERVICES for purpose in service.ports]
    kept = {key: remembered[key] for key in keys if key.partition(".")[0] in living}
    return kept | free_ports({key: remembered.get(key) for key in keys if key not in kept})
