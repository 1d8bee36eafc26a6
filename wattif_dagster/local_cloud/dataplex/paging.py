"""Divides a list into pages. Page tokens stay valid when the list changes between pages."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import TypeVar

from .errors import invalid_argument

MAX_PAGE_SIZE = 1000

T = TypeVar("T")


def take_page(
    items: Sequence[T],
    key: Callable[[T], str],
    *,
    size: int,
    default_size: int,
    token: str,
    scope: str,
    descending: bool = False,
) -> tuple[Sequence[T], str]:
    """The page after the one that returned `token`, and the next token ("" at the end).

    `items` are sorted by `key`, which is unique. `scope` has the other parameters of the request,
    which must be the same for all pages. Raises ApiError INVALID_ARGUMENT.
    """
    if size < 0:
        raise invalid_argument(f"page_size: must not be negative, not {size}")
    size = min(size or default_size, MAX_PAGE_SIZE)
    if token:
        last = _decode(token, scope)
        items = [item for item in items if (key(item) < last if descending else key(item) > last)]
    more = len(items) > size
    return items[:size], _encode(key(items[size - 1]), scope) if more else ""


def _encode(last: str, scope: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([scope, last]).encode()).decode()


def _decode(token: str, scope: str) -> str:
    try:
        token_scope, last = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError):
        token_scope, last = None, None
    if token_scope != scope or not isinstance(last, str):
        raise invalid_argument("page_token: not a token of this list")
    return last
