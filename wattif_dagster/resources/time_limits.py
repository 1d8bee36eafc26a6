"""A time limit for every request of a stock client."""

from typing import Any

import requests
from requests.adapters import HTTPAdapter


class TimeLimitAdapter(HTTPAdapter):
    """Sends requests that may take so many seconds to connect, and as many between two bytes.

    Mount it on the session of a client. A longer limit of a request is cut to this one.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def send(
        self, request: requests.PreparedRequest, *args: Any, timeout: Any = None, **options: Any
    ) -> requests.Response:
        """Send the request. Raises requests.Timeout when the limit is over."""
        connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        limits = self._cut(connect), self._cut(read)
        return super().send(request, *args, timeout=limits, **options)

    def _cut(self, limit: float | None) -> float:
        return self._seconds if limit is None else min(limit, self._seconds)
