"""Serves the local BigQuery: `python -m wattif_dagster.local_cloud.bigquery --help`."""

import argparse
import socket
import sys
from pathlib import Path

from wattif_dagster.errors import UserError
from wattif_dagster.local_cloud.bigquery.patches import PATCHES, check_version


def main() -> None:
    """Serve until SIGTERM or SIGINT. The server is ready when GET /healthz answers 200."""
    parser = argparse.ArgumentParser(
        prog="python -m wattif_dagster.local_cloud.bigquery", description=__doc__
    )
    parser.add_argument("--port", type=int, required=True, help="REST port on 127.0.0.1")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of the database file")
    parser.add_argument("--gcs-root", type=Path, required=True, help="folder of the buckets")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=sorted(PATCHES),
        help="leave out a patch, to see the fault that it corrects; can be repeated",
    )
    arguments = parser.parse_args()
    try:
        check_version()
        serve(arguments.port, arguments.data_dir, arguments.gcs_root, set(arguments.without))
    except UserError as error:
        sys.exit(str(error))


def serve(port: int, data_dir: Path, gcs_root: Path, without: set[str]) -> None:
    """Serve with all patches except those named.

    Raises UserError if the port is taken or another process has the database open.
    """
    refuse_a_taken_port(port)
    for name, apply in PATCHES.items():
        if name not in without:
            apply()

    import duckdb
    from bqemulator.config import LogLevel, PersistenceMode, Settings
    from bqemulator.server import run_forever

    settings = Settings(
        rest_host="127.0.0.1",
        rest_port=port,
        grpc_host="127.0.0.1",
        grpc_port=0,  # any free port: nothing here uses the Storage API
        persistence_mode=PersistenceMode.PERSISTENT,
        data_dir=data_dir,
        gcs_local_root=gcs_root,
        enable_format_extensions=False,  # it would download the avro extension
        log_level=LogLevel.WARNING,
    )
    try:
        run_forever(settings)
    except duckdb.IOException as error:
        raise UserError(f"cannot open the database in {data_dir}: {error}") from None


def refuse_a_taken_port(port: int) -> None:
    """Raise UserError if the port is in use. The emulator would end with a long traceback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise UserError(f"cannot listen on 127.0.0.1:{port}: {error.strerror}") from None


if __name__ == "__main__":
    main()
