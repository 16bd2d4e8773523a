"""The residual current monitor: 6 mA DC (IEC 62955) and 30 mA AC, as one trip input.

Wiring: `trip` reads `trip_level` while the monitor has tripped (choose the level that a broken
wire gives, with the pull resistor to match); `test` is the monitor's test input, high for a test,
or None. The interrupt of the trip input latches pulses that are shorter than a poll and calls
`on_trip`, for which `Contactor.cut` is made: the coil is off before the program knows of it.

A trip is the fault GroundFailure. It holds until the input is quiet and `cleared()` says that it
may go, for instance that the EV is unplugged; without `cleared` it holds until the restart. A
self-test (`start`, then `passed` or a fault) must trip the input and let it go again, each within
`test_ms`; `Contactor` allows 350 ms for all of it, so the monitor must be quicker than that.

What this does not do: replace the protective device that disconnects by itself.
"""

from ..compat import const

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from peripherals import InterruptPin, Pin

_QUIET_MS = const(1000)
_IDLE, _TESTING, _RELEASING = const(0), const(1), const(2)


class ResidualCurrent:
    """trip, test: as machine.Pin; on_trip, cleared: callables or None.

    hard: ask for a hard interrupt, which is not kept waiting by a TLS handshake (STM32).
    """

    def __init__(
        self,
        trip: "InterruptPin",
        test: "Pin | None" = None,
        trip_level: int = 1,
        on_trip=None,
        cleared=None,
        test_ms: int = 150,
        hard: bool = False,
    ):
        self._trip, self._test = trip, test
        self._trip_level = trip_level
        self._on_trip, self._cleared = on_trip, cleared
        self._test_ms = test_ms
        self.fault: str | None = None
        self.passed = False  # the latest self-test; always if there is none
        self._phase = _IDLE
        self._by_ms = -1  # of the test; -1: from the first poll on
        self._quiet_ms: int | None = None
        self._seen = False
        if test is not None:
            test.value(0)
        edge = trip.IRQ_RISING if trip_level else trip.IRQ_FALLING
        if hard:
            trip.irq(self._interrupt, edge, hard=True)  # pyright: ignore[reportCallIssue]
        else:
            trip.irq(self._interrupt, edge)

    def start(self) -> None:
        """Begin a self-test."""
        self.passed = self._test is None and self.fault is None
        if self._test is not None and self.fault is None:
            self._phase, self._by_ms, self._seen = _TESTING, -1, False
            self._test.value(1)

    def poll(self, now: int) -> None:
        active = self._trip.value() == self._trip_level
        seen = active or self._seen
        if self._phase != _IDLE:
            self._poll_test(active, seen, now)
            return
        self._seen = False
        if seen:
            self.fault, self.passed, self._quiet_ms = "GroundFailure", False, None
        elif self.fault is not None and self._cleared is not None and self._cleared():
            if self._quiet_ms is None:
                self._quiet_ms = now + _QUIET_MS
            elif now >= self._quiet_ms:
                self.fault = None
        else:
            self._quiet_ms = None

    def _poll_test(self, active: bool, seen: bool, now: int) -> None:
        if self._by_ms < 0:
            self._by_ms = now + self._test_ms
        if self._phase == _TESTING and seen:
            self._test.value(0)
            self._phase, self._by_ms = _RELEASING, now + self._test_ms
        elif self._phase == _RELEASING and not active:
            self._phase, self._seen, self.passed = _IDLE, False, True
        elif now >= self._by_ms:
            self._test.value(0)
            self._phase, self.fault, self._quiet_ms = _IDLE, "GroundFailure", None

    def _interrupt(self, pin) -> None:
        self._seen = True
        if self._phase == _IDLE and self._on_trip is not None:
            self._on_trip()
