"""Milliseconds since boot, from the interpreter's wrapping tick or the monotonic clock.

`Clock` is what a board uses. `SimClock` runs at any speed and can be moved, for the simulator.
Neither knows the time of day.
"""

import time


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1000000


def _minus(end: int, start: int) -> int:
    return end - start


_ticks = getattr(time, "ticks_ms", _monotonic_ms)
_difference = getattr(time, "ticks_diff", _minus)


class Clock:
    """Real time."""

    def __init__(self):
        self._tick = _ticks()
        self._now = 0

    def now(self) -> int:
        """ms since boot. To be called at least once in six days, for the tick wraps."""
        tick = _ticks()
        self._now += _difference(tick, self._tick)
        self._tick = tick
        return self._now

    def real_ms(self, interval_ms: int) -> int:
        """How long an interval of this clock lasts outside, at least 1 ms if it is not over."""
        return interval_ms


class SimClock:
    """Time that runs `speed` times as fast as real time and can be moved forward.

    tick_ms is the host's monotonic clock at the moment that counts as `now` = 0. Where both
    processes read the same clock, they agree to the millisecond; else boot counts from here.
    """

    def __init__(self, speed=1, tick_ms: int | None = None):
        here = _ticks()
        if tick_ms is not None and 0 <= _difference(here, tick_ms) < 5000:
            here = tick_ms
        self.speed = speed
        self._start = here
        self._moved = 0

    def now(self) -> int:
        return int(_difference(_ticks(), self._start) * self.speed) + self._moved

    def real_ms(self, interval_ms: int) -> int:
        return max(1, int(interval_ms / self.speed)) if interval_ms > 0 else 0

    def advance(self, interval_ms: int) -> None:
        """Move the clock forward. Raises ValueError for a step back."""
        if interval_ms < 0:
            raise ValueError("time can't go back")
        self._moved += interval_ms


class ManualClock:
    """Time that moves only when it is told to: for tests in one process."""

    def __init__(self):
        self._now = 0

    def now(self) -> int:
        return self._now

    def real_ms(self, interval_ms: int) -> int:
        return 0

    def advance(self, interval_ms: int) -> None:
        if interval_ms < 0:
            raise ValueError("time can't go back")
        self._now += interval_ms
