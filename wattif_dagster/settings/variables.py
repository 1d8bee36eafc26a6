"""The variables that set the settings, and the errors for variables that set nothing.

Settings come from environment variables and from a `.env` file. A misspelt variable would silently
change nothing, so it is refused in both places.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import get_origin

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from wattif_dagster.errors import UserError

PREFIX, DELIMITER = "WATTIF_", "__"
TEST_VARIABLES = {"WATTIF_TEST_GCP_PROJECT"}
"""The variable of the tests that need a real project."""

_KUBERNETES = re.compile(r"WATTIF_(SERVICE_(HOST|PORT\w*)|PORT(_\w+)?)")
"""The variables that Kubernetes sets in pods when a Service is named `wattif`."""
_OUR_LINE = re.compile(rf"\s*(?:export\s+)?['\"]?({PREFIX}\w*)", re.IGNORECASE)


def name_variable(*path: str) -> str:
    """Name the environment variable of a setting, e.g. WATTIF_SIMULATION__METERS."""
    return PREFIX + DELIMITER.join(path).upper()


def check_variables(model: type[BaseModel], env_file: Path | None) -> None:
    """Raise UserError for a variable that names no setting, and for a value that is not JSON."""
    fields = find_variables(model)
    for source, variables in (("", os.environ), (f" in {env_file}", _read_env_file(env_file))):
        for variable, value in variables.items():
            name = variable.upper()
            if not name.startswith(PREFIX) or name in TEST_VARIABLES or _KUBERNETES.fullmatch(name):
                continue
            if name not in fields:
                raise UserError(f"There is no setting {variable}{source}. {_suggest(name, fields)}")
            _check_json(name, value, fields[name], source)


def find_variables(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Find the variables that set something, each with its field.

    A group's option with the name of a setting of the whole installation follows that setting, and
    has no variable of its own.
    """
    shared = {
        name_variable(group, name)
        for group, field in model.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        for name in field.annotation.model_fields.keys() & model.model_fields.keys()
    }
    return {name: field for name, field in _walk(model.model_fields) if name not in shared}


def _suggest(name: str, variables: Iterable[str]) -> str:
    """Suggest the nearest variable, also for a name that lacks its group or has a wrong one."""
    nearest: dict[str, str] = {}
    for variable in variables:
        for part in (variable.removeprefix(PREFIX), variable.rpartition(DELIMITER)[2]):
            nearest.setdefault(part.removeprefix(PREFIX), variable)
    option = name.rpartition(DELIMITER)[2]
    near = [option] if option in nearest else get_close_matches(name[len(PREFIX) :], nearest, n=1)
    return f"Did you mean {nearest[near[0]]}?" if near else "docs/settings.md lists all settings."


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
    except (ValueError, RecursionError):
        example = examples.get(kind, '{"option": "value"}')
        raise UserError(f"{name}{source} is not JSON. Write it like {name}='{example}'.") from None


def _read_env_file(file: Path | None) -> dict[str, str | None]:
    """Read the variables of the file, if there is one. Raises UserError."""
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
    bindings = list(parse_stream(StringIO(text)))
    for binding in bindings:
        line = binding.original.string
        ours = _OUR_LINE.match(line)
        if ours and (binding.error or binding.value is None):
            # The rest of the line may be a secret.
            number = binding.original.line + line[: ours.start(1)].count("\n")
            raise UserError(
                f"Line {number} of {file.absolute()} does not set {ours[1]}. "
                f"Write it as {ours[1]}=value."
            )
    sound = "".join(binding.original.string for binding in bindings if not binding.error)
    return dict(dotenv_values(stream=StringIO(sound)))
