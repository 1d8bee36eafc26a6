"""Values as the BigQuery client gives them, translated to and from ValueProto."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from wattif_dagster_tests.googlesql.column_types import Columns, split_struct

_EPOCH = date(1970, 1, 1)


def write_row(columns: Columns, row: Sequence[Any]) -> list[dict[str, Any]]:
    """Write the values of a row."""
    return [_write(of, value) for (_, of), value in zip(columns, row, strict=True)]


def read_row(columns: Columns, cells: Sequence[Any]) -> tuple[Any, ...]:
    """Read the values of a row. An ARRAY is a list, and a STRUCT a dict."""
    return tuple(_read(of, cell) for (_, of), cell in zip(columns, cells, strict=True))


def _write(of: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if of.startswith("ARRAY<"):
        return {"array_value": {"element": [_write(of[6:-1], each) for each in value]}}
    if of.startswith("STRUCT<"):
        fields = split_struct(of)
        values = value.values() if isinstance(value, Mapping) else value
        return {"struct_value": {"field": write_row(fields, list(values))}}
    name, write, _ = _SCALARS[of]
    return {name: write(value)}


def _read(of: str, cell: Any) -> Any:
    found = cell.WhichOneof("value")
    if found is None:  # BigQuery's answers have an empty ARRAY for NULL
        return [] if of.startswith("ARRAY<") else None
    value = getattr(cell, found)
    if of.startswith("ARRAY<"):
        return [_read(of[6:-1], each) for each in value.element]
    if of.startswith("STRUCT<"):
        fields = split_struct(of)
        values = read_row(fields, value.field)
        return dict(zip((name for name, _ in fields), values, strict=True))
    return _SCALARS[of][2](value)


def _write_time(value: datetime) -> dict[str, int]:
    return {"seconds": int(value.timestamp() // 1), "nanos": value.microsecond * 1000}


def _read_time(value: Any) -> datetime:
    read = datetime.fromtimestamp(value.seconds, UTC)
    return read.replace(microsecond=value.nanos // 1000)


def _write_date(value: date) -> int:
    return (value - _EPOCH).days


def _read_date(value: int) -> date:
    return date.fromordinal(_EPOCH.toordinal() + value)


_SCALARS: dict[str, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "STRING": ("string_value", str, str),
    "INT64": ("int64_value", int, int),
    "FLOAT64": ("double_value", float, float),
    "BOOL": ("bool_value", bool, bool),
    "BYTES": ("bytes_value", bytes, bytes),
    "DATE": ("date_value", _write_date, _read_date),
    "TIMESTAMP": ("timestamp_value", _write_time, _read_time),
    "JSON": ("json_value", json.dumps, json.loads),
}
"""The field of ValueProto, and how its value is written and read."""
