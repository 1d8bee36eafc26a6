"""Renders the parts of DuckDB SQL that load jobs and external tables share."""

from collections.abc import Iterable, Sequence

from bqemulator.api.routes.tables import _field_to_rest
from bqemulator.catalog.models import TableFieldSchema
from bqemulator.storage.type_map import bq_schema_to_duckdb_columns


def quote_literal(text: str) -> str:
    """The text as a string literal."""
    return "'" + text.replace("'", "''") + "'"


def quote_identifier(name: str) -> str:
    """The name as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def render_string_list(texts: Iterable[str]) -> str:
    """The texts as a list of string literals."""
    return "[" + ", ".join(map(quote_literal, texts)) + "]"


def render_json_columns(fields: Sequence[TableFieldSchema]) -> str:
    """The `columns` argument of read_json for a BigQuery schema."""
    columns = bq_schema_to_duckdb_columns([_field_to_rest(field) for field in fields])
    return (
        "{"
        + ", ".join(f"{quote_literal(name)}: {quote_literal(kind)}" for name, kind in columns)
        + "}"
    )
