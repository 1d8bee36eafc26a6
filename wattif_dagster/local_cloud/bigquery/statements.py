"""Queries told from other statements by how they begin, without parsing them.

The emulator looks for DDL in each statement, and parses it each time.
"""

import re
from collections.abc import Callable
from typing import Any

_QUERY = re.compile(r"(?:\s|--[^\n]*\n)*(?:SELECT|WITH)\b", re.IGNORECASE)
"""No other statement of GoogleSQL begins so."""


def unless_query(heed: Callable[..., Any]) -> Callable[..., Any]:
    """`heed` does something about DDL in a statement, its first argument; nothing (None) about a
    query."""

    def heed_others(sql: str, *more: Any) -> Any:
        return None if _QUERY.match(sql) else heed(sql, *more)

    return heed_others
