"""After a power cut a transaction is ended, once, with the last register; or goes on."""

from chargepoint.station import moments
from chargepoint.station.record import TransactionRecord
from chargepoint.station.record_bytes import parts
from chargepoint.station.resume import latest_epoch_s, resume_lost
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


# ---- the slot

FIRST = b'["01010101-0101-0101-0101-010101010101", 4, 1100, 1100, 1000, 1]'
SECOND = (
    b'[2, "01010101-0101-0101-0101-010101010101", 4, 1100, 1100, 1000, 1, 31, 15, 200000000,'
    b' 61000, 7, 199999940, 60000, 3, null, null, ["04AA", "ISO14443", "G", 5, null]]'
)


def station_with(slot, variables=None):
    station = FakeStation(variables)
    station.store.boot_count = 9
    station.epoch_s = 200000100
    station.store.slots.save("tx1", slot)
    resume_lost(station, 0)
    return station


def test_slots_are_read_for_ever():
    for slot, moment_s, samples in ((FIRST, 200000100, 1), (SECOND, 200000000, 2)):
        station = station_with(slot)
        station.meter(1200)
        (ended,) = station.records()
        assert ended.transaction_id == "01010101-0101-0101-0101-010101010101"
        assert (ended.seq_no, ended.meter_wh, ended.connector_id) == (4, 1200, 1)
        assert (ended.epoch_s, ended.stopped_reason) == (moment_s, "PowerLoss")
        assert len(samples_of(ended.samples)) == samples


def test_a_slot_of_the_second_format_goes_on():
    station = station_with(SECOND, {"TxCtrlr.ResumptionTimeout": "100"})
    station.plug()
    station.meter(1200)
    told, charging = station.records()
    assert (charging.seq_no, charging.charging_state) == (5, "Charging")
    assert (told.event_type, told.seq_no, told.id_token) == ("Updated", 4, None)
    assert (told.epoch_s, told.meter_wh, told.evse_id) == (200000100, 1200, 1)
    begin, end = samples_of(told.samples)
    assert (begin.context, begin.reading.energy_wh, begin.epoch_s) == (
        "Interruption.Begin",
        1100,
        200000000,
    )
    assert (end.context, end.reading.energy_wh, end.epoch_s) == (
        "Interruption.End",
        1200,
        200000100,
    )
    evse = station.evses[0]
    assert (evse.authorized.id_token, evse.authorized.group) == ("04AA", "G")
    assert evse.owner is evse.authorized is evse.transaction.token
    assert (evse.authorized.remote_start_id, evse.closed) == (5, True)
    assert evse.transaction.energy_wh == 200
    station.now = 40000
    station.token("04AA")
    ended = station.records()[-1]
    assert (ended.event_type, ended.stopped_reason) == ("Ended", "Local")
    assert ended.time_spent_charging_s == 100
    assert [(s.context, s.reading.energy_wh) for s in samples_of(ended.samples)] == [
        ("Transaction.Begin", 1000),
        ("Transaction.End", 1200),
    ]


def test_where_the_interruption_cannot_be_measured_it_ends():
    variables = {"TxCtrlr.ResumptionTimeout": "1000"}
    unknown = SECOND.replace(b"200000000", b"null")
    estimated = SECOND.replace(b"31, 15", b"95, 15")
    for slot, now_s, goes_on in (
        (SECOND, 200001000, True),
        (SECOND, 199999000, True),
        (SECOND, 199998999, False),  # the clock went back, and knows nothing
        (unknown, 200000000, False),
        (estimated, 200001000, True),  # it can't have been longer
        (estimated, 200001001, False),
    ):
        station = FakeStation(variables)
        station.store.boot_count, station.epoch_s = 9, now_s
        station.store.slots.save("tx1", slot)
        resume_lost(station, 0)
        station.plug()
        station.meter(1200)
        assert (station.records()[0].event_type == "Updated") == goes_on, (slot, now_s)


def test_what_a_later_version_appends_to_the_slot_is_ignored():
    station = station_with(SECOND[:-1] + b', "more", {"of": 3}]')
    station.meter(1200)
    assert station.records()[0].meter_wh == 1200


def test_a_slot_that_cannot_be_read_is_reported_and_kept():
    for slot in (b"[3" + SECOND[2:], b"", b"{}", b"17", b"[2]", b"null", b"[]", FIRST[:-4] + b"]"):
        station = station_with(slot)
        assert latest_epoch_s(station) is None
        assert station.log == [("SecurityEventNotification", "StorageDamaged", "tx1")]
        assert station.store.slots.load("tx1") == slot
        assert station.evses[0].transaction is None


def test_a_journal_ahead_of_the_slot_ends_it():
    variables = {"TxCtrlr.ResumptionTimeout": "100"}
    station = FakeStation(variables)
    station.plug()
    station.token("04AA")
    behind = dict(station.store.slots.saved)
    station.pilot("B")
    last = station.records()[-1]
    for journal, ends in (([], False), ([last], True)):
        station.store.slots.saved = dict(behind)
        after = cut(station, journal)
        after.model.set("TxCtrlr.ResumptionTimeout", "100")
        resume_lost(after, 0)
        after.plug()
        after.meter(0)
        assert (after.evses[0].transaction is None) == ends
        assert after.records()[0].event_type == ("Ended" if ends else "Updated")


# ---- the latest moment that is known


def test_the_latest_moment_is_of_journal_slot_or_boot():
    station = station_with(FIRST)
    assert latest_epoch_s(station) is None
    moments.learned(station, 199999000, 0)
    assert latest_epoch_s(station) == 199999000
    station.store.slots.save("tx1", SECOND)
    assert latest_epoch_s(station) == 200000000
    record = TransactionRecord("Updated", "01010101-0101-0101-0101-010101010101", 0)
    entries = station.outbox.journal.entries
    for epoch_s in 200000500, 200000400, None:
        record.epoch_s = epoch_s
        entries.append((len(entries), b"\x01" + b"".join(parts(record))))
    entries.append((9, b""))
    entries.append((10, b"\x02" + b"\xff" * 40))
    assert latest_epoch_s(station) == 200000500
