"""Command line of the local Dataplex."""

import argparse
import logging
import re
import signal
import sys
from pathlib import Path

_ENDS = {signal.SIGTERM, signal.SIGINT}


def main() -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code."""
    arguments = _build_parser().parse_args()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # The signals are blocked before threads start, and sigwait takes them. A handler would run only
    # when the main thread wakes up, and a signal just before it sleeps would not wake it.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)

    # These imports are slow, and --help and wrong options do not need them.
    from .server import Server
    from .store import StoreError

    try:
        server = Server(
            data_dir=arguments.data_dir,
            bigquery_endpoint=arguments.bigquery_endpoint,
            project=arguments.project,
            grpc_port=arguments.grpc_port,
            rest_port=arguments.rest_port,
        )
    except (OSError, StoreError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(
        f"gRPC 127.0.0.1:{server.grpc_port}, REST http://127.0.0.1:{server.rest_port}", flush=True
    )
    signal.sigwait(_ENDS)
    server.stop()
    return 0


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wattif_dagster.local_cloud.dataplex",
        description="A local Dataplex DataScanService for data quality scans, on 127.0.0.1 only.",
    )
    parser.add_argument(
        "--bigquery-endpoint",
        required=True,
        type=_parse_url,
        metavar="URL",
        help="BigQuery REST API without authentication, e.g. http://127.0.0.1:9050",
    )
    parser.add_argument(
        "--data-dir", required=True, type=Path, metavar="DIR", help="directory of the state"
    )
    parser.add_argument(
        "--grpc-port",
        type=_parse_port,
        default=0,
        metavar="PORT",
        help="default: a free port, which is printed",
    )
    parser.add_argument(
        "--rest-port",
        type=_parse_port,
        default=0,
        metavar="PORT",
        help="default: a free port, which is printed",
    )
    parser.add_argument(
        "--project",
        metavar="ID",
        help="project of the queries; default: the project of the scanned table",
    )
    return parser


def _parse_port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return int(text)


def _parse_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^/\s]+/?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form http://host:port")
    return text.rstrip("/")


if __name__ == "__main__":
    sys.exit(main())
