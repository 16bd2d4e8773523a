"""A contactor: one output for the coil, and the auxiliary contact that tells what is so.

Wiring: `coil` switches the coil (through a driver that falls off when the controller is reset: a
pull-down, no latch); `feedback` is a mirror contact, which can't show open while a main contact is
welded. It reads `closed_level` when the contactor is closed.

Nothing here waits: `close()` and `open()` answer None while the contacts move, and `poll` finds
out. Open must be seen twice in a row, closed once, so that bouncing contacts count as closed.
Without a feedback the contactor counts as closed from the command on, and as open `release_ms`
after the command: welding can't be seen then.

With `test` (a ResidualCurrent) the coil is switched on only after its self-test has passed. `cut`
is for an interrupt: it switches the coil off and allocates nothing.
"""

from ..compat import const

_SLACK_MS = const(350)  # a self-test of the monitor, contacts that bounce, polls

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from peripherals import Pin


class Contactor:
    """coil, feedback: as machine.Pin; pull_in_ms, release_ms: the longest it takes."""

    def __init__(
        self,
        coil: "Pin",
        feedback: "Pin | None" = None,
        closed_level: int = 0,
        pull_in_ms: int = 150,
        release_ms: int = 150,
        test=None,
    ):
        self._coil = coil
        self._feedback = feedback
        self._closed_level = closed_level
        self._pull_in_ms, self._release_ms = pull_in_ms, release_ms
        self.close_ms, self.open_ms = pull_in_ms + _SLACK_MS, release_ms + _SLACK_MS
        self._test = test
        self._commanded = self._energised = False
        self._late = False  # its time is over, and it has not followed
        self._by_ms = -1  # -1: time counts from the next poll
        coil.value(0)
        self._before = self._closed = self._shows_closed()

    def close(self):
        """True if it is closed now, False if it does not follow, None if it may still."""
        if not self._commanded:
            self._commanded, self._late, self._by_ms = True, False, -1
            if self._test is None:
                self._energise()
            else:
                self._test.start()
        return self._answer()

    def open(self):
        """True if it is open now, False if it is welded, None if it may still open."""
        self._coil.value(0)
        self._energised = False
        if self._commanded:
            self._commanded, self._late, self._by_ms = False, False, -1
        return self._answer()

    def cut(self) -> None:
        """Switch the coil off, from an interrupt. It takes a new `close` to close again."""
        self._coil.value(0)
        self._energised = self._commanded = self._late = False
        self._by_ms = -1

    def closed(self) -> bool:
        return self._closed

    def poll(self, now: int) -> None:
        if self._commanded and not self._energised and not self._late and self._test is not None:
            if self._test.passed:
                self._energise()
            elif self._test.fault is not None:
                self._late = True
        shows = self._shows_closed()
        if self._feedback is None and not self._energised:
            shows = self._closed and not self._late
        self._closed = shows or self._before
        self._before = shows
        if self._closed == self._commanded:
            self._late, self._by_ms = False, -1
        elif self._energised == self._commanded and not self._late:
            if self._by_ms < 0:
                self._by_ms = now + (self._pull_in_ms if self._commanded else self._release_ms)
            self._late = now >= self._by_ms
            if self._late and self._feedback is None:
                self._closed = self._before = False

    def _energise(self) -> None:
        self._energised = True
        self._coil.value(1)
        if self._feedback is None:
            self._closed = self._before = True

    def _shows_closed(self) -> bool:
        if self._feedback is None:
            return self._energised
        return self._feedback.value() == self._closed_level

    def _answer(self):
        if self._closed == self._commanded:
            return True
        return False if self._late else None
