"""Statements that scan the partitions of a table twice with reason."""

SCANNED_TWICE: dict[tuple[str, str], str] = {}
"""Why, by the table that a statement fills (or "" for a query) and the table that it scans."""
