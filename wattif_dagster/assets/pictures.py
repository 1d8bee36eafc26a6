"""Pictures in the Dagster UI."""

import base64

from dagster import MarkdownMetadataValue, MetadataValue


def embedded(title: str, png: bytes) -> MarkdownMetadataValue:
    """The picture as metadata, without a file to keep."""
    return MetadataValue.md(f"![{title}](data:image/png;base64,{base64.b64encode(png).decode()})")
