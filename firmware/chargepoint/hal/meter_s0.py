"""An energy meter with pulses (S0, IEC 62053-31): counts them in an interrupt.

Wiring: the meter's open collector between earth and an input with a pull-up, so that a pulse is
low for at least 30 ms. Pulses that follow within `debounce_ms` are the bouncing of one.

The energy register is `pulses` from the board's store plus what was counted; `save(pulses)` is
called every `save_wh` and once when the flow has ended, so that flash wears slowly. What was
counted since then is lost in a power cut, and so the register may start that much lower.

Power follows from the time between pulses; current and voltage are not known. A broken wire can't
be told from an idle load, so this driver never raises OSError: for billing, use a meter that
answers.
"""

import time

from ..compat import const

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from peripherals import InterruptPin

_IDLE_MS = const(60000)  # no pulse for so long: nothing flows, for all one can see


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1000000


def _minus(end: int, start: int) -> int:
    return end - start


class Meter:
    """pin: as machine.Pin, with irq(); pulses: the register at the start; save: callable or None.

    ticks_ms, ticks_diff: those of the module time if not given; the interrupt has no `now`.
    hard: ask for a hard interrupt, which is not kept waiting by anything (STM32).
    """

    def __init__(
        self,
        pin: "InterruptPin",
        pulses_per_kwh: int = 1000,
        pulses: int = 0,
        save=None,
        save_wh: int = 100,
        debounce_ms: int = 20,
        ticks_ms=None,
        ticks_diff=None,
        hard: bool = False,
    ):
        self._pulses_per_kwh = pulses_per_kwh
        self._w_ms = 3600000000 // pulses_per_kwh  # power in W times ms between pulses
        self._ticks_ms = ticks_ms or getattr(time, "ticks_ms", _monotonic_ms)
        self._ticks_diff = ticks_diff or getattr(time, "ticks_diff", _minus)
        self._debounce_ms = debounce_ms
        self._save = save
        self._save_pulses = max(1, save_wh * pulses_per_kwh // 1000)
        self._start = self._saved = pulses
        # The interrupt changes these, in place: small integers, no allocation.
        self._count = 0
        self._tick = self._ticks_ms() - debounce_ms
        self._interval_ms = 0
        if hard:
            pin.irq(self._interrupt, pin.IRQ_FALLING, hard=True)  # pyright: ignore[reportCallIssue]
        else:
            pin.irq(self._interrupt, pin.IRQ_FALLING)

    def read(self, reading, now: int) -> bool:
        """Fill in energy and power; -1 for what is not known."""
        count = self._count
        since_ms = self._ticks_diff(self._ticks_ms(), self._tick)
        total = self._start + count
        reading.energy_wh = total * 1000 // self._pulses_per_kwh
        interval_ms = max(self._interval_ms, since_ms, 1)  # a pulse that stays away: less power
        idle = count < 2 or since_ms >= _IDLE_MS
        reading.power_w = 0 if idle else self._w_ms // interval_ms
        for n in range(3):
            reading.current_ma[n] = reading.voltage_mv[n] = -1
        unsaved = total - self._saved
        if self._save is not None and (unsaved >= self._save_pulses or idle and unsaved):
            self._saved = total
            self._save(total)
        if since_ms >= _IDLE_MS:
            # The tick wraps: keep it near, and let the next pulse begin a new interval.
            self._tick = self._ticks_ms() - _IDLE_MS
            self._interval_ms = _IDLE_MS
        return True

    def _interrupt(self, pin) -> None:
        tick = self._ticks_ms()
        interval_ms = self._ticks_diff(tick, self._tick)
        if interval_ms >= self._debounce_ms:
            self._count += 1
            self._interval_ms = interval_ms
            self._tick = tick
