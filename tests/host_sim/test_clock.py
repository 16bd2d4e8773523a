"""The world's clock."""

from host_sim.clock import WorldClock

EPOCH_MS = 1_777_629_600_000  # 2026-05-01T10:00:00Z


def test_the_clock_begins_where_it_is_told_and_moves():
    clock = WorldClock(None, EPOCH_MS)
    assert clock.text().startswith("2026-05-01T10:0")
    before = clock.now()
    clock.advance(86_400_000)
    assert clock.now() - before >= 86_400_000
    assert clock.text().startswith("2026-05-02T10:0")
    assert clock.text(milliseconds=True).endswith("Z") and "." in clock.text(milliseconds=True)


def test_speeds():
    assert WorldClock(1).is_real and not WorldClock(None).is_real
    assert WorldClock(60).real_s(60_000) == 1
    assert WorldClock(None).rate == 1 and WorldClock(None).real_s(500) == 0.5
    assert WorldClock(1).real_s(-5) == 0


def test_a_moment_has_a_time_of_day():
    assert WorldClock(1, EPOCH_MS).epoch_ms(1500) == EPOCH_MS + 1500
