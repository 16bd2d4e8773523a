"""The clocks: real, and scaled."""

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
