"""Renders user values as GoogleSQL tokens that cannot end their quotes.

Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical
"""

import re

from .errors import ScanError

_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r"}
_NAME = re.compile(r"[^`\\\n]+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)

NUMERIC_TYPES = frozenset({"INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC"})
_TYPED_STRINGS = frozenset({"NUMERIC", "BIGNUMERIC", "DATE", "DATETIME", "TIME", "TIMESTAMP"})


def quote_string(value: str) -> str:
    """The value as a string literal."""
    escaped = "".join(_ESCAPES.get(char, char) for char in value)
    return f"'{escaped}'"


def quote_identifier(name: str) -> str:
    """The name or path, e.g. project.dataset.table, as a quoted identifier. Raises ScanError."""
    if not _NAME.fullmatch(name):
        raise ScanError(f"{name!r} is not a name")
    return f"`{name}`"


def render_literal(value: str, column_type: str) -> str:
    """The text as a literal of a column's type.

    Raises ScanError when the text is not a value of the type, or the type cannot be compared.
    """
    if column_type == "STRING":
        return quote_string(value)
    if column_type == "BOOL" and value.lower() in ("true", "false"):
        return value.upper()
    if column_type in NUMERIC_TYPES and not _NUMBER.fullmatch(value.strip()):
        raise ScanError(f"{value!r} is not a number")
    if column_type in _TYPED_STRINGS:
        return f"{column_type} {quote_string(value.strip())}"
    if column_type in NUMERIC_TYPES:
        return value.strip()
    raise ScanError(f"{value!r} cannot be compared with a column of type {column_type}")
