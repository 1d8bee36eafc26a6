"""The names of the settings, and what is wrong with variables that name none.

Settings come from environment variables and from a `.env` file. A variable that sets nothing would
silently change nothing, so it is refused, wherever it stands.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import get_origin

from dotenv.parser import parse_stream
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from wattif_dagster.errors import UserError

PREFIX, DELIMITER = "WATTIF_", "__"
TEST_VARIABLES = {"WATTIF_TEST_GCP_PROJECT", "WATTIF_TEST_GCP_BUCKET"}
"""Variables of the tests that need a real project."""

_KUBERNETES = re.compile(r"WATTIF_(SERVICE_(HOST|PORT\w*)|PORT(_\w+)?)")
"""What Kubernetes sets in every pod beside a Service that is named `wattif`."""


def name_variable(*path: str) -> str:
    """Name the environment variable of a setting, e.g. WATTIF_SIMULATION__METERS."""
    return PREFIX + DELIMITER.join(path).upper()


def check_variables(model: type[BaseModel], env_file: Path | None) -> None:
    """Raise UserError for a variable that names no setting, and for a value that is not JSON."""
    fields = dict(_walk(model.model_fields))
    for source, variables in (("", os.environ), (f" in {env_file}", _read_env_file(env_file))):
        for variable, value in variables.items():
            name = variable.upper()
            if not name.startswith(PREFIX) or name in TEST_VARIABLES or _KUBERNETES.fullmatch(name):
                continue
            if name not in fields:
                near = get_close_matches(name, fields, n=1)
                hint = f"Did you mean {near[0]}?" if near else "docs/settings.md lists them."
                raise UserError(f"There is no setting {variable}{source}. {hint}")
            _check_json(name, value, fields[name], source)


def _walk(fields: Mapping[str, FieldInfo], *path: str) -> Iterator[tuple[str, FieldInfo]]:
    """Yield each variable with its field; those of a group carry the group's name."""
    for name, field in fields.items():
        yield name_variable(*path, name), field
        group = field.annotation
        if isinstance(group, type) and issubclass(group, BaseModel):
            yield from _walk(group.model_fields, *path, name)


def _check_json(name: str, value: str | None, field: FieldInfo, source: str) -> None:
    examples = {list: '["a", "b"]', dict: '{"a": "b"}'}
    kind = get_origin(field.annotation)
    group = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    if not value or not (kind in examples or group):
        return
    try:
        json.loads(value)
    except ValueError:
        example = examples.get(kind, '{"option": "value"}')
        raise UserError(f"{name}{source} is not JSON. Write it like {name}='{example}'.") from None


def _read_env_file(file: Path | None) -> dict[str, str | None]:
    """Read the variables of the file, none where there is no file. Raises UserError."""
    if file is None or not os.path.lexists(file):
        return {}
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{file.absolute()} is not UTF-8 text: byte {error.start} is 0x"
            f"{error.object[error.start]:02x}. Save it as UTF-8."
        ) from None
    except OSError as error:
        raise UserError(
            f"{file.absolute()} cannot be read ({error.strerror}). "
            "Make it a readable file, or remove it."
        ) from None
    variables: dict[str, str | None] = {}
    for binding in parse_stream(StringIO(text)):
        ours = PREFIX in binding.original.string.upper().split("#")[0]
        if ours and (binding.error or (binding.key and binding.value is None)):
            raise UserError(
                f"Line {binding.original.line} of {file.absolute()} is not NAME=value: "
                f"{binding.original.string.strip().split('=')[0][:60]!r}."
            )
        if binding.key:
            variables[binding.key] = binding.value
    return variables
