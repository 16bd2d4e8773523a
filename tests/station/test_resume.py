"""After a power cut a transaction is ended, once, with the last register."""

from chargepoint.station.record_bytes import parts
from chargepoint.station.resume import resume_lost
from tests.support.fake_station import FakeStation
from tests.support.whole import samples_of


def cut(station, journalled=()):
    """A new Station on the old slots; what had not been delivered lies in the journal."""
    after = FakeStation(slots=station.store.slots)
    after._random = 100
    for seq, record in enumerate(journalled):
        after.outbox.journal.entries.append((seq, b"\x01" + b"".join(parts(record))))
    return after


def started():
    station = FakeStation()
    station.meter(1000)
    station.plug()
    station.token("04AA")
    station.now = 60000
    station.meter(1100)
    station.run(1)
    return station


def test_the_end_is_told_with_the_meters_first_reading():
    station = started()
    after = cut(station)
    resume_lost(after, 0)
    after.run(1)
    assert after.records() == []
    after.meter(1200)
    (ended,) = after.records()
    assert ended.transaction_id == station.records()[0].transaction_id
    assert ended.seq_no == len(station.records())
    assert (ended.event_type, ended.stopped_reason) == ("Ended", "PowerLoss")
    assert (ended.meter_wh, ended.evse_id, ended.connector_id) == (1200, 1, 1)
    assert samples_of(ended.samples)[-1].reading.energy_wh == 1200
    assert after.evses[0].transaction is None
    assert after.store.slots.load("tx1") is None


def test_without_a_meter_the_last_register_counts():
    after = cut(started())
    resume_lost(after, 0)
    after.run(5)
    assert (after.records()[0].meter_wh, after.records()[0].stopped_reason) == (1100, "PowerLoss")


def test_a_meter_that_was_replaced_meanwhile_takes_nothing_away():
    after = cut(started())
    resume_lost(after, 0)
    after.meter(3)
    assert after.records()[0].meter_wh == 1100


def test_a_restart_that_was_no_power_cut_is_named():
    after = cut(started())
    after.boot_reason = "Watchdog"
    resume_lost(after, 0)
    after.meter(1100)
    assert after.records()[0].stopped_reason == "Reboot"


def test_the_journal_may_be_ahead_of_the_slot():
    station = FakeStation()
    slots = station.store.slots
    station.plug()
    station.token("04AA")
    first = dict(slots.saved)
    station.token("04AA")
    last = station.records()[-2:]
    for saved, journal, told in (
        (first, [], [2]),
        (first, [last[0]], [2]),
        (first, last, []),
    ):
        slots.saved = dict(saved)
        after = cut(station, journal)
        resume_lost(after, 0)
        after.run(5)
        assert [record.seq_no for record in after.records()] == told
        assert slots.load("tx1") is None


def test_energy_that_only_the_journal_has_is_counted_once():
    station = FakeStation()
    slots = station.store.slots
    station.meter(1000)
    station.plug()
    station.token("04AA")
    behind = dict(slots.saved)
    station.now = 60000
    station.meter(1366)
    station.run(1)
    last = station.records()[-1]
    assert last.meter_wh == 1366
    for shown_wh, told_wh in ((1366, 1366), (1400, 1400), (3, 1366)):
        slots.saved = dict(behind)
        after = cut(station, [last])
        resume_lost(after, 0)
        after.meter(shown_wh)
        assert after.records()[0].meter_wh == told_wh


def test_a_start_that_was_never_written_is_forgotten():
    station = started()
    slots = station.store.slots
    slots.save("tx1", b'["01010101-0101-0101-0101-010101010101", 0, 5, 5, 5, 1]')
    after = cut(station)
    resume_lost(after, 0)
    after.run(5)
    assert after.records() == [] and slots.load("tx1") is None


def test_power_stays_off_until_somebody_is_authorized_again():
    after = cut(started())
    resume_lost(after, 0)
    after.meter(1100)
    after.plug()
    assert ("contactor", 1, True) not in after.commands()
    after.token("04AA")
    assert after.evses[0].closed
    assert after.records()[1].seq_no == 0
