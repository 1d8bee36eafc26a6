"""How a landing reports its progress, and how it is stopped."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from wattif_dagster.ingest.manifest import ManifestObject

REPORT_PAUSE_SECONDS = 1.0
"""A report may be a line of a log, and a day may have 100,000 objects."""


@dataclass(frozen=True)
class Progress:
    """How much of a day has arrived so far; `objects_kept` were in the bucket before."""

    objects_total: int
    objects: int = 0
    objects_kept: int = 0
    bytes: int = 0
    rows: int = 0


@dataclass(frozen=True)
class Monitor:
    """`report` is called at most once a second and at the end; set `stop` to end the landing."""

    report: Callable[[Progress], None] = lambda _progress: None
    stop: threading.Event = field(default_factory=threading.Event)


class ProgressCounter:
    """Counts arriving objects for a monitor. Many threads may use it."""

    def __init__(self, objects_total: int, monitor: Monitor) -> None:
        self.progress = Progress(objects_total)
        self._monitor = monitor
        self._reported_at = float("-inf")
        self._lock = threading.Lock()

    def add(self, done: Sequence[ManifestObject], *, kept: bool) -> None:
        """Count objects as arrived."""
        with self._lock:
            before = self.progress
            self.progress = Progress(
                objects_total=before.objects_total,
                objects=before.objects + len(done),
                objects_kept=before.objects_kept + (len(done) if kept else 0),
                bytes=before.bytes + sum(item.bytes for item in done),
                rows=before.rows + sum(item.rows for item in done),
            )
            complete = self.progress.objects == self.progress.objects_total
            now = time.monotonic()
            if complete or now - self._reported_at >= REPORT_PAUSE_SECONDS:
                self._reported_at = now
                self._monitor.report(self.progress)
