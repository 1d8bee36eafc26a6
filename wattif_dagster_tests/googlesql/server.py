"""The process of the analyzer's service, on a free port of this machine."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc

from wattif_dagster.local_cloud.ports import HOST, free_ports
from wattif_dagster_tests.googlesql.install import server_file
from wattif_dagster_tests.support.wait import PATIENCE_SECONDS

_ANY_SIZE = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # An error quotes its statement.
    ("grpc.max_metadata_size", 2**24),
    ("grpc.absolute_max_metadata_size", 2**24),
]


@contextmanager
def start_server(folder: Path) -> Iterator[grpc.Channel]:
    """Start the service that is installed in the folder; yields a channel to it."""
    port = free_ports({"googlesql": None})["googlesql"]
    with (
        subprocess.Popen(
            [server_file(folder), HOST, str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as server,
        grpc.insecure_channel(f"{HOST}:{port}", _ANY_SIZE) as channel,
    ):
        try:
            grpc.channel_ready_future(channel).result(PATIENCE_SECONDS)
            yield channel
        finally:
            server.kill()
