"""The messages of the service, made from the file that describes them."""

from pathlib import Path
from typing import Any

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from wattif_dagster_tests.googlesql.install import messages_file

_SERVICE = "zetasql.local_service.ZetaSqlLocalService"


def _serialize(message: Any) -> bytes:
    return message.SerializeToString()


class Service:
    """Calls the methods of the service on a channel. Raises grpc.RpcError as they do."""

    def __init__(self, folder: Path, channel: grpc.Channel) -> None:
        self._channel = channel
        self._pool = DescriptorPool()
        for file in FileDescriptorSet.FromString(messages_file(folder).read_bytes()).file:
            self._pool.Add(file)

    def call(self, method: str, **request: Any) -> Any:
        """Call the method; messages of the request are given as dicts."""
        described = self._pool.FindServiceByName(_SERVICE).FindMethodByName(method)
        answer = GetMessageClass(described.output_type)
        send = self._channel.unary_unary(
            f"/{_SERVICE}/{method}",
            request_serializer=_serialize,
            response_deserializer=answer.FromString,
        )
        return send(GetMessageClass(described.input_type)(**request))
