"""Counts what a query reads: the columns of each scan of a table.

A CTE is read again for each reference to it, as BigQuery does.
"""

from collections.abc import Iterable, Iterator

import sqlglot
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from wattif_dagster.schemas import Table

Scan = tuple[str, frozenset[str]]
"""A table, and the columns of it that are read."""


def find_scans(sql: str, tables: Iterable[Table]) -> list[Scan]:
    """Find the scans of a query in BigQuery's SQL, whose tables have names without a dataset."""
    schema: dict[str, object] = {
        table.name: {c.name: c.type for c in table.columns} for table in tables
    }
    query = qualify(sqlglot.parse_one(sql, read="bigquery"), schema=schema, dialect="bigquery")
    scope = build_scope(pushdown_projections(query, schema=schema, dialect="bigquery"))
    assert scope
    return list(_walk(scope))


def _walk(scope: Scope) -> Iterator[Scan]:
    for part in (*scope.union_scopes, *scope.subquery_scopes):
        yield from _walk(part)
    for name, (node, source) in scope.selected_sources.items():
        if isinstance(source, Scope):
            yield from _walk(source)
        elif node.name and not name.startswith("_unnest"):
            columns = {column.name for column in scope.columns if column.table == name}
            yield source.name, frozenset(columns)
