"""Time that is moved by hand, and pins, PWM and ADC that refuse what the hardware would suffer.

Misuse raises AssertionError. On MicroPython an interrupt runs with the heap locked, so that one
that allocates fails.
"""

from chargepoint.compat import micropython


def locked_heap(function, argument):
    """function(argument); on MicroPython it must not allocate."""
    lock = getattr(micropython, "heap_lock", None)
    if lock is None:
        return function(argument)
    lock()
    try:
        return function(argument)
    finally:
        micropython.heap_unlock()  # type: ignore[attr-defined]


class World:
    """Time in microseconds; `parts` are told of each millisecond."""

    def __init__(self):
        self.us = 0
        self.parts = []

    @property
    def now(self) -> int:
        return self.us // 1000

    def advance(self, interval_ms: int) -> None:
        for _ in range(interval_ms):
            self.us += 1000
            for part in self.parts:
                part.tick(self.us // 1000)


class Output:
    def __init__(self):
        self.level = 0
        self.changes = 0

    def value(self, level=None):
        if level is None:
            return self.level
        assert level in (0, 1), "a level is 0 or 1"
        if level != self.level:
            self.level = level
            self.changes += 1
        return None


class Input:
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, level: int = 0):
        self.level = level
        self._handler = None
        self._trigger = 0
        self.hard = False

    def value(self, level=None):
        assert level is None, "an input is not written"
        return self.level

    def irq(self, handler, trigger, hard=False):
        assert self._handler is None, "one handler"
        self.hard = hard
        assert trigger in (1, 2, 3)
        self._handler, self._trigger = handler, trigger

    def set(self, level: int) -> None:
        """The world changes the level."""
        before, self.level = self.level, level
        edge = (level > before) * self.IRQ_RISING + (level < before) * self.IRQ_FALLING
        if self._handler is not None and edge & self._trigger:
            locked_heap(self._handler, self)


class Pwm:
    """The pilot's oscillator: 1 kHz within half a percent, frequency before duty."""

    def __init__(self, inverted: bool = False):
        self._inverted = inverted  # what it drives is
        self.frequency_hz = 0
        self.duty = -1

    def freq(self, frequency_hz: int) -> None:
        assert 995 <= frequency_hz <= 1005, "the pilot has 1 kHz"
        self.frequency_hz = frequency_hz

    def duty_u16(self, duty: int) -> None:
        assert self.frequency_hz, "frequency first"
        assert isinstance(duty, int) and 0 <= duty <= 65535
        high = 65535 - duty if self._inverted else duty
        assert high == 65535 or 6553 <= high <= 62914, "a duty cycle that no EV knows"
        self.duty = duty


class Adc:
    """level_mv() is what is at the pin; a reading takes `read_us`."""

    def __init__(self, world: World, level_mv, read_us: int = 55):
        self._world, self._level_mv, self._read_us = world, level_mv, read_us
        self.readings = 0

    def read_uv(self) -> int:
        level_mv = self._level_mv()
        assert 0 <= level_mv <= 3300, "beyond what the pin stands"
        self._world.us += self._read_us
        self.readings += 1
        return level_mv * 1000


class Adc16:
    """An ADC that knows no microvolts."""

    def __init__(self, adc: Adc):
        self._adc = adc

    def read_u16(self) -> int:
        return min(65535, self._adc.read_uv() * 65536 // 3300000)
