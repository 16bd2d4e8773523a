"""The moment of what was journalled while nobody knew the time."""

from chargepoint.station import moments
from chargepoint.station.record import TransactionRecord
from tests.support.fake_station import FakeSlots, FakeStation

DAY_S = 86400
T = 200000000
# What stations have on their flash: boot 3, T and 500 ms at its tick 0, T + 9 seen last.
BYTES = b"\x01\x03\x00\x00\x00\x00\xc2\xeb\x0b\xf4\x01\x09\xc2\xeb\x0b"


def booted(slots, boot_count, epoch_s):
    """A station in that boot; epoch_s: of tick 0, None: it does not know the time."""
    station = FakeStation(slots=slots)
    station.store.boot_count, station.epoch_s = boot_count, epoch_s
    return station


def learned(slots, boot_count, epoch_s, at_ms=0):
    """That boot learns at `at_ms` that it is `epoch_s`."""
    moments.learned(booted(slots, boot_count, None), epoch_s, at_ms)


def test_this_boots_own_clock_counts():
    station = booted(FakeSlots(), 5, T)
    assert moments.resolve(station, 5, 90000, None) == (T + 90, True)
    assert moments.resolve(station, 5, 90000, T + 3) == (T + 90, True)


def test_while_nothing_is_known_it_is_what_it_was_reckoned_as():
    station = booted(FakeSlots(), 5, None)
    for boot_count in 4, 5:
        assert moments.resolve(station, boot_count, 90000, None) == (None, False)
        assert moments.resolve(station, boot_count, 90000, T) == (T, False)


def test_a_boot_that_learned_the_time_later_is_exact():
    slots = FakeSlots()
    learned(slots, 3, T, 61500)
    for boot_count in 4, 9:
        station = booted(slots, boot_count, T + DAY_S)
        # As that boot itself has it: the moment is whole seconds after what it was told.
        for tick_ms, moment_s in ((61499, T - 1), (61500, T), (62499, T), (62500, T + 1)):
            assert moments.resolve(station, 3, tick_ms, None) == (moment_s, True)
        assert moments.resolve(station, 3, 2**31, None) == (T + (2**31 - 61500) // 1000, True)


def test_a_boot_that_never_did_is_within_its_bounds():
    slots = FakeSlots()
    learned(slots, 3, T)
    learned(slots, 6, T + DAY_S, 5000)
    station = booted(slots, 8, T + 9 * DAY_S)
    for boot_count in 4, 5:
        for earliest_s, told_s in (
            (T + 100, T + 100),
            (T + DAY_S + 100, T + DAY_S - 5),  # not after the next that learned it began
            (None, T + DAY_S - 5),
        ):
            assert moments.resolve(station, boot_count, 100000, earliest_s) == (told_s, False)
    assert moments.resolve(station, 7, 100000, None) == (T + 9 * DAY_S, False)
    assert moments.resolve(station, 7, 100000, T + 2 * DAY_S) == (T + 2 * DAY_S, False)
    # The clock of this boot is not known yet, but a bound from another boot is.
    assert moments.resolve(booted(slots, 8, None), 4, 0, None) == (T + DAY_S - 5, False)


def test_the_last_few_boots_are_kept():
    slots = FakeSlots()
    for boot_count in range(1, 21):
        learned(slots, boot_count, T + boot_count * DAY_S)
    assert len(slots.load("boots")) == 1 + 8 * 14
    station = booted(slots, 21, T + 99 * DAY_S)
    for boot_count in range(13, 21):
        assert moments.resolve(station, boot_count, 0, None) == (T + boot_count * DAY_S, True)
    assert moments.resolve(station, 12, 0, None) == (T + 13 * DAY_S, False)


def test_the_latest_moment_is_what_was_seen_last():
    slots = FakeSlots()
    assert moments.latest_s(booted(slots, 1, None)) == 0
    learned(slots, 3, T, 5000)
    station = booted(slots, 3, T - 5)
    assert moments.latest_s(station) == T
    station.now = 95000
    moments.seen(station)
    assert moments.latest_s(station) == T + 90
    later = booted(slots, 4, None)
    moments.seen(later)
    assert moments.latest_s(later) == T + 90
    assert moments.resolve(later, 3, 7000, None) == (T + 2, True)
    learned(slots, 4, T + DAY_S)
    assert moments.latest_s(later) == T + DAY_S
    station = booted(FakeSlots(), 1, T)
    moments.seen(station)  # of no boot: nothing to write it to
    assert station.store.slots.saved == {}


def test_a_record_has_only_half_of_the_boot_count():
    slots = FakeSlots()
    learned(slots, 0x1FFFE, T)
    learned(slots, 0x20001, T + DAY_S)
    station = booted(slots, 0x20002, T + 2 * DAY_S)
    assert moments.resolve(station, 0xFFFE, 9000, None) == (T + 9, True)
    assert moments.resolve(station, 0xFFFF, 9000, None) == (T + DAY_S, False)
    assert moments.resolve(station, 2, 9000, None) == (T + 2 * DAY_S + 9, True)


def test_bytes_of_the_slot_are_read_for_ever():
    slots = FakeSlots()
    slots.save("boots", BYTES)
    assert moments.resolve(booted(slots, 4, None), 3, 1500, None) == (T + 2, True)
    learned(slots, 4, T + DAY_S)
    assert slots.load("boots")[:15] == BYTES


def test_a_slot_of_another_format_is_replaced_when_the_time_is_known():
    for garbage in b"", b"\x02" + bytes(14), b"\x01" + bytes(13), b"x" * 5:
        slots = FakeSlots()
        slots.save("boots", garbage)
        assert moments.resolve(booted(slots, 4, T), 3, 1500, None) == (T, False)
        learned(slots, 4, T)
        assert moments.resolve(booted(slots, 5, None), 4, 1500, None) == (T + 1, True)


def test_a_record_is_told_with_its_moment_and_its_samples_too():
    slots = FakeSlots()
    learned(slots, 3, T)
    for boot_count, tick_ms in ((3, 50000), (4, 0)):
        record = TransactionRecord("Updated", "", 0)
        record.epoch_s, record.estimated = T + 10, True
        record.tick_ms, record.boot_count = 50000, boot_count
        moments.settle(booted(slots, 5, T + DAY_S), record)
        assert (record.epoch_s, record.tick_ms) == (T + (10 if tick_ms == 0 else 50), tick_ms)


def test_what_waits_for_the_time_is_settled_when_it_comes():
    station = FakeStation()
    station.plug()
    station.token("04AA")
    transaction = station.evses[0].transaction
    transaction.final_by_ms = 5
    station.now = 1000
    moments.learned(station, T, 1000)
    assert transaction.final_by_ms == 5
    transaction.resumed = ()
    moments.learned(station, T, 1000)
    assert transaction.final_by_ms == 1000
