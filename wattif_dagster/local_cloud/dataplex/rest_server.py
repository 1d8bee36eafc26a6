"""The REST transport: JSON over HTTP/1.1 by google.api.http, and GET /healthz."""

import json
import logging
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from grpc import StatusCode

from . import preview
from .errors import ApiError, invalid_argument
from .methods import Method

MAX_BODY_BYTES = 16 * 1024 * 1024
ACCEPTED_HOSTS = ("127.0.0.1", "localhost")
"""Accepted hosts of requests. A web page whose name resolves to 127.0.0.1 (DNS rebinding) sends
another host."""

_HTTP_STATUS = {
    StatusCode.INVALID_ARGUMENT: 400,
    StatusCode.FAILED_PRECONDITION: 400,
    StatusCode.PERMISSION_DENIED: 403,
    StatusCode.NOT_FOUND: 404,
    StatusCode.ALREADY_EXISTS: 409,
    StatusCode.RESOURCE_EXHAUSTED: 429,
    StatusCode.UNIMPLEMENTED: 501,
    StatusCode.UNAVAILABLE: 503,
}

_log = logging.getLogger(__name__)


def start(methods: Sequence[Method], port: int) -> tuple[ThreadingHTTPServer, int]:
    """Start a server on 127.0.0.1 and return it and its port, a free one for 0. Raises OSError."""
    handler = type("Handler", (_Handler,), {"methods": methods})
    try:
        server = _Server(("127.0.0.1", port), handler)
    except OSError as error:
        raise OSError(f"cannot bind 127.0.0.1:{port} for REST; is it in use?") from error
    threading.Thread(target=server.serve_forever, name="rest", daemon=True).start()
    return server, server.server_port


class _Server(ThreadingHTTPServer):
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    methods: Sequence[Method] = ()

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # sends headers and body in one packet
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        _log.debug(format, *args)

    def _answer(self) -> None:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        try:
            status, payload = 200, self._respond(url.path, query)
        except ApiError as error:
            status, payload = _HTTP_STATUS[error.code], _render_error(error.code, error.message)
        except Exception:
            _log.exception("%s %s", self.command, url.path)
            status = 500
            payload = _render_error(StatusCode.INTERNAL, "internal error; see the service's log")
        body = json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _respond(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        body = self._read_body()  # must be read: else it becomes the next request
        if self.headers.get("Host", "").partition(":")[0] not in ACCEPTED_HOSTS:
            raise ApiError(
                StatusCode.PERMISSION_DENIED, f"the Host must be {' or '.join(ACCEPTED_HOSTS)}"
            )
        if self.command == "GET" and path == "/healthz":
            return {"status": "ok"}
        for method in self.methods:
            match = method.route.fullmatch(path)
            if match and method.verb == self.command:
                request = _parse_request(method, match.groupdict(), query, body)
                return json_format.MessageToDict(
                    preview.extend(method.invoke(request)),
                    descriptor_pool=preview.build_pool(),
                    use_integers_for_enums="enum-encoding=int" in query.get("$alt", ""),
                )
        raise ApiError(StatusCode.NOT_FOUND, f"there is no method {self.command} {path}")

    def _read_body(self) -> Any:
        length = self.headers.get("Content-Length", "0")
        chunked = "Transfer-Encoding" in self.headers
        if chunked or not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            raise invalid_argument(f"a body needs a Content-Length of at most {MAX_BODY_BYTES}")
        raw = self.rfile.read(int(length))
        try:
            return json.loads(raw) if raw else {}
        except ValueError as error:
            raise invalid_argument(f"the body is not JSON: {error}") from error


def _parse_request(
    method: Method, path_fields: dict[str, str], query: dict[str, str], body: Any
) -> Message:
    """The request message with fields from path, query and body. Raises ApiError."""
    if not isinstance(body, dict):
        raise invalid_argument("the body must be a JSON object")
    fields: dict[str, Any] = {
        name: _parse_query_value(method, name, value)
        for name, value in query.items()
        if not name.startswith("$")
    }
    if method.body == "*":
        fields |= body
    elif method.body:
        fields[method.body] = body
    for name, value in path_fields.items():
        *parents, leaf = name.split("__")
        holder = fields
        for parent in parents:
            holder = holder[parent]
        holder[leaf] = unquote(value)
    try:
        parsed = json_format.ParseDict(
            fields, preview.get_extended_class(method.wire_type.DESCRIPTOR.full_name)()
        )
    except json_format.ParseError as error:
        raise invalid_argument(f"invalid JSON payload: {error}") from error
    return method.wire_type.FromString(parsed.SerializeToString())


def _parse_query_value(method: Method, name: str, value: str) -> str | bool:
    """The value of a query parameter. A boolean is a word; ParseDict parses other types."""
    fields = method.wire_type.DESCRIPTOR.fields_by_camelcase_name
    field = fields.get(name) or method.wire_type.DESCRIPTOR.fields_by_name.get(name)
    if field is not None and field.type == FieldDescriptor.TYPE_BOOL:
        return value.lower() == "true"
    return value


def _render_error(code: StatusCode, message: str) -> dict[str, Any]:
    status = _HTTP_STATUS.get(code, 500)
    return {"error": {"code": status, "message": message, "status": code.name}}
