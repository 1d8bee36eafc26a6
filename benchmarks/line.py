"""A line of limited bandwidth from clients to a local service: a TCP relay, which adds no latency.

`python -m benchmarks.line HOST:PORT MBIT_PER_S` is such a relay. It has its own process, so that it
does not take turns with the threads that are measured. It prints its port and ends with its input.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

from benchmarks.cloud import resources_below
from wattif_dagster.resources.build import Resources

HOST = "127.0.0.1"
CHUNK_BYTES = 65_536
SAVED_SECONDS = 0.02
"""An idle line saves up this much of its time, because sleeping is not more exact."""


@contextmanager
def over_a_line(resources: Resources, mbit_per_second: float) -> Iterator[Resources]:
    """Resources on the same cloud that reach Cloud Storage over a line of that bandwidth."""
    endpoints = resources["wattif_cloud"].endpoints
    assert endpoints.gcs
    address = urlsplit(endpoints.gcs).netloc
    command = [sys.executable, "-m", "benchmarks.line", address, str(mbit_per_second)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as relay:
        assert relay.stdout
        url = f"http://{HOST}:{int(relay.stdout.readline())}"
        home = Path(resources["wattif_cloud"].endpoints_file).parent / f"line-{mbit_per_second:g}"
        home.mkdir(exist_ok=True)
        slow = endpoints.model_copy(update={"gcs": url})
        (home / "endpoints.json").write_text(slow.model_dump_json())
        yield resources_below(home)


class _Uplink:
    """A token bucket that all connections draw from."""

    def __init__(self, bytes_per_second: float) -> None:
        self._rate = bytes_per_second
        self._free_at = 0.0

    async def carry(self, size: int) -> None:
        """Return when so many bytes have passed, after those that came before."""
        now = monotonic()
        self._free_at = max(self._free_at, now - SAVED_SECONDS) + size / self._rate
        await asyncio.sleep(self._free_at - now)


async def _serve(address: str, bytes_per_second: float) -> None:
    uplink = _Uplink(bytes_per_second)

    async def connected(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):  # connections that are open when the relay ends
            service, to_service = await asyncio.open_connection(*address.split(":"))
            await asyncio.gather(_pump(client, to_service, uplink), _pump(service, to_client))

    server = await asyncio.start_server(connected, HOST)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def _pump(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, uplink: _Uplink | None = None
) -> None:
    """Pass on bytes until either side hangs up, then hang up on the other."""
    with suppress(ConnectionError):
        while data := await source.read(CHUNK_BYTES):
            if uplink:
                await uplink.carry(len(data))
            sink.write(data)
            await sink.drain()
    sink.close()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], float(sys.argv[2]) * 1e6 / 8))
