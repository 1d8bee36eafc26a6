"""Processes that make days, each killed by SIGKILL at one of its writes, or left to end.

A write is a request that is no GET: what changes anything, and the queries.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.support.faults import Exchange, pass_on, proxy_to

Make = Callable[[Settings, list[date]], None]
"""Makes days up to their roll-up; a function of a module, which the process imports."""

PATIENCE_S = 120.0
_PROCESSES = get_context("forkserver")


@dataclass(frozen=True)
class Death:
    """When a life ends: at its `write`-th write, before the service did it, or just after."""

    write: int
    done: bool


@dataclass
class _Life:
    process: ForkServerProcess
    death: Death | None
    writes: int = 0


class Lives:
    """Runs processes one after the other, their writes to both services counted."""

    def __init__(self, make: Make, log: Path) -> None:
        self._make = make
        self._log = log
        self._life: _Life | None = None
        self._lock = threading.Lock()
        _PROCESSES.set_forkserver_preload([make.__module__])  # imports take longer than a life

    @contextmanager
    def watching(self, endpoints: Endpoints) -> Iterator[Endpoints]:
        """Addresses at which a process is watched and killed."""
        assert endpoints.gcs
        assert endpoints.bigquery
        with proxy_to(endpoints.gcs) as gcs, proxy_to(endpoints.bigquery) as bigquery:
            gcs.otherwise = bigquery.otherwise = self._judge
            yield endpoints.model_copy(update={"gcs": gcs.url, "bigquery": bigquery.url})

    def live(self, settings: Settings, days: list[date], death: Death | None = None) -> int:
        """Make the days in a process that is killed as `death` says; the writes it asked for.

        Raises AssertionError when it fails by itself.
        """
        arguments = (self._make, settings.model_dump_json(), days, self._log)
        life = _Life(_PROCESSES.Process(target=_make_days, args=arguments), death)
        self._life = life
        life.process.start()
        life.process.join(PATIENCE_S)
        life.process.kill()
        life.process.join()
        killed = death is not None and life.writes >= death.write
        assert killed or life.process.exitcode == 0, self._log.read_text()[-3000:]
        return life.writes

    def _judge(self, exchange: Exchange) -> None:
        life = self._life
        assert life
        with self._lock:
            life.writes += exchange.command != "GET"
            dies = exchange.command != "GET" and life.death and life.death.write == life.writes
        if not life.death or not dies:
            pass_on(exchange)
            return
        if life.death.done:
            exchange.ask(exchange.body())
        life.process.kill()
        exchange.hang_up()


def _make_days(make: Make, settings: str, days: list[date], log: Path) -> None:
    with log.open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    make(Settings(**json.loads(settings)), days)
