"""Ten ways in which charging stations are known to lose what they have to tell; here none is lost.

Each on both dialects, and on each kind of store. What the server has been told is judged message
by message, and against the meter.
"""

import random

import pytest

from chargepoint.hal.sim import SimMeter
from chargepoint.store.files import FileStore
from chargepoint.store.flash_store import FlashStore
from tests.support import told
from tests.support.flash import Flash
from tests.support.pair import Pair, Refuse

V16, V201 = "ocpp1.6", "ocpp2.0.1"
TOKEN = "04AABBCC"
SAMPLES_S = 60
VARIABLES = {
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
    "SampledDataCtrlr.TxUpdatedInterval": str(SAMPLES_S),
    "SampledDataCtrlr.TxUpdatedMeasurands": "Energy.Active.Import.Register",
}
NO_SAMPLES = dict(VARIABLES, **{"SampledDataCtrlr.TxUpdatedInterval": "0"})
JOURNAL_BYTES, SMALL_BYTES = 262144, 65536
START = {V16: "StartTransaction", V201: "TransactionEvent"}

both = pytest.mark.parametrize("dialect", [V16, V201])


@pytest.fixture(params=["files", "flash"])
def sized_store(request, tmp_path):
    """Of so many bytes: what opens the same store at each boot."""

    def sized(size_bytes):
        if request.param == "files":
            return lambda random_bytes: FileStore(str(tmp_path), random_bytes, size_bytes)
        flash = Flash(size_bytes // 4096, 4096, 4)
        return lambda random_bytes: FlashStore(flash, random_bytes)

    return sized


@pytest.fixture
def make_store(sized_store):
    return sized_store(JOURNAL_BYTES)


def online(dialect, make_store, variables=None, **options):
    pair = Pair(dialect, variables or VARIABLES, make_store=make_store, meter_ms=60000, **options)
    pair.connect()  # the transcript must have all that is told
    pair.run(1)
    return pair


def charge(pair, seconds):
    pair.plug(1)
    pair.token(TOKEN, 1)
    pair.run(seconds)
    assert pair.drivers[0].contactor.closed()


def leave(pair):
    pair.token(TOKEN, 1)
    pair.run(1)
    pair.unplug(1)
    pair.run(1)


def drain(pair, seconds=60):
    """The link comes back; all that has been told of sessions."""
    pair.connect()
    pair.run(seconds)
    assert pair.station.outbox.counts() == [0, 0] and pair.connected
    assert pair.station.outbox.server_ids == {}
    return told.sessions(pair.subprotocol, told.once(pair.transcript))


def security_events(pair):
    return [
        p["type"] for _, a, p in told.once(pair.transcript) if a == "SecurityEventNotification"
    ]


def seq_nos(pair):
    """seqNo of all events, a list for each transaction; only in OCPP 2.0.1."""
    found = {}
    for _, action, payload in told.once(pair.transcript):
        if action == "TransactionEvent":
            name = payload["transactionInfo"]["transactionId"]
            found.setdefault(name, []).append(payload["seqNo"])
    return list(found.values())


@both
def test_500_offline_transactions_on_a_connector_are_kept_and_told_in_order(make_store, dialect):
    pair = online(dialect, make_store, NO_SAMPLES, evses=1)
    pair.disconnect()
    levels = []
    for _ in range(500):
        begun_wh = pair.energy_wh(1)
        charge(pair, 600)
        leave(pair)
        levels.append([begun_wh, pair.energy_wh(1)])
    assert not pair.station.outbox.full
    sessions = drain(pair)
    assert [[session.levels[0], session.levels[-1]] for session in sessions] == levels
    assert {session.reason for session in sessions} == {"Local"}
    for numbers in seq_nos(pair):
        assert numbers == list(range(len(numbers)))


@both
def test_a_full_journal_gives_up_meter_values_then_refuses_and_never_loses_a_session(
    sized_store, dialect
):
    pair = online(dialect, sized_store(SMALL_BYTES), evses=2)
    pair.disconnect()
    pair.plug(2)
    pair.token("LONG", 2)  # runs all the time
    levels = []
    while not pair.station.outbox.full:
        begun_wh = pair.energy_wh(1)
        charge(pair, 900)
        leave(pair)
        levels.append([begun_wh, pair.energy_wh(1)])
    pair.plug(1)
    pair.token(TOKEN, 1)
    pair.run(60)
    assert not pair.drivers[0].contactor.closed()  # refused
    assert pair.drivers[1].contactor.closed()
    pair.unplug(1)
    pair.token("LONG", 2)
    pair.run(1)
    pair.unplug(2)
    pair.connect()
    pair.run(600)
    assert pair.station.outbox.counts() == [0, 0]
    assert "MemoryExhaustion" in security_events(pair)
    assert sorted(bounds(pair)) == sorted([*levels, [0, pair.energy_wh(2)]])
    charge(pair, 60)  # and it serves again
    leave(pair)


def bounds(pair):
    """[Wh at the start, Wh at the end] of all sessions, also of those that overlap."""
    calls = told.once(pair.transcript)
    if pair.subprotocol == V16:
        starts = [p for _, a, p in calls if a == "StartTransaction"]
        stops = {p["transactionId"]: p for _, a, p in calls if a == "StopTransaction"}
        assert sorted(stops) == list(range(1001, 1001 + len(starts)))
        return [
            [start["meterStart"], stops[1001 + n]["meterStop"]] for n, start in enumerate(starts)
        ]
    by_name = {}
    for call in calls:
        if call[1] == "TransactionEvent":
            name = call[2]["transactionInfo"]["transactionId"]
            by_name.setdefault(name, []).append(call)
    found = []
    for events in by_name.values():
        (session,) = told.sessions(V201, events)
        assert session.reason == "Local"
        found.append([session.levels[0], session.levels[-1]])
    return found


@both
def test_an_hour_offline_in_a_transaction_delivers_all_its_meter_values(make_store, dialect):
    pair = online(dialect, make_store)
    charge(pair, 90)
    pair.disconnect()
    pair.run(3600)
    pair.connect()
    pair.run(35)
    leave(pair)
    (session,) = drain(pair)
    gaps = [b - a for a, b in zip(session.times, session.times[1:], strict=False)]
    gaps = [gap for gap in gaps if gap]  # the start has a sample of its own
    assert gaps[:-1] == [SAMPLES_S] * 62 and 0 < gaps[-1] <= SAMPLES_S
    assert session.levels[-1] == pair.energy_wh(1)


@both
def test_ClearCache_clears_the_cache_and_nothing_else(make_store, dialect):
    pair = online(dialect, make_store)
    pair.disconnect()
    charge(pair, 600)
    leave(pair)
    waiting = pair.station.outbox.counts()
    assert waiting[0] > 10
    pair.csms.answers[START[dialect]] = None
    pair.connect()
    assert pair.call("ClearCache", {}) == {"status": "Accepted"}
    assert pair.station.outbox.counts() == waiting
    pair.csms.answers = {}
    pair.disconnect()
    (session,) = drain(pair)
    assert (session.levels[0], session.levels[-1]) == (0, pair.energy_wh(1))


@both
def test_any_number_of_unclean_boots_keeps_the_offline_transactions(make_store, dialect):
    pair = online(dialect, make_store)
    pair.disconnect()
    charge(pair, 300)
    leave(pair)
    half_wh = pair.energy_wh(1)
    for n in range(25):
        pair.power_cut("Watchdog" if n % 2 else "PowerUp")
        if n == 12:
            charge(pair, 300)  # it has been accepted once: it serves offline after the boot
            leave(pair)
    sessions = drain(pair)
    assert [[s.levels[0], s.levels[-1]] for s in sessions] == [
        [0, half_wh],
        [half_wh, pair.energy_wh(1)],
    ]
    assert security_events(pair).count("StartupOfTheDevice") == 26


@both
def test_another_version_of_the_software_finds_all_that_the_one_before_has_left(
    make_store, dialect
):
    pair = online(dialect, make_store)
    pair.disconnect()
    charge(pair, 300)
    leave(pair)
    first_wh = pair.energy_wh(1)
    charge(pair, 300)
    pair.layout.firmware_version = "2.0.0"
    pair.store.slots.save("of-the-new", b"\x63 nobody else knows this")
    pair.power_cut("FirmwareUpdate")
    pair.run(10)
    pair.layout.firmware_version = "1.0.0"  # and back: it has not proved itself
    pair.power_cut("FirmwareUpdate")
    pair.run(10)
    sessions = drain(pair)
    assert [session.levels[0] for session in sessions] == [0, first_wh]
    assert [session.levels[-1] for session in sessions] == [first_wh, pair.energy_wh(1)]
    assert [session.reason for session in sessions] == ["Local", "Reboot"]
    assert "StorageDamaged" not in security_events(pair)


@both
def test_what_cannot_be_read_is_reported_and_all_else_is_told(make_store, dialect):
    pair = online(dialect, make_store)
    pair.disconnect()
    charge(pair, 300)
    leave(pair)
    pair.store.journal.append(b"\x01 what no version of the software can read")
    charge(pair, 300)
    leave(pair)
    pair.power_cut()
    sessions = drain(pair)
    assert len(sessions) == 2 and sessions[-1].levels[-1] == pair.energy_wh(1)
    assert "JournalEntryUnreadable" in security_events(pair)


def broken(meter, reading, now):
    raise OSError("the meter does not answer")


@both
@pytest.mark.parametrize("has_meter", [True, False])
def test_after_a_power_cut_with_the_car_gone_the_end_has_the_last_register(
    make_store, dialect, has_meter, monkeypatch
):
    pair = online(dialect, make_store)
    charge(pair, 610)
    pair.disconnect()
    at_the_cut_wh = pair.energy_wh(1)
    last_sampled_wh = at_the_cut_wh * 600 // 610
    pair.evs[0] = None
    pair.update_meters()
    pair.drivers[0].meter.power_w = 0
    if not has_meter:
        monkeypatch.setattr(SimMeter, "read", broken)
    pair.wall_ms += 3600000
    pair.power_up()
    pair.run(30)
    (session,) = drain(pair)
    assert session.reason == "PowerLoss" and session.levels[0] == 0
    assert session.levels[-1] >= (at_the_cut_wh if has_meter else last_sampled_wh - 1) > 0
    assert session.levels[-1] <= at_the_cut_wh
    assert pair.statuses(1)[-1] == ("Available" if has_meter else "Faulted")


@both
def test_a_late_answer_during_a_retry_holds_nothing_up(make_store, dialect):
    pair = online(dialect, make_store)
    pair.csms.answers[START[dialect]] = None
    charge(pair, 10)
    first = next(i for i, a, _ in told.once(pair.transcript) if a == START[dialect])
    pair.run(25)  # it has timed out
    pair.csms.answers = {}
    answer = {}
    if dialect == V16:
        answer = {"transactionId": 77, "idTagInfo": {"status": "Accepted"}}
    for _ in range(2):
        pair._answer([3, first, answer])
        pair.step()
    pair.run(300)
    leave(pair)
    charge(pair, 60)
    leave(pair)
    sessions = drain(pair)
    assert len(sessions) == 2 and sessions[-1].levels[-1] == pair.energy_wh(1)
    if dialect == V16:
        assert [session.name for session in sessions] == [77, 1001]


@both
def test_each_attempt_has_the_same_message_id_and_says_the_same(make_store, dialect):
    def refuse(payload):
        raise Refuse("InternalError")

    pair = online(dialect, make_store)
    pair.csms.answers[START[dialect]] = refuse
    charge(pair, 10)
    pair.power_cut()
    pair.connect()
    pair.run(70)
    pair.disconnect()
    pair.csms.answers = {}
    drain(pair, 120)
    sent = [m for d, m in pair.transcript if d == "out" and m[0] == 2 and m[2] == START[dialect]]
    attempts = [message for message in sent if message[1] == sent[0][1]]
    assert len(attempts) >= 4
    for attempt in attempts:
        attempt[3].pop("offline", None)
        assert attempt == attempts[0]


@both
def test_no_message_id_comes_twice_in_the_life_of_a_station(make_store, dialect):
    pair = online(dialect, make_store)
    pick = random.Random(4)
    for _ in range(40):
        charge(pair, 70)
        if pick.random() < 0.5:
            leave(pair)
        pair.power_cut(pick.choice(["PowerUp", "Watchdog", "RemoteReset"]))
        pair.unplug(1)
        pair.connect()
        pair.run(20)
    told_by_id = {}
    for direction, message in pair.transcript:
        if direction == "out" and message[0] == 2:
            assert len(message[1]) <= 36
            message[3].pop("offline", None)
            assert told_by_id.setdefault(message[1], message[2:]) == message[2:]
    assert len(told_by_id) > 300
