"""Starts and ends the local cloud, and says how its services are.

Everything is below one home folder, so the clouds of several projects on a machine stay apart:

    endpoints.json      the addresses, while the cloud is up
    logs/SERVICE.log    the output of the services
    local_cloud/        their data, and the state of the supervisor
"""

import errno
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wattif_dagster.errors import UserError
from wattif_dagster.local_cloud.hangup import interrupt_on_hangup
from wattif_dagster.local_cloud.ports import HOST, free_ports
from wattif_dagster.local_cloud.services import SERVICES, Service, build_endpoints
from wattif_dagster.settings import Endpoints

try:
    from filelock import FileLock, Timeout

    from wattif_dagster.local_cloud import process
    from wattif_dagster.local_cloud.readiness import PortLostError, answers, wait_until_ready
    from wattif_dagster.local_cloud.state import State, write_atomically
except ModuleNotFoundError as missing:
    raise UserError(
        f"the local cloud is not installed (no module {missing.name}); "
        "run `pip install 'wattif-dagster[local]'`"
    ) from None

LOCK_DEADLINE_S = 120.0
PORT_ATTEMPTS = 3

_REMEDIES = {
    errno.ENOSPC: "free some space there, then try again",
    errno.EDQUOT: "free some space there, then try again",
    errno.EMFILE: "raise the limit of open files (`ulimit -n`), then try again",
    errno.EACCES: "make the folder yours and writable, or set WATTIF_HOME to another one",
    errno.EPERM: "make the folder yours and writable, or set WATTIF_HOME to another one",
    errno.EROFS: "set WATTIF_HOME to a folder that is writable",
}
_OTHER_REMEDY = "repair or remove that file, or set WATTIF_HOME to another folder"


@dataclass(frozen=True)
class ServiceStatus:
    """How one service is."""

    name: str
    state: Literal["running", "not answering", "crashed", "stopped"]
    pid: int | None
    address: str | None
    """host:port of its HTTP interface. None before its first start."""
    log: Path


class LocalCloud:
    """The services of one home folder; any number of objects and processes may share it."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self._folder = self.home / "local_cloud"
        self._state_file = self._folder / "state.json"
        self._endpoints_file = self.home / "endpoints.json"

    def up(self) -> Endpoints:
        """Start the services that do not run, and return when every service answers.

        Raises UserError when a service does not come up, with the end of its log, and when the
        home cannot be written to. The services that this call started are then ended.
        """
        return self._up()[0]

    def down(self) -> list[str]:
        """End the services and return the names of those that ran. Their data stays.

        Raises UserError when the home cannot be written to.
        """
        with self._explain_os_errors():
            if not self._folder.exists():
                return []
            with self._lock():
                return self._end(self._read_state(), [service.name for service in SERVICES])

    def status(self) -> list[ServiceStatus]:
        """How each service is. Starts and ends nothing.

        Raises UserError when the state cannot be read.
        """
        with self._explain_os_errors():
            state = self._read_state()
            return [self._status(service, state) for service in SERVICES]

    @contextmanager
    def running(self) -> Iterator[Endpoints]:
        """Keep the cloud up inside the with block; a service that ran before runs on after it.

        A closed terminal (SIGHUP) raises KeyboardInterrupt in the block, as Ctrl-C does, so that
        the services end. Raises UserError as `up` and `down` do.
        """
        with interrupt_on_hangup() as ignore_hangups:
            addresses, started = self._up()
            try:
                yield addresses
            finally:
                ignore_hangups()
                try:
                    with self._explain_os_errors(), self._lock():
                        self._end(self._read_state(), started)
                finally:  # the state file may be damaged or gone
                    process.stop(started.values())

    def log(self, name: str) -> Path:
        """The log file of a service."""
        return self.home / "logs" / f"{name}.log"

    def _up(self) -> tuple[Endpoints, dict[str, process.Identity]]:
        """The addresses, and the services that this call started, by name."""
        with self._explain_os_errors():
            for folder in (self.home / "logs", *(self._folder / each.name for each in SERVICES)):
                folder.mkdir(parents=True, exist_ok=True)
            with self._lock():
                for _ in range(PORT_ATTEMPTS - 1):
                    with suppress(PortLostError):
                        return self._start_missing()
                return self._start_missing()

    def _start_missing(self) -> tuple[Endpoints, dict[str, process.Identity]]:
        state = self._read_state()
        living = {name: each for name, each in state.processes.items() if each.find_process()}
        state.ports = _choose_ports(state.ports, living.keys())
        log_starts = dict.fromkeys(living, 0)
        started: dict[str, process.Identity] = {}
        try:
            for service in SERVICES:
                name, log = service.name, self.log(service.name)
                command = service.command(self._folder, state.ports)
                if name in living:
                    if living[name].command[1:] == tuple(command[1:]):
                        continue
                    process.stop([living[name]])  # it has the old address of another service
                log_starts[name] = log.stat().st_size if log.exists() else 0
                started[name] = process.start(command, self._folder, log)
                state.processes[name] = started[name]
                state.write(self._state_file)
            for service in SERVICES:
                name = service.name
                wait_until_ready(
                    service, state.ports, state.processes[name], self.log(name), log_starts[name]
                )
            addresses = build_endpoints(state.ports)
            self._write_endpoints(addresses)
        except BaseException:
            with suppress(OSError):  # the first error says why the home cannot be written to
                self._end(state, started)
            raise
        return addresses, started

    def _write_endpoints(self, addresses: Endpoints) -> None:
        content = {"home": str(self.home), **addresses.model_dump()}
        write_atomically(self._endpoints_file, json.dumps(content, indent=2))

    def _end(self, state: State, names: Collection[str]) -> list[str]:
        """End the named services of the state, and return the names of those that ran."""
        ended = {name: each for name, each in state.processes.items() if name in names}
        ran = [name for name, each in ended.items() if each.find_process()]
        process.stop(ended.values())
        for name in ended:
            del state.processes[name]
        if not state.processes:
            self._endpoints_file.unlink(missing_ok=True)
        state.write(self._state_file)
        return ran

    def _read_state(self) -> State:
        """The state of this home: an empty one in a copy of another home, whose services are not
        ours."""
        state = State.read(self._state_file)
        if not state.belongs_to(self.home, self._state_file):
            state = State()
        state.home = str(self.home)
        return state

    def _status(self, service: Service, state: State) -> ServiceStatus:
        identity = state.processes.get(service.name)
        alive = identity is not None and identity.find_process() is not None
        port = state.ports.get(f"{service.name}.{service.ports[0]}")
        if alive:
            answering = port is not None and answers(service, state.ports)
            condition = "running" if answering else "not answering"
        else:
            condition = "stopped" if identity is None else "crashed"
        return ServiceStatus(
            name=service.name,
            state=condition,
            pid=identity.pid if identity and alive else None,
            address=f"{HOST}:{port}" if port is not None else None,
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

    @contextmanager
    def _explain_os_errors(self) -> Iterator[None]:
        """Turn an OSError into a UserError that says what is wrong and what you can do."""
        try:
            yield
        except OSError as error:
            what = error.strerror or str(error)
            where = f" ({error.filename})" if error.filename else ""
            remedy = _REMEDIES.get(error.errno or 0, _OTHER_REMEDY)
            raise UserError(
                f"cannot keep the local cloud in {self.home}: {what}{where}; {remedy}"
            ) from None


def _choose_ports(remembered: Mapping[str, int], living: Collection[str]) -> dict[str, int]:
    """Ports of all services: a living one keeps its own, others get theirs again where free."""
    keys = [f"{service.name}.{purpose}" for service in SERVICES for purpose in service.ports]
    kept = {
        key: remembered[key]
        for key in keys
        if key in remembered and key.partition(".")[0] in living
    }
    return kept | free_ports({key: remembered.get(key) for key in keys if key not in kept})
