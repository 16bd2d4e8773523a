"""Answers of a server that are refusals, or not to the letter, in both dialects.

Nobody answers, a refusal, and an answer that can't be read are three things: offline rules are for
the first one alone. What can be read counts, whatever is beside it."""

from tests.support.pair import Pair, Refuse, online

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)
INFO = {V16: "idTagInfo", V201: "idTokenInfo"}
STARTS = {V16: "StartTransaction", V201: "TransactionEvent"}
NULL = {V16: "expiryDate", V201: "cacheExpiryDateTime"}
CARD = "04AABBCC"


def refuse(code):
    def answer(payload):
        raise Refuse(code)

    return answer


def with_a_known_card(dialect):
    """A station that knows the card, and where an EV waits that has not charged yet."""
    variables = {"AuthCtrlr.LocalPreAuthorize": "false", "AuthCtrlr.LocalAuthorizeOffline": "true"}
    pair = online(dialect, variables)
    pair.plug(1)
    pair.token(CARD, 1)
    assert pair.drivers[0].contactor.closed()
    pair.token(CARD, 1)
    pair.unplug(1)
    pair.run(60)
    pair.plug(1)
    pair.forget()
    return pair


def charges(pair):
    pair.token(CARD, 1)
    pair.run(5)
    return pair.drivers[0].contactor.closed()


def test_a_refusal_is_not_offline():
    for dialect in DIALECTS:
        for code in ("InternalError", "NotImplemented", "NotSupported", "GenericError"):
            pair = with_a_known_card(dialect)
            pair.csms.answers["Authorize"] = refuse(code)
            assert not charges(pair), code
            assert [line for line in pair.log if code in line]


def test_an_answer_that_can_not_be_read_is_not_offline():
    for dialect in DIALECTS:
        info, null = INFO[dialect], NULL[dialect]
        for answer in (
            {},
            {info: None},
            {info: {}},
            {info: "Accepted"},
            {info: {"status": None}},
            {info: {"status": "accepted"}},
            {info: {"status": ["Accepted"]}},
            {info: {"status": "Blocked", null: None}},
            {info: {"status": "Invalid", "more": {"a": 1}}, "more": None},
        ):
            pair = with_a_known_card(dialect)
            pair.csms.answers["Authorize"] = answer
            assert not charges(pair), answer


def test_of_an_answer_without_json_nothing_is_known():
    for dialect in DIALECTS:
        pair = with_a_known_card(dialect)
        pair.csms.answers["Authorize"] = None
        pair.token(CARD, 1)
        call = [m for direction, m in pair.transcript if m[0] == 2 and m[2] == "Authorize"][0]
        pair.receive_text('[3,"%s",{"%s":{"status":"Accepted"},}]' % (call[1], INFO[dialect]))
        pair.run(60)
        assert not pair.drivers[0].contactor.closed()


def test_without_a_link_or_in_silence_what_is_known_counts():
    for dialect in DIALECTS:
        pair = with_a_known_card(dialect)
        pair.disconnect()
        assert charges(pair)
        pair = with_a_known_card(dialect)
        pair.csms.answers["Authorize"] = None
        assert not charges(pair)
        pair.run(60)
        assert pair.drivers[0].contactor.closed()


def test_accepted_counts_whatever_is_beside_it():
    for dialect in DIALECTS:
        pair = with_a_known_card(dialect)
        info = {"status": "Accepted", NULL[dialect]: "tomorrow", "parentIdTag": None, "more": 1.5}
        pair.csms.answers["Authorize"] = {INFO[dialect]: info, "more": [{}]}
        assert charges(pair)


def test_a_start_that_is_blocked_stops_whatever_is_beside_it():
    for dialect in DIALECTS:
        for info in ({"status": "Blocked", NULL[dialect]: None}, {"status": "No"}, "Blocked"):
            pair = online(dialect)
            pair.csms.answers[STARTS[dialect]] = {INFO[dialect]: info, "transactionId": 7}
            pair.plug(1)
            pair.token(CARD, 1)
            pair.run(5)
            assert not pair.drivers[0].contactor.closed(), info


def test_1_6_a_start_is_told_once_and_its_number_is_read():
    for number, more in ((7.0, {}), ("7", {}), (7, {"more": 1}), (7, {"idTagInfo": None})):
        pair = online(V16, {"SampledDataCtrlr.TxUpdatedInterval": "60"})
        info = {"status": "Accepted", "expiryDate": None}
        pair.csms.answers["StartTransaction"] = dict(transactionId=number, idTagInfo=info)
        pair.csms.answers["StartTransaction"].update(more)
        pair.csms.answers["MeterValues"] = {"status": "Accepted"}
        pair.plug(1)
        pair.token(CARD, 1)
        pair.run(300)
        assert len(pair.sent("StartTransaction")) == 1
        told = [values["transactionId"] for values in pair.sent("MeterValues")]
        assert told == [7] * len(told)
        if not more.get("idTagInfo", info):
            assert not pair.drivers[0].contactor.closed()
            continue
        assert len(told) == 5
        assert len([line for line in pair.log if "MeterValues, status" in line]) == 1
        pair.disconnect()
        assert [line for line in pair.log if "not to the letter" in line][-1][0] in "56789"


def test_any_CALLRESULT_acknowledges_what_is_journalled():
    for dialect in DIALECTS:
        for answer in ('{"transactionId":7,}', "{}", "[]", "null", '"x"', "{},{}", ""):
            pair = online(dialect)
            pair.csms.answers[STARTS[dialect]] = None
            pair.plug(1)
            pair.token(CARD, 1)
            calls = [m for direction, m in pair.transcript if m[0] == 2]
            start = [m for m in calls if m[2] == STARTS[dialect]][0]
            pair.csms.answers = {}
            pair._outstanding = None
            pair.receive_text('[3,"%s",%s]' % (start[1], answer))
            pair.run(300)
            ids = [m[1] for d, m in pair.transcript if d == "out" and m[0] == 2]
            assert ids.count(start[1]) == 1, answer
            assert pair.station.outbox.counts() == [0, 0]
            assert pair.drivers[0].contactor.closed()


def test_of_a_BootNotification_the_status_counts():
    for dialect in DIALECTS:
        for boot in (
            {"status": "Accepted", "currentTime": "soon", "interval": 7},
            {"status": "Accepted", "currentTime": None, "interval": 7.0},
            {"status": "Accepted", "interval": "7", "more": 1},
            {"status": "Accepted", "currentTime": "2199-01-01T00:00:00Z", "interval": None},
            {"status": "Accepted", "currentTime": 1796110200, "interval": -1},
        ):
            pair = Pair(dialect, answers={"BootNotification": boot})
            pair.connect()
            assert pair.station.online and pair.station.provisioning.status == "Accepted"
            pair.run(60)  # a heartbeat's answer tells the time
            assert pair.actions().count("BootNotification") == 1
            assert pair.station.outbox.counts() == [0, 0]
            assert pair.statuses(1)[-1] == "Available"
        for boot in ({}, {"status": None}, {"status": "ok", "interval": 1}):
            pair = Pair(dialect, answers={"BootNotification": boot})
            pair.connect()
            assert not pair.station.online
            pair.csms.answers = {}
            pair.run(60)
            assert pair.station.online


def test_1_6_3_15_times_of_python_servers_are_read():
    for dialect in DIALECTS:
        for zone in ("", ".123456", "+0000", "+00", ",5Z", ".123456+00:00"):
            answer = {"status": "Accepted", "interval": 300}
            answer["currentTime"] = "2026-12-01T08:30:00" + zone
            pair = Pair(dialect, answers={"BootNotification": answer})
            pair.connect()
            assert pair.sent("StatusNotification")[0]["timestamp"] == "2026-12-01T08:30:00Z"
