"""The clock of a stream: the wall's, or one that starts elsewhere and runs faster."""

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

LONGEST_WAIT_SECONDS = 0.5
"""How long a wait looks away from the event that ends it."""


@dataclass(frozen=True)
class Clock:
    """Shows `start` when it is made, and runs `speed` times as fast as the wall's."""

    start: datetime
    speed: float = 1
    _made: float = field(default_factory=time.monotonic)

    @classmethod
    def of_the_wall(cls) -> "Clock":
        """Make the clock of now."""
        return cls(datetime.now(UTC))

    def now(self) -> datetime:
        """What the clock shows, UTC."""
        return self.start + timedelta(seconds=(time.monotonic() - self._made) * self.speed)

    def seconds_since(self, instant: datetime) -> float:
        """Real seconds since the clock showed the instant; below 0 for one that is to come."""
        return (self.now() - instant).total_seconds() / self.speed

    def wait_until(self, instant: datetime, stop: threading.Event) -> None:
        """Wait until the clock shows the instant, or until `stop` is set."""
        while (seconds := -self.seconds_since(instant)) > 0:
            if stop.wait(min(seconds, LONGEST_WAIT_SECONDS)):
                return
