"""A clock for tests in one process."""


class ManualClock:
    """Time that moves only when it is told to."""

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
