"""The fields of the anomaly detection preview, which the published messages lack.

They are added to copies of the published messages in a separate descriptor pool. The published
classes keep the fields as unknown fields and lose nothing. A message becomes its copy only where
the fields are read or become JSON. A stock client sees a rule without a type.

Users of the preview send these field names, except `segmentation_columns`, which is a name of this
project. The field numbers are also chosen here, and clients see them only as unknown fields.
"""

from functools import cache
from typing import Any

from google.cloud.dataplex_v1 import types as dp
from google.longrunning import operations_pb2
from google.protobuf import descriptor_pb2, empty_pb2, message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message

RULE_KIND = "data_anomaly_detection"

_FIRST_NUMBER = 9001
_QUALITY = dp.DataQualitySpec.pb().DESCRIPTOR.file
_TYPES = {
    "bool": FieldDescriptor.TYPE_BOOL,
    "double": FieldDescriptor.TYPE_DOUBLE,
    "string": FieldDescriptor.TYPE_STRING,
}


def extend(message: Any) -> Any:
    """The copy of a message, protobuf or proto-plus, with the preview's fields."""
    wire: Message = message if isinstance(message, Message) else type(message).pb(message)
    return get_extended_class(wire.DESCRIPTOR.full_name).FromString(wire.SerializeToString())


@cache
def get_extended_class(full_name: str) -> type[Message]:
    """The class of the copies of the named message."""
    return message_factory.GetMessageClass(build_pool().FindMessageTypeByName(full_name))


@cache
def build_pool() -> DescriptorPool:
    """The published messages of scans, jobs and operations, with the preview's fields."""
    made, added = DescriptorPool(), set()

    def add(file: Any) -> None:
        if file.name in added:
            return
        added.add(file.name)
        for dependency in file.dependencies:
            add(dependency)
        copied = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(copied)
        if file.name == _QUALITY.name:
            _add_preview(copied)
        made.Add(copied)

    for message in (dp.CreateDataScanRequest, dp.OperationMetadata):
        add(message.pb().DESCRIPTOR.file)
    for module in (operations_pb2, empty_pb2):
        add(module.DESCRIPTOR)
    return made


def _add_preview(file: descriptor_pb2.FileDescriptorProto) -> None:
    messages = {message.name: message for message in file.message_type}
    rule, spec = messages["DataQualityRule"], messages["DataQualitySpec"]

    detection = rule.nested_type.add(name="DataAnomalyDetection")
    _add_field(detection, "metrics", "string", repeated=True)
    _add_field(detection, "anomaly_probability_threshold", "double")
    type_name = f".{file.package}.DataQualityRule.DataAnomalyDetection"
    kinds = [oneof.name for oneof in rule.oneof_decl].index("rule_type")
    _add_field(rule, RULE_KIND, type_name).oneof_index = kinds

    settings = spec.nested_type.add(name="AnomalyDetection")
    export = settings.nested_type.add(name="BigQueryExport")
    _add_field(export, "intermediate_dataset", "string")
    _add_field(export, "result_table", "string")
    _add_field(settings, "aggregation_window", "string")
    _add_field(settings, "timestamp_column", "string")
    _add_field(settings, "use_partition_column", "bool")
    _add_field(settings, "use_incremental_column", "bool")
    _add_field(settings, "segmentation_columns", "string", repeated=True)
    type_name = f".{file.package}.DataQualitySpec.AnomalyDetection"
    _add_field(settings, "bigquery_export", f"{type_name}.BigQueryExport")
    _add_field(spec, "anomaly_detection", type_name)


def _add_field(
    message: descriptor_pb2.DescriptorProto, name: str, field_type: str, *, repeated: bool = False
) -> descriptor_pb2.FieldDescriptorProto:
    """Add a field of a scalar type, or of a message type, whose full name begins with a dot."""
    is_message = field_type.startswith(".")
    return message.field.add(
        name=name,
        number=_FIRST_NUMBER + len(message.field),
        label=FieldDescriptor.LABEL_REPEATED if repeated else FieldDescriptor.LABEL_OPTIONAL,
        type=FieldDescriptor.TYPE_MESSAGE if is_message else _TYPES[field_type],
        type_name=field_type if is_message else None,
    )
