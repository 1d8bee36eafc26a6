"""An HTTP proxy between a client and a local service: it passes requests on, or spoils them."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

PATIENCE_S = 30.0


class Exchange(BaseHTTPRequestHandler):
    """A client's connection and the request it asks just now."""

    protocol_version = "HTTP/1.1"

    @property
    def length(self) -> int:
        """Bytes of the request's body."""
        return int(self.headers.get("Content-Length") or 0)

    def body(self) -> bytes:
        """The request's body; to be read once."""
        return self.rfile.read(self.length)

    def ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """Ask the service; its status, headers and body."""
        upstream = HTTPConnection(self._server.upstream, timeout=PATIENCE_S)
        skipped = ("host", "connection", "content-length", "transfer-encoding")
        headers = {k: v for k, v in self.headers.items() if k.lower() not in skipped}
        upstream.request(self.command, self.path, body or None, headers)
        response = upstream.getresponse()
        answer = response.read()
        upstream.close()
        skipped = ("connection", "content-length", "transfer-encoding", "date")
        kept = [(k, v) for k, v in response.getheaders() if k.lower() not in skipped]
        return response.status, kept, answer

    def reply(
        self, status: int, headers: list[tuple[str, str]], answer: bytes, cut: int = 0
    ) -> None:
        """Send an answer, without its last `cut` bytes."""
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer[: len(answer) - cut])
        self.close_connection = self.close_connection or cut > 0

    def hang_up(self) -> None:
        """Reset the connection: the client sees ECONNRESET, not an orderly end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.shutdown(socket.SHUT_RD)

    def _handle(self) -> None:
        self._server.proxy.take_fault(self.command, self.path)(self)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815

    @property
    def _server(self) -> "_Server":
        assert isinstance(self.server, _Server)
        return self.server

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: tests look at `Proxy.requests`."""


Fault = Callable[[Exchange], None]


def pass_on(exchange: Exchange) -> None:
    """No fault: ask the service and hand back its answer."""
    exchange.reply(*exchange.ask(exchange.body()))


def status(code: int, message: str = "spoiled", reason: str = "") -> Fault:
    """Answer with an error as Google's JSON APIs write it; the service is not asked."""

    def answer(exchange: Exchange) -> None:
        exchange.body()
        error = {"code": code, "message": message, "errors": [{"reason": reason}]}
        content = json.dumps({"error": error}).encode()
        exchange.reply(code, [("Content-Type", "application/json")], content)

    return answer


def change_answer(change: Callable[[dict[str, Any]], object]) -> Fault:
    """The service does what was asked, and `change` is called with the JSON of its answer."""

    def answer(exchange: Exchange) -> None:
        code, headers, content = exchange.ask(exchange.body())
        body = json.loads(content)
        change(body)
        exchange.reply(code, headers, json.dumps(body).encode())

    return answer


def reset(exchange: Exchange) -> None:
    """Reset the connection in the middle of the request's body."""
    exchange.rfile.read(exchange.length // 2)
    exchange.hang_up()


def corrupt(exchange: Exchange) -> None:
    """Flip one bit in the middle of the request's body."""
    body = bytearray(exchange.body())
    body[len(body) // 2] ^= 1
    exchange.reply(*exchange.ask(bytes(body)))


def lose_answer(exchange: Exchange) -> None:
    """The service does what was asked, but the connection breaks before the answer."""
    exchange.ask(exchange.body())
    exchange.hang_up()


def cut_answer(exchange: Exchange) -> None:
    """Break off in the middle of the answer."""
    code, headers, answer = exchange.ask(exchange.body())
    exchange.reply(code, headers, answer, cut=len(answer) - len(answer) // 2)


def trickle(exchange: Exchange) -> None:
    """Answer a few bytes at a time."""
    code, headers, answer = exchange.ask(exchange.body())
    head = [f"HTTP/1.1 {code} slowly", *(f"{name}: {value}" for name, value in headers)]
    text = "\r\n".join([*head, f"Content-Length: {len(answer)}", "", ""]).encode() + answer
    for first in range(0, len(text), 64):
        exchange.wfile.write(text[first : first + 64])
        exchange.wfile.flush()
        time.sleep(0.005)


@dataclass
class Proxy:
    """Where clients connect, what they asked, and the faults still to come."""

    url: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0
    """How many clients have opened so far."""
    stalled: threading.Event = field(default_factory=threading.Event)
    """Set when a request is being stalled."""
    released: threading.Event = field(default_factory=threading.Event)
    """Set it to let stalled requests end."""
    otherwise: Fault = pass_on
    """What is done with a request that is not spoiled."""
    _faults: list[tuple[str, str, Fault]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def on(self, method: str, path: str, fault: Fault, times: int = 1) -> None:
        """Spoil the next requests of that method whose path holds `path`."""
        self._faults += [(method, path, fault)] * times

    def clear(self) -> None:
        """Forget the faults still to come."""
        self._faults.clear()

    def count(self, method: str, path: str) -> int:
        """How many such requests came."""
        return sum(1 for m, p in self.requests if m == method and path in p)

    def stall(self, exchange: Exchange) -> None:
        """Say nothing until released, then hang up."""
        self.stalled.set()
        self.released.wait(PATIENCE_S)
        exchange.hang_up()

    def take_fault(self, method: str, path: str) -> Fault:
        """What to do with this request."""
        with self._lock:
            self.requests.append((method, path))
            for index, (of_method, part, fault) in enumerate(self._faults):
                if of_method == method and part in path:
                    del self._faults[index]
                    return fault
        return self.otherwise

    @property
    def exhausted(self) -> bool:
        """Whether every fault has happened."""
        return not self._faults


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, upstream: str, proxy: Proxy) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.upstream, self.proxy = upstream, proxy

    def process_request(self, request: Any, client_address: Any) -> None:
        """Called for each connection, by one thread."""
        self.proxy.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: clients that are killed break connections."""


@contextmanager
def proxy_to(url: str) -> Iterator[Proxy]:
    """A proxy to the service at `url`, on a free port."""
    proxy = Proxy()
    server = _Server(urlsplit(url).netloc, proxy)
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy
    finally:
        proxy.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
