"""Queries told from other statements by how they begin, without parsing them.

The emulator looks for DDL and DML in each statement, and parses it each time.
"""

import re
from collections.abc import Callable
from typing import Any

_QUERY = re.compile(r"(?:\s|--[^\n]*\n)*(?:SELECT|WITH)\b", re.IGNORECASE)
"""No other statement of GoogleSQL begins so."""


def is_query(statement: str) -> bool:
    """Whether it gives rows and changes nothing."""
    return bool(_QUERY.match(statement))


def skip_queries(
    handle: Callable[..., Any], statement: int = 0, answer_query: Callable[[], Any] = lambda: None
) -> Callable[..., Any]:
    """`handle` does something about statements; `answer_query` says what it gives for a query.

    `statement` is the place of the statement among its arguments.
    """

    def handle_others(*arguments: Any) -> Any:
        return answer_query() if is_query(arguments[statement]) else handle(*arguments)

    return handle_others


async def do_nothing() -> None:
    """What a coroutine that has nothing to do gives."""
