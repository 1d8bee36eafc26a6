"""The channels that messages are sent to.

Log lines of apprise and of its HTTP client quote parts of the URLs, which hold tokens. They are
dropped while a channel is used.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat, NotifyType
from pydantic import SecretStr

from wattif_dagster.alerting.message import Message

_IS_SILENT: ContextVar[bool] = ContextVar("wattif_channel_is_silent", default=False)
"""Set in the thread that uses a channel. apprise passes its context to threads of its own."""

_LOGGERS = ("apprise", "urllib3.connectionpool")


@dataclass(frozen=True)
class Channel:
    """`key` names it in the ledger, `name` in the log; `send` returns whether it took a message."""

    key: str
    name: str
    send: Callable[[Message], bool]


def make_channels(urls: Sequence[SecretStr]) -> list[Channel]:
    """Make a channel for each URL, named by its place, because a URL is never shown."""
    channels: dict[str, Channel] = {}
    for place, url in enumerate(urls, 1):
        key = sha256(url.get_secret_value().encode()).hexdigest()
        channels.setdefault(key, Channel(key, f"channel {place}", partial(_send, url)))
    return list(channels.values())


def is_understood(url: SecretStr) -> bool:
    """Whether apprise knows a service for the URL. It connects to nothing."""
    with _silence():
        return _find_service(url) is not None


def _find_service(url: SecretStr) -> NotifyBase | None:
    # Without a time limit apprise works in the caller's thread, not in a pool that all share.
    asset = AppriseAsset(app_id="WattIf", app_desc="WattIf", service_timeout=0)
    return Apprise.instantiate(url.get_secret_value(), asset=asset)


def _send(url: SecretStr, message: Message) -> bool:
    with _silence():
        apprise, service = Apprise(), _find_service(url)
        if service is None:
            return False
        apprise.add(service)
        return bool(
            apprise.notify(
                body=message.body,
                title=message.title,
                notify_type=NotifyType.WARNING,
                body_format=NotifyFormat.TEXT,
            )
        )


@contextmanager
def _silence() -> Iterator[None]:
    """Drop the log lines of this context inside the with block.

    A filter drops them, because logging.config.dictConfig enables disabled loggers again.
    """

    def is_from_elsewhere(_record: logging.LogRecord) -> bool:
        return not _IS_SILENT.get()

    token = _IS_SILENT.set(True)
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(is_from_elsewhere)
    try:
        yield
    finally:
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(is_from_elsewhere)
        _IS_SILENT.reset(token)
