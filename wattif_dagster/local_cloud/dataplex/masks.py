"""Updates a scan by a field mask."""

from collections.abc import Sequence
from typing import Any

from google.cloud.dataplex_v1.types import DataScan
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from .errors import failed_precondition, invalid_argument
from .trigger import get_trigger_mode

MUTABLE = ("description", "display_name", "labels", "execution_spec.trigger", "data_quality_spec")
IMMUTABLE = ("name", "data", "execution_spec.field", "execution_identity")
_FIXED_MESSAGE = "immutable; delete the scan and create it again"


def apply_mask(current: DataScan, change: DataScan, paths: Sequence[str]) -> DataScan:
    """A copy of `current` with the masked fields of `change`. Unset fields are cleared.

    Without paths, the set mutable fields of `change` are taken. With `*`, all mutable fields are
    taken. Raises ApiError INVALID_ARGUMENT for a path that is unknown, immutable or output only.
    """
    pb, change_pb = DataScan.pb(DataScan(current)), DataScan.pb(change)
    if list(paths) == ["*"]:
        paths = MUTABLE
    elif not paths:
        paths = [path for path in MUTABLE if _has(change_pb, path)]
    elif "execution_spec" in paths:
        if change.execution_spec.field != current.execution_spec.field:
            raise invalid_argument(f"update_mask: execution_spec.field is {_FIXED_MESSAGE}")
        paths = [p for p in paths if p != "execution_spec"] + ["execution_spec.trigger"]
    for path in paths:
        _check_path(path, pb.DESCRIPTOR)
    FieldMask(paths=paths).MergeMessage(
        change_pb, pb, replace_message_field=True, replace_repeated_field=True
    )
    result = DataScan.wrap(pb)
    _check_trigger_change(current, result)
    return result


def _has(message: Message, path: str) -> bool:
    """Whether a field has another value than its default."""
    *parents, name = path.split(".")
    for parent in parents:
        message = getattr(message, parent)
    return name in {field.name for field, _ in message.ListFields()}


def _check_path(path: str, descriptor: Any) -> None:
    if any(path == fixed or path.startswith(f"{fixed}.") for fixed in IMMUTABLE):
        raise invalid_argument(f"update_mask: {path} is {_FIXED_MESSAGE}")
    if not FieldMask(paths=[path]).IsValidForDescriptor(descriptor):
        raise invalid_argument(f"update_mask: {path} is not a field of a DataScan")
    if not any(path == known or path.startswith(f"{known}.") for known in MUTABLE):
        raise invalid_argument(f"update_mask: {path} cannot be set")


def _check_trigger_change(before: DataScan, after: DataScan) -> None:
    modes = (get_trigger_mode(before), get_trigger_mode(after))
    if modes[0] != modes[1] and "one_time" in modes:
        raise failed_precondition(
            "execution_spec.trigger: a scan cannot change to or from one_time"
        )
