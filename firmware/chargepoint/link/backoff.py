"""The next attempt to connect: after which wait (part 4, 5.3), and to which network profile."""

from ..compat import cold


class RetryBackOff:
    """The growing wait between attempts.

    First RetryBackOffWaitMinimum plus a random part; after each failure twice the previous wait
    plus a new random part; after RetryBackOffRepeatTimes doublings the last wait stays.
    """

    def __init__(self):
        self._wait_ms = None
        self._doublings = 0

    @cold
    def next_wait_ms(self, repeat_times: int, range_s: int, minimum_s: int, random: int) -> int:
        """The next wait. The three variables are read anew each time; random is 0..65535."""
        part_ms = range_s * 1000 * random // 65535
        if self._wait_ms is None:
            self._wait_ms = minimum_s * 1000 + part_ms
        elif self._doublings < repeat_times:
            self._doublings += 1
            self._wait_ms = 2 * self._wait_ms + part_ms
        return self._wait_ms

    @cold
    def reset(self) -> None:
        """After a successful connection the minimum holds again."""
        self._wait_ms = None
        self._doublings = 0


class Turns:
    """Which network profile to try: each of the list `attempts` times in its order (B10.FR.03).

    When all have failed, the one that worked last (B10.FR.07), then the list again (B10.FR.08).
    """

    def __init__(self):
        self._entry = 0
        self._tries = 0
        self.last_good = None  # a board may set it after a reboot

    @cold
    def next(self, profiles, attempts: int):
        """The profile to try now, None if there is none. The list may have changed meanwhile."""
        if self._tries >= attempts:
            self._tries = 0
            self._entry += 1
        past = self._entry - len(profiles)
        if past > 0 or (past == 0 and self.last_good is None):
            self._entry = 0
        if not profiles:
            return self.last_good
        self._tries += 1
        return profiles[self._entry] if self._entry < len(profiles) else self.last_good

    @cold
    def worked(self, profile) -> None:
        """Connected with this one. After a loss the list begins at its first again."""
        self.last_good = profile
        self._entry = self._tries = 0
