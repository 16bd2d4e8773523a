"""The clocks: real, and scaled."""

from chargepoint.hal import clock as real
from chargepoint.hal import sim_clock as simulated
from chargepoint.hal.clock import Clock
from chargepoint.hal.sim_clock import SimClock


def test_a_clock_begins_at_its_boot_and_never_goes_back():
    clock = Clock()
    first = clock.now()
    assert 0 <= first < 60000
    assert clock.now() >= first
    assert clock.real_ms(250) == 250


def test_a_simulated_clock_can_be_moved_forward_only():
    clock = SimClock(1)
    before = clock.now()
    clock.advance(3600000)
    assert clock.now() - before >= 3600000
    try:
        clock.advance(-1)
    except ValueError:
        return
    raise AssertionError("time went back")


def test_intervals_of_a_fast_clock_are_short_outside():
    clock = SimClock(60)
    assert clock.real_ms(60000) == 1000
    assert clock.real_ms(1) == 1  # never nothing, or a loop would spin
    assert clock.real_ms(0) == clock.real_ms(-5) == 0


def test_a_start_that_is_not_on_this_clock_counts_from_here():
    assert SimClock(1, -(10**9)).now() < 60000


class WrappingTick:
    """A tick in ms that wraps as that of a 32-bit MicroPython, after 12.4 days."""

    PERIOD = 1 << 30

    def __init__(self, start):
        self.passed_ms = 0
        self._start = start

    def ticks(self):
        return (self._start + self.passed_ms) % self.PERIOD

    def difference(self, end, start):
        half = self.PERIOD // 2
        return (end - start + half) % self.PERIOD - half


def on_wrapping_tick(module, make, start):
    """What a clock shows every five days for 50 days, beside the ms that have passed."""
    tick, kept = WrappingTick(start), (module.ticks, module.difference)
    module.ticks, module.difference = tick.ticks, tick.difference
    try:
        clock, shown = make(), []
        for _ in range(10):
            tick.passed_ms += 5 * 86400000
            shown.append((clock.now(), tick.passed_ms))
        tick.passed_ms += 1
        shown.append((clock.now(), tick.passed_ms))
        return shown
    finally:
        module.ticks, module.difference = kept


def test_the_tick_may_wrap():
    for start in 0, 5, (1 << 30) - 1, 1 << 29:
        for shown_ms, passed_ms in on_wrapping_tick(real, Clock, start):
            assert shown_ms == passed_ms
        for shown_ms, passed_ms in on_wrapping_tick(simulated, SimClock, start):
            assert shown_ms == passed_ms
