"""Texts that a message can't tell, or a parser does not read as they are meant.

What is escaped stands in the texts of the server here, for json.dumps does not write it on both
interpreters."""

import gc

from chargepoint.compat import MICROPYTHON
from tests.support.pair import Pair

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)
CHARACTER = "\U0001f600"
EMOJI = "\\ud83d\\ude00"
HALVES = ("\\ud83d", "\\ude00", "\\ud83dx", "\\ude00\\ud83d")
STARTS = {
    V16: '[2,"7","RemoteStartTransaction",{"idTag":"%s","connectorId":1}]',
    V201: '[2,"7","RequestStartTransaction",{"idToken":{"idToken":"%s","type":"Central"},'
    '"remoteStartId":1,"evseId":1}]',
}


class Wire(Pair):
    """Sees that the bytes of each message are UTF-8, which MicroPython does not."""

    def _take(self, text):
        data = text.encode()
        for at in range(len(data) - 1):
            assert data[at] != 0xED or data[at + 1] < 0xA0, data
        Pair._take(self, text)


def on_wire(dialect):
    pair = Wire(dialect)
    pair.connect()
    pair.run(1)
    pair.plug(1)
    pair.forget()
    return pair


def answer(pair, text):
    """The answer to a text of the server."""
    pair._calls["7"] = pair._calls[CHARACTER] = text.split('"')[3]
    pair.forget()
    pair.receive_text(text)
    return [m for direction, m in pair.transcript if direction == "out" and m[0] != 2][0]


def test_a_start_for_a_token_that_no_message_can_tell_begins_nothing():
    for dialect in DIALECTS:
        pair = on_wire(dialect)
        for wrong in (EMOJI, "\\u00fc", "a\\tb", "\\u0000"):
            assert answer(pair, STARTS[dialect] % wrong)[:3] == [
                4,
                "7",
                "PropertyConstraintViolation",
            ], wrong
        code = "FormationViolation" if dialect == V16 else "FormatViolation"
        for half in HALVES:
            assert answer(pair, STARTS[dialect] % half)[:3] == [4, "7", code], half
        pair.run(60)
        assert pair.station.evses[0].transaction is None
        assert not pair.drivers[0].contactor.closed()
        assert set(pair.actions()) <= {"StatusNotification"}


def test_part_2_2_1_4_an_identifier_has_few_characters():
    pair = on_wire(V201)
    for wrong in ("04 AA", "a/b", "a,b", "a;b", "a#b"):
        assert answer(pair, STARTS[V201] % wrong)[2] == "PropertyConstraintViolation", wrong
    pair.token("04 AA", 1)  # can't be asked about
    pair.run(5)
    assert "Authorize" not in pair.actions() and not pair.drivers[0].contactor.closed()
    assert answer(pair, STARTS[V201] % "Az09*-_=:+|@.") == [3, "7", {"status": "Accepted"}]


def test_what_the_server_calls_by_an_odd_name_it_gets_back_as_it_was():
    pair = on_wire(V16)
    text = '[2,"7","GetConfiguration",{"key":["%s"]}]' % EMOJI
    assert answer(pair, text)[2]["unknownKey"] == [CHARACTER]
    pair = on_wire(V201)
    text = '[2,"7","DataTransfer",{"vendorId":"%s","data":{"%s":"%s"}}]' % (EMOJI, EMOJI, EMOJI)
    assert answer(pair, text)[2]["status"] == "UnknownVendorId"
    text = text.replace('"7"', '"%s"' % EMOJI)
    assert answer(pair, text)[1] == CHARACTER


def test_a_card_that_no_message_can_tell_is_not_taken():
    for dialect in DIALECTS:
        for connected in True, False:
            pair = on_wire(dialect)
            pair.station.model.write(40, "true")  # AuthCtrlr.OfflineTxForUnknownIdEnabled
            if not connected:
                pair.disconnect()
            pair.token(CHARACTER, 1)
            pair.run(5)
            assert not pair.drivers[0].contactor.closed()
            assert "Authorize" not in pair.actions()
            pair.token("04AABBCC", 1)
            assert pair.drivers[0].contactor.closed()


def test_a_record_that_has_half_a_pair_holds_nothing():
    for dialect in DIALECTS:
        pair = on_wire(dialect)
        pair.token("XXXXXX", 1)
        assert pair.drivers[0].contactor.closed()
        pair.disconnect()
        pair.token("XXXXXX", 1)
        assert not pair.drivers[0].contactor.closed()
        assert pair.station.outbox.counts()[0]
        records = pair.store.journal._records
        told = bytes([0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80])
        records[:] = [(seq, data.replace(b"XXXXXX", told)) for seq, data in records]
        assert any([told in data for _, data in records])
        pair.power_cut()
        pair.connect()
        pair.run(300)
        assert pair.station.outbox.counts() == [0, 0]


ODD = (  # each @ becomes a character that was never seen before
    '[2,"7","DataTransfer",{"vendorId":"@","data":"@"}]',
    '[2,"7","ClearCache",{"@":1}]',
    STARTS[V16] % "@",
    STARTS[V201] % "@",
    '[2,"7","ChangeConfiguration",{"key":"HeartbeatInterval","value":"@@@"}]',
    '[2,"7","ChangeConfiguration",{"key":"ConnectorPhaseRotation","value":"@@.@"}]',
    '[2,"7","ChangeConfiguration",{"key":"AuthorizationKey","value":"%s"}]' % ("@" * 40),
    '[2,"7","SetVariables",{"setVariableData":[{"component":{"name":"ChargingStation"},'
    '"variable":{"name":"PhaseRotation"},"attributeValue":"@@@"}]}]',
    '[2,"7","UpdateFirmware",{"location":"http://@/@","retrieveDate":"2026-12-01@@"}]',
    '[2,"7","UpdateFirmware",{"requestId":1,"firmware":{"location":"http://h@/","@":1,'
    '"retrieveDateTime":"2026-12-01@10:00:00Z"}}]',
    '[2,"7","UpdateFirmware",{"requestId":1,"firmware":{"location":"http://h@/",'
    '"retrieveDateTime":"2026-12-01@10:00:00Z"}}]',
)


def odd_texts(rounds, number=0):
    """They are written as a pair of surrogates and as UTF-8 by turns."""
    for _ in range(rounds):
        for text in ODD:
            first, *parts = text.split("@")
            for part in parts:
                number += 1
                if number & 1:
                    first += "\\ud8%02x\\u%04x" % (number >> 10, 0xDC00 + number % 1024)
                else:
                    data = bytes(
                        (0xF1, 0x80 | number >> 12, 0x80 | number >> 6 & 63, 0x80 | number & 63)
                    )
                    first += str(data, "utf-8")
                first += part
            yield first


def test_no_character_of_the_server_stays_in_memory():
    """MicroPython keeps for ever what is taken out of a text as one character, or made by chr."""
    for dialect in DIALECTS:
        pair = on_wire(dialect)
        free = []
        for number in (0, 1000, 2000):  # the first round is for what comes in at its first use
            for text in odd_texts(15, number):
                answer(pair, text)
            pair.forget()
            if MICROPYTHON:
                gc.collect()
                free.append(gc.mem_free())  # pyright: ignore[reportAttributeAccessIssue]
        assert not pair.drivers[0].contactor.closed()
        assert not free or free[0] - free[2] < 1000, free
