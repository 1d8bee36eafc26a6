"""Checks a folder of Terraform files without their providers, against a file of schemas.

It finds what `terraform validate` would find: arguments that are misspelt or missing, resources of
another provider, and references to nothing.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import hcl2

Body: TypeAlias = Mapping[str, Any]
Schema: TypeAlias = Mapping[str, Any]
"""`required`, `optional` and `exported` names, and a Schema for each of the `blocks`."""

META_ARGUMENTS = {"count", "depends_on", "for_each", "lifecycle", "provider"}
ADDED_BY_PARSER = {"__is_block__", "__comments__"}
ALWAYS_THERE = {"each.key", "each.value", "path.module"}
REFERENCE = re.compile(r"(?<![\w.\]])([A-Za-z_]\w*)\.(\w+)(?:\.(\w+))?")
LOOP = re.compile(r"\bfor\s+(\w+)(?:\s*,\s*(\w+))?\s+in\b")


class Module:
    """The blocks of all files of a folder."""

    def __init__(self, folder: Path, schemas: Mapping[str, Schema]):
        self.files = [hcl2.loads(path.read_text()) for path in sorted(folder.glob("*.tf"))]
        self.schemas = schemas

    @cached_property
    def resources(self) -> dict[str, Body]:
        """The resources by address, such as google_storage_bucket.readings."""
        return {
            f"{_unquote(kind)}.{_unquote(name)}": body
            for block in self._read_blocks("resource")
            for kind, named in block.items()
            for name, body in named.items()
        }

    def find_faults(self) -> list[str]:
        """Find all faults, each with the resource or the reference that has it."""
        faults = []
        for address, body in self.resources.items():
            schema = self.schemas.get(address.partition(".")[0])
            if schema is None:
                faults.append(f"{address}: there is no schema of this resource")
                continue
            provider = _unquote(body.get("provider", "google"))
            if provider != schema.get("provider", "google"):
                faults.append(f"{address}: the provider {provider} does not have this resource")
            faults += [f"{address}{fault}" for fault in _find_body_faults(body, schema)]
        return faults + [
            f"{reference} is declared nowhere"
            for file in self.files
            for reference in find_references(file)
            if not self._is_declared(reference)
        ]

    def find_dependencies(self, address: str) -> set[str]:
        """Find the resources that exist before this one, through others too."""
        found: set[str] = set()
        waiting = [address]
        while waiting:
            for reference in find_references(self.resources[waiting.pop()]):
                needed = ".".join(reference.split(".")[:2])
                if needed in self.resources and needed not in found:
                    found.add(needed)
                    waiting.append(needed)
        return found

    def _read_blocks(self, kind: str) -> Iterator[Body]:
        for file in self.files:
            yield from file.get(kind, [])

    @cached_property
    def _declared(self) -> set[str]:
        variables = {f"var.{_unquote(n)}" for block in self._read_blocks("variable") for n in block}
        values = {f"local.{name}" for block in self._read_blocks("locals") for name in block}
        return ALWAYS_THERE | variables | values

    def _is_declared(self, reference: str) -> bool:
        kind, name, *attribute = reference.split(".")
        if f"{kind}.{name}" not in self.resources:
            return f"{kind}.{name}" in self._declared
        return {*attribute} <= {"id", *_list_names(self.schemas.get(kind, {}))}


def find_references(value: Any, iterators: frozenset[str] = frozenset()) -> Iterator[str]:
    """Find the first two or three names of each reference in a value, without loop variables."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            names = {_unquote(name) for block in item for name in block} if key == "dynamic" else ()
            yield from find_references(item, iterators.union(names))
    elif isinstance(value, list):
        for item in value:
            yield from find_references(item, iterators)
    elif isinstance(value, str):
        code = _leave_out_text(value)
        loops = {name for match in LOOP.findall(code) for name in match}
        for names in REFERENCE.findall(code):
            if names[0] not in loops | iterators:
                yield ".".join(filter(None, names))


def _find_body_faults(body: Body, schema: Schema) -> Iterator[str]:
    """Find faults of a resource or block; each continues the address of what has it."""
    parts = {_unquote(key): value for key, value in body.items()}
    nested = [(name, block) for name in schema.get("blocks", ()) for block in parts.get(name, ())]
    for dynamic in parts.pop("dynamic", ()):
        ((label, generated),) = dynamic.items()
        nested += [(_unquote(label), block) for block in generated["content"]]
    given = {*parts, *(name for name, _ in nested)} - META_ARGUMENTS - ADDED_BY_PARSER
    settable = {*schema.get("required", ()), *schema.get("optional", ())}
    yield from (f": {name} is no argument" for name in sorted(given - settable))
    yield from (f": {name} is missing" for name in schema.get("required", ()) if name not in given)
    for name, block in nested:
        inner = schema.get("blocks", {}).get(name, {})
        yield from (f".{name}{fault}" for fault in _find_body_faults(block, inner))


def _list_names(schema: Schema) -> Iterator[str]:
    for key in ("required", "optional", "exported"):
        yield from schema.get(key, ())


def _unquote(text: str) -> str:
    return text.strip('"')


def _leave_out_text(value: str) -> str:
    """Keep the expressions of a parsed value: what its `${}` have, without the texts in them."""
    kept = []
    inside = ["text"]
    for match in re.finditer(r"\$\{|[{}\"]|[^{}\"$]+|\$", value):
        token = match[0]
        code = inside[-1] == "code"
        if token == "${" or (token == "{" and code):
            inside.append("code")
        elif token == "}" and code:
            inside.pop()
        elif token == '"' and code:
            inside.append("text")
        elif token == '"' and len(inside) > 1:
            inside.pop()
        elif code:
            kept.append(token)
    return " ".join(kept)
