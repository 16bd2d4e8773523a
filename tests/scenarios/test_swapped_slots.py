"""Slots that can't be read, or lie in another's place: told, and never a reason not to boot."""

from chargepoint.runtime import LinkSettings
from chargepoint.store import frame
from tests.support.pair import Pair
from tests.support.refusing import Blocks, Files

V16, V201 = "ocpp1.6", "ocpp2.0.1"
TOKEN = "04AABBCC"
PASSWORD = "a password of sixteen"
VARIABLES = {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}


def station(dialect, media):
    return Pair(dialect, VARIABLES, evses=1, meter_ms=60000, make_store=media.open_store)


def lived(dialect, media):
    """With a slot of each kind that a day brings; a session runs."""
    pair = station(dialect, media)
    pair.connect()
    pair.run(5)
    assert pair.station.model.set_credential(PASSWORD.encode())
    assert pair.station.model.write(57, "77")
    pair.station.model.save()
    if dialect == V16:
        pair.call("ChangeAvailability", {"connectorId": 1, "type": "Operative"})
    pair.plug(1)
    pair.token(TOKEN, 1)
    pair.run(60)
    assert pair.drivers[0].contactor.closed()
    return pair


def nameless(data):
    """A slot's file as older versions wrote it."""
    return data[: frame.OVERHEAD + (data[2] | data[3] << 8)]


def slots_of(media):
    return sorted([name for name in media.data if name[-2:] in (".0", ".1")])


def boot(pair):
    pair.power_cut()
    pair.unplug(1)
    pair.connect()
    pair.run(60)
    assert pair.station.online and pair.station.outbox.counts() == [0, 0]


def test_any_two_slots_that_are_swapped():
    """Both of their files, as they are written now and without their names."""
    for dialect in (V16, V201):
        with Files() as media:
            pair = lived(dialect, media)
            names = sorted({name[:-2] for name in slots_of(media)})
            assert len(names) > 5
            whole = {name: bytes(media.data[name]) for name in media.data}
            for is_old in (False, True):
                for one in range(len(names)):
                    other = names[(one + 1) % len(names)]
                    media.data = {}
                    for file in whole:
                        data = whole[file]
                        if is_old and file[-2:] in (".0", ".1"):
                            data = nameless(data)
                        name = {names[one]: other, other: names[one]}.get(file[:-2], file[:-2])
                        media.data[name + file[-2:] if "." in file else file] = bytearray(data)
                    boot(pair)
                    for name in names:  # some are not read before they are needed
                        pair.store.slots.load(name)
                    if not is_old:
                        assert names[one] in pair.store.damaged, (names[one], other)


def test_a_file_that_the_file_system_can_not_read_stops_no_station():
    for dialect in (V16, V201):
        with Files() as media:
            pair = lived(dialect, media)
            whole = {name: bytes(media.data[name]) for name in media.data}
            for name in sorted(whole):
                media.data = {file: bytearray(whole[file]) for file in whole}
                media.unreadable = (name,)
                boot(pair)
                boot(pair)  # with what the first has written
                media.unreadable = ()


def damage(media, name):
    """All that there is of a slot."""
    if isinstance(media, Files):
        for file in slots_of(media):
            if file[:-2] == name:
                media.data[file][-1] ^= 1  # its name, too
                media.data[file][9] ^= 1
        return
    at = media.flash.data.find(name.encode() + PASSWORD.encode())
    while at >= 0:
        media.flash.data[at + len(name)] ^= 1
        at = media.flash.data.find(name.encode() + PASSWORD.encode())


def test_a_password_that_can_not_be_read_is_not_left_out():
    for dialect, make in ((V16, Files), (V201, Blocks)):
        with make() as media:
            pair = lived(dialect, media)
            assert LinkSettings(pair.station).password() == PASSWORD.encode()
            damage(media, "credential")
            for _ in range(3):  # also after what was damaged has been written over
                pair.power_cut()
                try:
                    LinkSettings(pair.station).password()
                except ValueError as error:
                    assert "set anew" in str(error)
                else:
                    raise AssertionError("it goes out without a password")
                pair.run(5)
            assert pair.station.outbox.counts()[1] > 1
            pair.connect()  # by a profile that needs none
            pair.run(30)
            told = [event.get("techInfo") for event in pair.sent("SecurityEventNotification")]
            assert "credential" in told
            pair.station.model.preset_credential = b"of the factory"
            assert LinkSettings(pair.station).password() == b"of the factory"
            assert pair.station.model.set_credential(b"set anew")
            pair.power_cut()
            assert LinkSettings(pair.station).password() == b"set anew"


def test_a_session_whose_slot_can_not_be_read_is_ended_by_the_journal():
    for dialect in (V16, V201):
        with Files() as media:
            pair = lived(dialect, media)
            pair.disconnect()
            pair.token(TOKEN, 1)
            pair.run(5)
            pair.unplug(1)
            pair.plug(1)
            pair.token(TOKEN, 1)
            pair.run(60)
            assert pair.drivers[0].contactor.closed()
            damage(media, "tx1")
            pair.forget()
            boot(pair)
            told = [event.get("techInfo") for event in pair.sent("SecurityEventNotification")]
            assert "tx1" in told
            if dialect == V16:
                reasons = [stop["reason"] for stop in pair.sent("StopTransaction")]
            else:
                reasons = [
                    event["transactionInfo"].get("stoppedReason", "Local")
                    for event in pair.sent("TransactionEvent")
                    if event["eventType"] == "Ended"
                ]
            assert reasons[-1] == "PowerLoss" and len(reasons) == 2
