"""Renders SQL files, in which `$name` stands for a value.

A line with `{name}` is repeated for each value of that name, such as `{hour}`. Every value comes
from code and never from a user, because it is not quoted.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template


def read_sql(file: Path) -> str:
    """Read a SQL file without the white space around it."""
    return file.read_text("utf-8").strip()


def render_sql(
    file: Path, each: Mapping[str, Sequence[str]] | None = None, **values: object
) -> str:
    """Render a SQL file. `each` has the values of repeated lines.

    Raises KeyError for a name without a value.
    """
    text = read_sql(file)
    for name, repeated in (each or {}).items():
        text = _repeat_lines(text, f"{{{name}}}", repeated)
    return Template(text).substitute(values)


def _repeat_lines(text: str, mark: str, values: Sequence[str]) -> str:
    lines: list[str] = []
    for line in text.splitlines():
        lines += [line.replace(mark, value) for value in values] if mark in line else [line]
    return "\n".join(lines)
