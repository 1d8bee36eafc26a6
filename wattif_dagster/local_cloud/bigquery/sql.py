"""Pieces of DuckDB SQL that loads and external tables share."""

from collections.abc import Iterable, Sequence

from bqemulator.api.routes.tables import _field_to_rest
from bqemulator.catalog.models import TableFieldSchema
from bqemulator.storage.type_map import bq_schema_to_duckdb_columns


def literal(text: str) -> str:
    """A string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def string_list(texts: Iterable[str]) -> str:
    """A list of string literals."""
    return "[" + ", ".join(map(literal, texts)) + "]"


def json_columns(fields: Sequence[TableFieldSchema]) -> str:
    """The `columns` argument of read_json for a BigQuery schema."""
    columns = bq_schema_to_duckdb_columns([_field_to_rest(field) for field in fields])
    return "{" + ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in columns) + "}"
