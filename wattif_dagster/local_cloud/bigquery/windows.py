"""Refuses a window that is partitioned by a FLOAT64, as BigQuery does.

DuckDB partitions by any type, and the types are known only when it binds a statement. There is one
error that DuckDB raises while it binds and whose text can depend on a type: that of a field that a
struct does not have. So each partitioning expression becomes the field of a struct, whose name
depends on the type of the expression. DuckDB computes the name before it reads a row.
"""

from collections.abc import Callable
from typing import Any

import sqlglot
from bqemulator.domain.errors import DomainError, InvalidQueryError
from bqemulator.domain.result import Ok, Result
from sqlglot import exp

REFUSAL = "Partitioning by expressions of type FLOAT64 is not allowed"

Translate = Callable[..., Result[str, Any]]


def refuse_float_partitions(translate: Translate) -> Translate:
    """Wrap `SQLTranslator.translate`, so that DuckDB refuses the windows in its translation."""

    def translate_and_guard(*arguments: Any, **options: Any) -> Result[str, Any]:
        match translate(*arguments, **options):
            case Ok(sql) if "PARTITION BY" in sql:
                return Ok(_guard_windows(sql))
            case other:
                return other

    return translate_and_guard


def _guard_windows(sql: str) -> str:
    tree = sqlglot.parse_one(sql, read="duckdb")
    for window in list(tree.find_all(exp.Window)):
        keys = [_guard(key.sql("duckdb")) for key in window.args.get("partition_by") or ()]
        window.set("partition_by", [sqlglot.parse_one(key, read="duckdb") for key in keys])
    return tree.sql("duckdb")


def _guard(key: str) -> str:
    return (
        f"STRUCT_EXTRACT({{'allowed': {key}}}, "
        f"CASE WHEN TYPEOF({key}) IN ('DOUBLE', 'FLOAT') THEN '{REFUSAL}' ELSE 'allowed' END)"
    )


def explain_refusal(raw: str, _sql: str | None) -> DomainError | None:
    """Answer a refusal in BigQuery's words; None for another error of DuckDB."""
    return InvalidQueryError(REFUSAL, location="query") if f'key "{REFUSAL}"' in raw else None
