"""The gRPC transport, in plain text."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import grpc
from google.protobuf.message import Message

from .errors import ApiError
from .methods import Method

_log = logging.getLogger(__name__)


def start(methods: Sequence[Method], port: int) -> tuple[grpc.Server, int]:
    """Start a server on 127.0.0.1 and return it and its port, a free one for 0. Raises OSError."""
    # With reuseport, a second server could bind the same port and take some of the calls.
    server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
    for service in {method.service for method in methods}:
        handlers = {m.name: _make_handler(m) for m in methods if m.service == service}
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, handlers)])
    try:
        bound = server.add_insecure_port(f"127.0.0.1:{port}")
    except RuntimeError as error:
        raise OSError(f"cannot bind 127.0.0.1:{port} for gRPC; is it in use?") from error
    server.start()
    return server, bound


def _make_handler(method: Method) -> grpc.RpcMethodHandler:
    return grpc.unary_unary_rpc_method_handler(
        _make_behaviour(method),
        request_deserializer=method.wire_type.FromString,
        response_serializer=_serialize,
    )


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()


def _make_behaviour(method: Method) -> Callable[[Message, grpc.ServicerContext], Message]:
    def call(request: Message, context: grpc.ServicerContext) -> Message:
        try:
            return method.invoke(request)
        except ApiError as error:
            _abort(context, error.code, error.message)
        except Exception:
            _log.exception("%s", method.name)
            _abort(context, grpc.StatusCode.INTERNAL, "internal error; see the service's log")

    return call


def _abort(context: grpc.ServicerContext, code: Any, message: str) -> NoReturn:
    context.abort(code, message)
    raise AssertionError("abort raises")
