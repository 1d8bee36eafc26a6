"""Channels: where messages go. apprise is kept silent, for its log lines quote parts of the URLs.

So is the HTTP client below it, while it delivers.
"""

import logging
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat, NotifyType
from pydantic import SecretStr

from wattif_dagster.alerting.message import Message

_DELIVERS: ContextVar[bool] = ContextVar("wattif_delivers", default=False)
"""Set in the thread of a delivery; apprise hands its context on to threads of its own."""

_APPRISE = "apprise"
"""The logger of all of apprise."""


@dataclass(frozen=True)
class Channel:
    """`key` names it in the ledger, `name` to people; `send` says whether it took the message."""

    key: str
    name: str
    send: Callable[[Message], bool]


def channels_of(urls: Sequence[SecretStr]) -> list[Channel]:
    """A channel for each URL, named by its place, for a URL is never shown."""
    channels: dict[str, Channel] = {}
    for place, url in enumerate(urls, 1):
        key = sha256(url.get_secret_value().encode()).hexdigest()
        channels.setdefault(key, Channel(key, f"channel {place}", partial(_send, url)))
    return list(channels.values())


def is_understood(url: SecretStr) -> bool:
    """Whether apprise knows a service for the URL; connects to nothing."""
    return _service(url) is not None


def _service(url: SecretStr) -> NotifyBase | None:
    # Without a time limit apprise works in the caller's thread, not in a pool that all share.
    asset = AppriseAsset(app_id="WattIf", app_desc="WattIf", service_timeout=0)
    return Apprise.instantiate(url.get_secret_value(), asset=asset)


def _send(url: SecretStr, message: Message) -> bool:
    _DELIVERS.set(True)
    apprise, service = Apprise(), _service(url)
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


def _quotes_no_url(record: logging.LogRecord) -> bool:
    return record.name != _APPRISE and not _DELIVERS.get()


# Filters: a logger that is merely disabled is enabled again by logging.config.dictConfig.
for _name in (_APPRISE, "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(_quotes_no_url)
