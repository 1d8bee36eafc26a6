"""Channels: where messages go. apprise is kept silent, for its log lines quote parts of the URLs.

So are the lines that the HTTP client below it writes in the threads that deliver.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat, NotifyType
from pydantic import SecretStr

from wattif_dagster.alerting.message import Message

DELIVERY_THREADS = "wattif-delivery"
"""Name prefix of the threads that deliver."""

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
    by_key = {
        sha256(url.get_secret_value().encode()).hexdigest(): (f"channel {place}", url)
        for place, url in reversed(list(enumerate(urls, 1)))  # given twice: the first names it
    }
    return [Channel(key, name, partial(_send, url)) for key, (name, url) in by_key.items()][::-1]


def is_understood(url: SecretStr) -> bool:
    """Whether apprise knows a service for the URL; connects to nothing."""
    return _service(url) is not None


def _service(url: SecretStr) -> NotifyBase | None:
    asset = AppriseAsset(app_id="WattIf", app_desc="WattIf")
    return Apprise.instantiate(url.get_secret_value(), asset=asset)


def _send(url: SecretStr, message: Message) -> bool:
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
    of_a_delivery = (record.threadName or "").startswith(DELIVERY_THREADS)
    return record.name != _APPRISE and not of_a_delivery


# Filters: a logger that is merely disabled is enabled again by logging.config.dictConfig.
for _name in (_APPRISE, "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(_quotes_no_url)
