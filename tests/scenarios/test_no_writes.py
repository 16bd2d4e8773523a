"""A store that takes no writes, from the boot or from any write on: the station goes on."""

from chargepoint.compat import MICROPYTHON
from tests.support import told
from tests.support.pair import Pair
from tests.support.refusing import EIO, ENOSPC, EROFS, Blocks, Files

V16, V201 = "ocpp1.6", "ocpp2.0.1"
TOKEN = "04AABBCC"
VARIABLES = {
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
    "SampledDataCtrlr.TxUpdatedInterval": "60",
}
KINDS = [(V16, Blocks), (V201, Files)]
if not MICROPYTHON:
    KINDS += [(V201, Blocks), (V16, Files)]
STEP = 7 if MICROPYTHON else 3  # from one write that is refused to the next


def station(dialect, media, **options):
    return Pair(
        dialect, VARIABLES, evses=1, meter_ms=60000, make_store=media.open_store, **options
    )


def security_events(pair):
    return [
        (event["type"], event.get("techInfo")) for event in pair.sent("SecurityEventNotification")
    ]


def set_interval(pair, value):
    """The status of a change of configuration."""
    if pair.subprotocol == V16:
        payload = {"key": "MeterValueSampleInterval", "value": value}
        return pair.call("ChangeConfiguration", payload)["status"]
    item = {
        "component": {"name": "SampledDataCtrlr"},
        "variable": {"name": "TxUpdatedInterval"},
        "attributeValue": value,
    }
    answer = pair.call("SetVariables", {"setVariableData": [item]})
    return answer["setVariableResult"][0]["attributeStatus"]


def change_availability(pair, operative):
    if pair.subprotocol == V16:
        payload = {"connectorId": 0, "type": "Operative" if operative else "Inoperative"}
    else:
        payload = {"operationalStatus": "Operative" if operative else "Inoperative"}
    return pair.call("ChangeAvailability", payload)["status"]


def clear_cache(pair):
    return pair.call("ClearCache", {})["status"]


def remote_start(pair):
    if pair.subprotocol == V16:
        payload = {"connectorId": 1, "idTag": TOKEN}
        return pair.call("RemoteStartTransaction", payload)["status"]
    token = {"idToken": TOKEN, "type": "ISO14443"}
    payload = {"idToken": token, "evseId": 1, "remoteStartId": 1}
    return pair.call("RequestStartTransaction", payload)["status"]


def session(pair):
    """Try one; whether energy has flowed."""
    begun_wh = pair.energy_wh(1)
    pair.plug(1)
    pair.token(TOKEN, 1)
    pair.run(200)
    is_charging = pair.drivers[0].contactor.closed()
    assert is_charging == (pair.energy_wh(1) > begun_wh)
    if is_charging:
        pair.token(TOKEN, 1)
        pair.run(5)
    pair.unplug(1)
    pair.run(60)
    assert not pair.drivers[0].contactor.closed()
    return is_charging


def test_a_station_boots_and_refuses_what_needs_a_record():
    for dialect, make in KINDS:
        for errno in (ENOSPC, EROFS, EIO):
            with make() as media:
                media.refuse_from(0, errno)
                pair = station(dialect, media)
                pair.connect()
                pair.run(5)
                assert pair.station.online
                text = "no writes, errno %d" % errno
                assert ("StorageDamaged", text) in security_events(pair)
                assert [line for line in pair.log if "takes no writes" in line] == [
                    "the store takes no writes (errno %d): no session begins" % errno
                ]
                assert not session(pair)
                assert remote_start(pair) == "Rejected"
                assert set_interval(pair, "30") == "Rejected"
                assert change_availability(pair, False) == "Rejected"
                pair.disconnect()
                pair.run(100)
                pair.connect()
                pair.run(60)
                assert pair.station.outbox.counts() == [0, 0]
                assert told.sessions(dialect, told.once(pair.transcript)) == []


def test_each_boot_that_can_not_be_counted_has_its_own_message_ids():
    for dialect, make in KINDS:
        with make() as media:
            pair = station(dialect, media)
            pair.connect()
            pair.run(5)
            media.refuse_from(0, EROFS)
            for _ in range(3):
                pair.power_cut()
                pair.connect()
                pair.run(400)
            ids = [m[1] for direction, m in pair.transcript if direction == "out" and m[0] == 2]
            assert len(ids) == len(set(ids)) > 12


def test_what_the_journal_holds_is_told_though_that_can_not_be_noted():
    for dialect, make in KINDS:
        with make() as media:
            pair = station(dialect, media)
            pair.connect()
            pair.run(5)
            pair.disconnect()
            assert session(pair) and session(pair)
            media.refuse_from(0, ENOSPC)
            pair.power_cut()
            pair.connect()
            pair.run(60)
            sessions = told.sessions(dialect, told.once(pair.transcript))
            assert len(sessions) == 2 and pair.station.outbox.counts() == [0, 0]


def test_a_store_that_takes_writes_again_is_used_again():
    for dialect, make in KINDS:
        with make() as media:
            pair = station(dialect, media)
            pair.connect()
            pair.run(5)
            pair.disconnect()
            media.refuse_from(0, ENOSPC)
            assert not session(pair)
            waiting = pair.station.outbox.counts()
            assert waiting == [0, 1]
            media.refuse_from(-1, 0)
            pair.run(120)
            assert "the store takes writes again" in pair.log
            assert session(pair)
            pair.power_cut()
            pair.connect()
            pair.run(60)
            events = [event for event, _ in security_events(pair)]
            assert events.index("StorageDamaged") < events.index("StorageRestored")
            assert len(told.sessions(dialect, told.once(pair.transcript))) == 1


def story(pair):
    """A session online, one that ends offline, and changes by the server."""
    pair.connect()
    pair.run(5)
    set_interval(pair, "30")
    first = session(pair)
    pair.plug(1)
    pair.token(TOKEN, 1)
    pair.run(100)
    second = pair.drivers[0].contactor.closed()
    pair.disconnect()
    pair.run(100)
    assert pair.drivers[0].contactor.closed() == second  # what runs goes on
    pair.token(TOKEN, 1)
    pair.run(5)
    pair.unplug(1)
    pair.run(5)
    pair.connect()
    pair.run(120)
    change_availability(pair, False)
    change_availability(pair, True)
    return first + second


def test_writes_that_are_refused_from_any_one_on():
    """What has begun is told to its end, once, while the power lasts; and nothing else begins."""
    for dialect, make in KINDS:
        with make() as media:
            assert story(station(dialect, media)) == 2
            total = media.writes
        assert total > 60
        for first in range(0, total, STEP):
            with make() as media:
                media.refuse_from(first, (ENOSPC, EROFS, EIO)[first % 3])
                pair = station(dialect, media)
                begun = story(pair)
                sessions = told.sessions(dialect, told.once(pair.transcript))
                where = dialect, make.__name__, first
                assert len(sessions) == begun, where
                for one in sessions:
                    assert one.reason == "Local" and one.levels[-1] > one.levels[0], where
                assert pair.station.outbox.counts() == [0, 0], where
                # The power fails, and the flash is in order again: the station is as any other.
                media.refuse_from(-1, 0)
                pair.power_cut()
                pair.connect()
                pair.run(60)
                assert change_availability(pair, True) == "Accepted", where
                pair.forget()
                assert session(pair), where
                assert len(told.sessions(dialect, told.once(pair.transcript))) == 1, where
                assert pair.station.outbox.counts() == [0, 0], where


def ends(pair):
    """How many sessions have been told to begin, and to end."""
    counts = [0, 0]
    for _, action, payload in told.once(pair.transcript):
        event = payload.get("eventType", action)
        counts[0] += event in ("StartTransaction", "Started")
        counts[1] += event in ("StopTransaction", "Ended")
    return counts


def test_where_only_some_files_take_no_writes_no_session_stays_without_its_end():
    """As on a full disk whose last cluster has room for the journal, but none for a new file."""
    for dialect in V16, V201:
        for of in "tx", "journal":
            first, total = -1, 0
            while first < total:
                with Files() as media:
                    pair = station(dialect, media)
                    pair.connect()
                    pair.run(5)
                    media.writes = 0
                    media.refuse_from(first, ENOSPC, of)
                    pair.plug(1)
                    pair.token(TOKEN, 1)
                    pair.run(70)
                    if first < 0:
                        total = media.writes
                    pair.power_cut()
                    pair.unplug(1)
                    pair.connect()
                    pair.run(70)
                    begun, ended = ends(pair)
                    assert total and begun == ended == (begun > 0), (dialect, of, first)
                first += STEP if of == "journal" else 1
