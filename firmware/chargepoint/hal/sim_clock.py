"""The clock of a simulated station: any speed, and it can be moved."""

from .clock import difference, ticks


class SimClock:
    """Time that runs `speed` times as fast as real time and can be moved forward.

    tick_ms is the host's monotonic clock at the moment that counts as `now` = 0. Where both
    processes read the same clock, they agree to the millisecond; else boot counts from here.
    """

    def __init__(self, speed=1, tick_ms: int | None = None):
        here = ticks()
        if tick_ms is not None and 0 <= difference(here, tick_ms) < 5000:
            here = tick_ms
        self.speed = speed
        self._tick = here
        self._passed_ms = 0
        self._moved = 0

    def now(self) -> int:
        """ms since boot. To be called at least once in six days, for the tick wraps."""
        tick = ticks()
        self._passed_ms += difference(tick, self._tick)
        self._tick = tick
        return int(self._passed_ms * self.speed) + self._moved

    def real_ms(self, interval_ms: int) -> int:
        return max(1, int(interval_ms / self.speed)) if interval_ms > 0 else 0

    def advance(self, interval_ms: int) -> None:
        """Move the clock forward. Raises ValueError for a step back."""
        if interval_ms < 0:
            raise ValueError("time can't go back")
        self._moved += interval_ms
