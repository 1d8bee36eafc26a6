"""Keeps integers in nested results: COUNTIF and SUM of integers are INT64 in a STRUCT or ARRAY too.

DuckDB computes them as HUGEINT, which Arrow does not have, so they arrive as decimals. The emulator
corrects whole columns only.
"""

from collections.abc import Callable
from typing import Any

import pyarrow as pa

Annotate = Callable[[pa.Table, list[tuple[Any, ...]] | None], pa.Table]


def keep_integers(annotate: Annotate) -> Annotate:
    """Wrap `_annotate_with_duckdb_types`, so that every HUGEINT of a result becomes an int64.

    pyarrow raises ArrowInvalid for a number beyond 64 bits.
    """

    def annotate_integers(table: pa.Table, description: list[tuple[Any, ...]] | None) -> pa.Table:
        fields = [
            field.with_type(_find_type(field.type, kind))
            for field, (_, kind, *_) in zip(table.schema, description or [], strict=True)
        ]
        return annotate(table.cast(pa.schema(fields)), description)

    return annotate_integers


def _find_type(arrow: pa.DataType, kind: Any) -> pa.DataType:
    """The Arrow type of a DuckDB type, whose own is `arrow`, with int64 for HUGEINT."""
    match kind.id:
        case "hugeint":
            return pa.int64()
        case "list":
            ((_, element),) = kind.children
            return pa.list_(arrow.value_field.with_type(_find_type(arrow.value_type, element)))
        case "struct":
            return pa.struct(
                [
                    field.with_type(_find_type(field.type, child))
                    for field, (_, child) in zip(arrow, kind.children, strict=True)
                ]
            )
        case _:
            return arrow
