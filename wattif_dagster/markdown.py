"""Metadata for the Dagster UI as Markdown: images and tables."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from dagster import MarkdownMetadataValue, MetadataValue

ROWS_LISTED = 20


def image(title: str, png: bytes) -> MarkdownMetadataValue:
    """Show a PNG, which the metadata itself contains."""
    return MetadataValue.md(f"![{title}](data:image/png;base64,{base64.b64encode(png).decode()})")


def table(columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> MarkdownMetadataValue:
    """Show the first rows. `columns` maps each heading to its format, e.g. "{hours}"."""
    lines = [_join_cells(columns), _join_cells(["---"] * len(columns), gap="")]
    for row in islice(rows, ROWS_LISTED):
        lines.append(_join_cells([cell.format_map(row) for cell in columns.values()]))
    return MetadataValue.md("\n".join(lines))


def _join_cells(cells: Sequence[str] | Mapping[str, str], gap: str = " ") -> str:
    escaped = (cell.replace("|", "\\|") for cell in cells)  # a serial may hold one
    return "|" + "|".join(f"{gap}{cell}{gap}" for cell in escaped) + "|"
