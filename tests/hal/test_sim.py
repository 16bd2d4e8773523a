"""The simulated drivers and the store in memory."""

from chargepoint.hal.sim import MemoryStore, SimEvse, SimReader
from chargepoint.station.record import Reading


def read(meter, now):
    reading = Reading()
    meter.read(reading, now)
    return reading


def test_the_meter_goes_on_linearly_from_the_last_fact():
    meter = SimEvse().meter
    meter.set(1000000, 7200, (31304, 0, 0), (230000, 0, 0), 55, 5000)
    reading = read(meter, 5000 + 1800000)
    assert reading.energy_wh == 1000 + 3600
    assert reading.power_w == 7200 and reading.soc_percent == 55
    assert reading.current_ma == [31304, 0, 0] and reading.voltage_mv == [230000, 0, 0]


def test_the_register_never_falls_unless_the_meter_is_replaced():
    meter = SimEvse().meter
    meter.set(5000000, 0, (0, 0, 0), (0, 0, 0), -1, 0)
    assert read(meter, 10).energy_wh == 5000
    meter.set(4999000, 0, (0, 0, 0), (0, 0, 0), -1, 20)
    assert read(meter, 20).energy_wh == 5000
    meter.replace(7000)
    assert read(meter, 30).energy_wh == 7


def test_a_fact_from_a_clock_that_is_ahead_counts_from_its_moment():
    meter = SimEvse().meter
    meter.set(1000, 3600, (0, 0, 0), (0, 0, 0), -1, 500)
    assert read(meter, 400).energy_wh == 1


def test_a_stopped_meter_keeps_what_it_showed():
    meter = SimEvse().meter
    meter.set(1000000, 3600, (16000, 0, 0), (230000,) * 3, 50, 1000)
    meter.stop(11000)
    reading = read(meter, 60000)
    assert (reading.energy_wh, reading.power_w, reading.current_ma) == (1010, 0, [0, 0, 0])


def test_the_parts_of_a_mwh_add_up_to_a_wh():
    meter = SimEvse().meter
    meter.set(999, 1, (0, 0, 0), (230000,) * 3, 50, 0, 3599)  # 1 mJ below 1 Wh
    assert read(meter, 0).energy_wh == 0
    assert read(meter, 1).energy_wh == 1
    meter.stop(1)
    assert read(meter, 9).energy_wh == 1
    meter.set(999, 0, (0, 0, 0), (230000,) * 3, 50, 0, 3599)
    meter.replace(999)
    meter.set(999, 1, (0, 0, 0), (230000,) * 3, 50, 0)
    assert read(meter, 1).energy_wh == 0


def test_a_broken_meter_does_not_answer():
    meter = SimEvse().meter
    meter.broken = True
    try:
        read(meter, 0)
    except OSError:
        return
    raise AssertionError("it answered")


def test_a_contactor_obeys_and_tells_that_it_moved():
    moves = []
    evse = SimEvse(lambda: moves.append(evse.contactor.closed()))
    assert evse.contactor.close() and evse.contactor.closed()
    assert evse.contactor.open() and not evse.contactor.closed()
    assert moves == [True, False]


def test_a_welded_contactor_stays_and_obeys_when_repaired():
    contactor = SimEvse().contactor
    contactor.close()
    contactor.weld(True)
    assert not contactor.open() and contactor.closed()
    contactor.weld(False)
    assert not contactor.closed()


def test_a_stuck_lock_stays_as_it_is():
    lock = SimEvse().lock
    assert lock.lock() and lock.locked()
    lock.stuck = True
    assert not lock.unlock() and lock.locked()


def test_the_reader_gives_each_card_once():
    reader = SimReader()
    reader.present("04AABB", "ISO14443", 2)
    assert reader.take() == ("04AABB", "ISO14443", 2)
    assert reader.take() is None


def test_faults_are_kept_by_connector_and_code():
    faults = SimEvse().faults
    faults.set(1, "GroundFailure", True)
    faults.set(0, "Other", True)
    faults.set(1, "GroundFailure", True)
    assert set(faults.active()) == {(1, "GroundFailure"), (0, "Other")}
    faults.set(1, "GroundFailure", False)
    assert faults.active() == ((0, "Other"),)


def test_the_memory_store_keeps_slots_and_journal_over_boots():
    store = MemoryStore().boot()
    store.slots.save("a", bytearray(b"1"))
    first, second = store.journal.append(b"x"), store.journal.append(b"y")
    assert store.boot().boot_count == 2
    assert store.slots.load("a") == b"1" and store.slots.load("b") is None
    assert store.journal.head() == (first, b"x") and store.journal.count() == 2
    store.journal.acknowledge(first)
    assert list(store.journal.records()) == [(second, b"y")]
    store.journal.acknowledge(second)
    assert store.journal.head() is None
    assert store.journal.append(b"z") > second
    store.slots.delete("a")
    assert store.slots.load("a") is None


def test_the_journal_in_memory_has_a_bound():
    journal = MemoryStore(limit_bytes=100).journal
    assert journal.room() == 100
    journal.append(bytes(50))
    assert journal.room() == 38
    try:
        journal.append(bytes(27))
    except OSError as error:
        assert error.args[0] == 28
    else:
        raise AssertionError("taken")
    journal.append(b"", bytes(26))
    assert journal.room() == 0 and journal.count() == 2
    journal.acknowledge(2)
    assert journal.room() == 100


def test_a_pass_over_the_journal_in_memory_leaves_its_head():
    journal = MemoryStore().journal
    for n in range(100):
        journal.append(b"%d" % n)
    journal.acknowledge(10)
    seen = []

    def change(payload):
        seen.append(int(payload))
        return (None, payload, b"x")[int(payload) % 3]

    steps = 1
    while journal.edit(change):
        steps += 1
    assert steps == 3 and seen == list(range(11, 100))
    kept = [(11, b"10")]
    kept += [(n + 1, (None, b"%d" % n, b"x")[n % 3]) for n in range(11, 100) if n % 3]
    assert list(journal.records()) == kept
