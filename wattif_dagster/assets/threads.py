"""Threads that a process may leave behind: it ends without waiting for them."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Answer = TypeVar("Answer")


def in_thread(function: Callable[[], Answer]) -> Future[Answer]:
    """What the function will return or raise, in a thread of its own.

    A pool's threads would be joined at exit, however long they take: a second Ctrl-C ends the
    process at once.
    """
    answer: Future[Answer] = Future()

    def run() -> None:
        try:
            answer.set_result(function())
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=run, name="beside", daemon=True).start()
    return answer
