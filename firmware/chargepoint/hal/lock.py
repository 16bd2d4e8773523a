"""The lock of a socket: a motor that is driven for a moment, or a solenoid that is held.

Wiring: a motor lock has two outputs, `extend` locks and `retract` unlocks, never both at once; a
solenoid lock has `extend` only, which is on while it shall be locked. `feedback` reads
`locked_level` when the bolt is in place, or is None: then the bolt is believed to follow.

`lock()` and `unlock()` answer None while the bolt moves. A pulse ends at the first poll after
`pulse_ms`; a bolt that is not where it should be gets another two, with pauses for the motor to
cool, then the fault ConnectorLockFailure holds until it is there. The outputs go off only by a
poll, so a motor needs a fuse or a driver with a limit of its own for a program that has died.
"""

from ..compat import const

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from peripherals import Pin

_TRIES = const(3)
_IDLE, _PULSE, _PAUSE = const(0), const(1), const(2)


class Lock:
    """extend, retract, feedback: as machine.Pin; retract None: a solenoid."""

    def __init__(
        self,
        extend: "Pin",
        retract: "Pin | None" = None,
        feedback: "Pin | None" = None,
        locked_level: int = 1,
        pulse_ms: int = 600,
        pause_ms: int = 1000,
    ):
        self._extend, self._retract, self._feedback = extend, retract, feedback
        self._locked_level = locked_level
        self._pulse_ms, self._pause_ms = pulse_ms, pause_ms
        self.fault: str | None = None
        self._wanted: bool | None = None  # nothing is moved before the first command
        self._phase = _IDLE
        self._by_ms = 0  # of the phase
        self._tries = 0
        self._halfway = False  # the bolt was stopped on its way, whatever the feedback says
        extend.value(0)
        if retract is not None:
            retract.value(0)
        self._locked = False
        self._locked = self._shows()

    def lock(self):
        """True if it is locked now, None if it may still become so: see locked() and fault."""
        return self._command(True)

    def unlock(self):
        """True if it is unlocked now, None if it may still become so: see locked() and fault."""
        return self._command(False)

    def locked(self) -> bool:
        return self._locked

    def poll(self, now: int) -> None:
        self._locked = self._shows()
        if self._wanted is None:
            return
        if self._phase == _IDLE:
            if self._locked == self._wanted and not self._halfway:
                self._tries = 0
                self.fault = None
            elif self.fault is None:  # not there yet, or not there any more
                self._start(now)
        elif now >= self._by_ms:
            if self._phase == _PULSE:
                self._end_pulse(now)
            else:
                self._phase = _IDLE

    def _command(self, wanted: bool):
        if wanted != self._wanted or self.fault is not None:
            self._wanted = wanted
            self._tries = 0
            self.fault = None
            self._rest()
            if self._phase == _PULSE:  # the motor stops before it turns
                self._phase = _IDLE
                self._halfway = True
        there = self._locked == wanted and self._phase != _PULSE and not self._halfway
        return True if there else None

    def _start(self, now: int) -> None:
        self._tries += 1
        self._halfway = False
        self._phase, self._by_ms = _PULSE, now + self._pulse_ms
        if self._wanted:
            self._extend.value(1)
        elif self._retract is not None:
            self._retract.value(1)

    def _end_pulse(self, now: int) -> None:
        self._rest()
        if self._feedback is None:
            self._locked = self._wanted is True
        else:
            self._locked = self._shows()
        self._phase, self._by_ms = _PAUSE, now + self._pause_ms
        if self._locked != self._wanted and self._tries >= _TRIES:
            self.fault = "ConnectorLockFailure"

    def _rest(self) -> None:
        """All outputs off, but for a solenoid that holds."""
        if self._retract is not None:
            self._retract.value(0)
            self._extend.value(0)
        else:
            self._extend.value(1 if self._wanted else 0)

    def _shows(self) -> bool:
        if self._feedback is None:
            return self._locked
        return self._feedback.value() == self._locked_level


class NoLock:
    """A fixed cable: there is nothing to lock."""

    def lock(self) -> bool:
        return False

    def unlock(self) -> bool:
        return True

    def locked(self) -> bool:
        return False
