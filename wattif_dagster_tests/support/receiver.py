"""A channel: an HTTP server that keeps the messages posted to it, or refuses them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

SECRET = "7s4Tk9QwZp"
"""Part of every channel's URL."""


@dataclass
class Receiver:
    """`taken` has the messages of each channel, in order; channels in `refusing` answer 500."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refusing: set[str] = field(default_factory=set)

    def url(self, channel: str) -> str:
        """As apprise takes it, with a secret for a password and in the path."""
        return f"json://wattif:{SECRET}@127.0.0.1:{self.port}/{SECRET}/{channel}"

    def titles(self, channel: str) -> list[str]:
        """Titles of the messages that the channel took."""
        return [message["title"] for of, message in self.taken if of == channel]

    def bodies(self, channel: str) -> list[list[str]]:
        """Lines of the messages that the channel took."""
        return [message["message"].splitlines() for of, message in self.taken if of == channel]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port of 127.0.0.1."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            channel = self.path.rpartition("/")[2]
            receiver.asked.append(channel)
            if channel not in receiver.refusing:
                receiver.taken.append((channel, message))
            self.send_response(500 if channel in receiver.refusing else 200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
