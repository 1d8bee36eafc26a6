"""Renders SQL files, in which `$name` stands for a value.

Every value comes from code and never from a user, because it is not quoted.
"""

from pathlib import Path
from string import Template


def read_sql(file: Path) -> str:
    """Read a SQL file without the white space around it."""
    return file.read_text("utf-8").strip()


def render_sql(file: Path, **values: object) -> str:
    """Render a SQL file. Raises KeyError for a name without a value."""
    return Template(read_sql(file)).substitute(values)
