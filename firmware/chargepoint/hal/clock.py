"""Milliseconds since boot, from the interpreter's wrapping tick or the monotonic clock.

It does not know the time of day. The simulator's clock is in `sim_clock`.
"""

import time

from ..compat import MICROPYTHON

if MICROPYTHON:
    ticks, difference = time.ticks_ms, time.ticks_diff  # pyright: ignore[reportAttributeAccessIssue]
else:

    def ticks() -> int:
        return time.monotonic_ns() // 1000000

    def difference(end: int, start: int) -> int:
        return end - start


class Clock:
    """Real time."""

    def __init__(self):
        self._tick = ticks()
        self._now = 0

    def now(self) -> int:
        """ms since boot. To be called at least once in six days, for the tick wraps."""
        tick = ticks()
        self._now += difference(tick, self._tick)
        self._tick = tick
        return self._now

    def real_ms(self, interval_ms: int) -> int:
        """How long an interval of this clock lasts outside, at least 1 ms if it is not over."""
        return interval_ms
