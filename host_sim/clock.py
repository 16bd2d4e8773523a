"""The world's clock: real, scaled or moved forward. The station's process runs on the same one.

`speed` None is the virtual clock of `--speed max`: it runs as real time does, and jumps.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime


class WorldClock:
    """Milliseconds since the simulator began, and the time of day that goes with them."""

    def __init__(self, speed: float | None, epoch_ms: int | None = None) -> None:
        self.speed = speed
        self._moved_ms = 0
        self._start_ms = monotonic_ms()
        self._epoch_ms = int(time.time() * 1000) if epoch_ms is None else epoch_ms

    @property
    def rate(self) -> float:
        """Simulated seconds per second while nothing jumps."""
        return 1 if self.speed is None else self.speed

    @property
    def is_real(self) -> bool:
        return self.speed == 1

    def now(self) -> int:
        return int((monotonic_ms() - self._start_ms) * self.rate) + self._moved_ms

    def real_s(self, interval_ms: float) -> float:
        """How many seconds an interval of this clock takes outside."""
        return max(0.0, interval_ms / 1000 / self.rate)

    def advance(self, interval_ms: int) -> None:
        self._moved_ms += interval_ms

    def epoch_ms(self, now: int | None = None) -> int:
        """Milliseconds since 1970 at the moment `now`."""
        return self._epoch_ms + (self.now() if now is None else now)

    def text(self, milliseconds: bool = False) -> str:
        """The present moment as RFC 3339 in UTC."""
        moment = datetime.fromtimestamp(self.epoch_ms() / 1000, UTC)
        text = moment.isoformat(timespec="milliseconds" if milliseconds else "seconds")
        return text.replace("+00:00", "Z")


def monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000
