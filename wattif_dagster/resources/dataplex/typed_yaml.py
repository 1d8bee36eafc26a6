"""Converts the texts of a YAML document to the types of a protobuf message."""

from math import inf, isfinite

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from wattif_dagster.yaml_text import Yaml


class SpecError(ValueError):
    """A fault of a document, with its place."""


def conform(value: Yaml, message: Descriptor, where: str = "") -> dict[str, object]:
    """Convert a mapping to what `json_format.ParseDict` reads: typed scalars, snake_case fields.

    `value` comes from `parse_yaml`, so all its scalars are texts. Raises SpecError for an unknown
    or repeated field and for a value of the wrong type.
    """
    if value == "":  # `nonNullExpectation:` without a value
        return {}
    if not isinstance(value, dict):
        raise SpecError(f"{where or 'the document'} must have fields, not {_name_kind(value)}")
    fields = {name: f for f in message.fields for name in (f.name, f.json_name)}
    typed: dict[str, object] = {}
    for key, item in value.items():
        place = _place(where, key)
        field = fields.get(key)
        if field is None:
            known = ", ".join(f.json_name for f in message.fields)
            raise SpecError(
                f"{place} is not a field of {message.name}, which has {known or 'none'}"
            )
        if field.name in typed:
            raise SpecError(f"{place} is given twice")
        typed[field.name] = _field(item, field, place)
    return typed


def _field(value: Yaml, field: FieldDescriptor, where: str) -> object:
    if not field.is_repeated:
        return _single(value, field, where)
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        if not isinstance(value, dict):
            raise SpecError(f"{where} must have names and values, not {_name_kind(value)}")
        field = entry.fields_by_name["value"]
        return {key: _single(item, field, _place(where, key)) for key, item in value.items()}
    if not isinstance(value, list):
        raise SpecError(f"{where} must be a list, not {_name_kind(value)}")
    return [
        _single(item, field, f"{where}[{_label(item, position)}]")
        for position, item in enumerate(value, start=1)
    ]


def _single(value: Yaml, field: FieldDescriptor, where: str) -> object:
    if field.message_type is not None:
        return conform(value, field.message_type, where)
    if not isinstance(value, str):
        raise SpecError(f"{where} must be a single value, not {_name_kind(value)}")
    if field.enum_type is not None:
        if value not in field.enum_type.values_by_name:
            known = ", ".join(field.enum_type.values_by_name)
            raise SpecError(f"{where} is {value!r}. Use one of {known}")
        return value
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        if value not in ("true", "false"):
            raise SpecError(f"{where} is {value!r}. Use true or false")
        return value == "true"
    if field.cpp_type != FieldDescriptor.CPPTYPE_STRING:
        return _number(value, where)
    return value


def _number(text: str, where: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = inf
    if not isfinite(number):
        raise SpecError(f"{where} is {text!r}. Use a number")
    return number


def _place(where: str, key: str) -> str:
    name = key if key.isidentifier() else repr(key)
    return f"{where}.{name}" if where else name


def _label(item: Yaml, position: int) -> str:
    """Name an item of a list: by its name, or by its position."""
    name = item.get("name") if isinstance(item, dict) else None
    return repr(name) if isinstance(name, str) else str(position)


def _name_kind(value: Yaml) -> str:
    return {dict: "fields", list: "a list", str: "a text"}.get(type(value), "nothing")
