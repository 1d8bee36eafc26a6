"""Recognizes a query by its first word, without a parser.

The emulator parses each statement several times to look for DDL and DML.
"""

import re
from collections.abc import Callable
from typing import Any

_QUERY = re.compile(r"(?:\s|--[^\n]*\n)*(?:SELECT|WITH)\b", re.IGNORECASE)
"""In GoogleSQL, only queries begin with these words."""


def is_query(statement: str) -> bool:
    """Whether the statement returns rows and changes nothing."""
    return bool(_QUERY.match(statement))


def skip_queries(
    handle: Callable[..., Any], statement: int = 0, answer_query: Callable[[], Any] = lambda: None
) -> Callable[..., Any]:
    """Wrap `handle`, so that it is not called for a query.

    `statement` is the position of the statement in the arguments of `handle`. The wrapped function
    returns the value of `answer_query` for a query.
    """

    def handle_others(*arguments: Any) -> Any:
        return answer_query() if is_query(arguments[statement]) else handle(*arguments)

    return handle_others


async def do_nothing() -> None:
    """Return None, in place of a coroutine that handles DDL or DML."""
