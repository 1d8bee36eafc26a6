"""Types of columns as GoogleSQL writes them, e.g. ARRAY<STRUCT<a INT64, b STRING>>.

They are made from those of BigQuery's REST API, and translated to and from TypeProto.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Columns: TypeAlias = tuple[tuple[str, str], ...]
"""Name and type of each column, in order."""

_KINDS = {
    "STRING": "TYPE_STRING",
    "INT64": "TYPE_INT64",
    "FLOAT64": "TYPE_DOUBLE",
    "BOOL": "TYPE_BOOL",
    "DATE": "TYPE_DATE",
    "DATETIME": "TYPE_DATETIME",
    "TIME": "TYPE_TIME",
    "TIMESTAMP": "TYPE_TIMESTAMP",
    "JSON": "TYPE_JSON",
    "BYTES": "TYPE_BYTES",
    "NUMERIC": "TYPE_NUMERIC",
    "BIGNUMERIC": "TYPE_BIGNUMERIC",
    "INTERVAL": "TYPE_INTERVAL",
    "GEOGRAPHY": "TYPE_GEOGRAPHY",
}
_LEGACY = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}


def read_fields(fields: list[dict[str, Any]]) -> Columns:
    """Read the columns of a REST resource's schema."""
    return tuple((field["name"], _read_field(field)) for field in fields)


def _read_field(field: Mapping[str, Any]) -> str:
    kind: str = field["type"]
    name = _LEGACY.get(kind, kind)
    if name in ("RECORD", "STRUCT"):
        name = _write_struct(read_fields(field["fields"]))
    return f"ARRAY<{name}>" if field.get("mode") == "REPEATED" else name


def read_parameter(type_: Mapping[str, Any]) -> str:
    """Read the type of a query parameter of the REST API."""
    kind: str = type_["type"]
    match kind:
        case "ARRAY":
            return f"ARRAY<{read_parameter(type_['arrayType'])}>"
        case "STRUCT":
            fields = ((field["name"], field["type"]) for field in type_["structTypes"])
            return _write_struct(tuple((name, read_parameter(each)) for name, each in fields))
        case _:
            return _LEGACY.get(kind, kind)


def to_proto(name: str) -> dict[str, Any]:
    """Make a TypeProto."""
    if name.startswith("ARRAY<"):
        return {"type_kind": "TYPE_ARRAY", "array_type": {"element_type": to_proto(name[6:-1])}}
    if name.startswith("STRUCT<"):
        fields = [
            {"field_name": field, "field_type": to_proto(of)} for field, of in split_struct(name)
        ]
        return {"type_kind": "TYPE_STRUCT", "struct_type": {"field": fields}}
    return {"type_kind": _KINDS[name]}


def from_proto(type_: Any) -> str:
    """Read a TypeProto."""
    if type_.HasField("array_type"):
        return f"ARRAY<{from_proto(type_.array_type.element_type)}>"
    if type_.HasField("struct_type"):
        fields = type_.struct_type.field
        return _write_struct(tuple((f.field_name, from_proto(f.field_type)) for f in fields))
    kinds = type_.DESCRIPTOR.fields_by_name["type_kind"].enum_type.values_by_number
    found = kinds[type_.type_kind].name
    return next((name for name, kind in _KINDS.items() if kind == found), found)


def split_struct(name: str) -> Columns:
    """Split the type of a STRUCT into its fields."""
    return tuple(_split_field(part) for part in _split(name[7:-1]))


def _split_field(text: str) -> tuple[str, str]:
    """Without a name a field is its type alone."""
    first, space, rest = text.partition(" ")
    return (first, rest) if space and "<" not in first else ("", text)


def _split(text: str) -> Iterator[str]:
    """Split at the commas that are in no angle brackets."""
    depth, part = 0, ""
    for character in text:
        depth += {"<": 1, ">": -1}.get(character, 0)
        if character == "," and not depth:
            yield part.strip()
            part = ""
        else:
            part += character
    if part:
        yield part.strip()


def _write_struct(fields: Columns) -> str:
    return f"STRUCT<{', '.join(f'{name} {of}'.strip() for name, of in fields)}>"
