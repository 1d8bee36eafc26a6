"""What of a day has arrived so far, for who watches."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from wattif_dagster.ingest.manifest import ManifestObject

LISTENER_PAUSE_SECONDS = 1.0
"""A listener may write a line of a log: a day may have 100,000 objects."""


@dataclass
class Progress:
    """What has arrived so far; `listener` is told at most once a second, and at the end."""

    objects_total: int
    objects: int = 0
    objects_kept: int = 0
    bytes: int = 0
    rows: int = 0
    listener: Callable[["Progress"], None] | None = None
    _told: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, done: list[ManifestObject], *, kept: bool) -> None:
        """Count objects as arrived; `kept` ones were in the store already."""
        with self._lock:
            self.objects += len(done)
            self.objects_kept += len(done) if kept else 0
            self.bytes += sum(item.bytes for item in done)
            self.rows += sum(item.rows for item in done)
            now = time.monotonic()
            ended = self.objects == self.objects_total
            if self.listener and (ended or now - self._told >= LISTENER_PAUSE_SECONDS):
                self._told = now
                self.listener(self)
