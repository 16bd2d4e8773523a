"""A security event must arrive (A04.FR.02), and no transaction event waits for it."""

from tests.support.pair import Pair, Refuse

DIALECTS = ("ocpp1.6", "ocpp2.0.1")
STARTS = {"ocpp1.6": "StartTransaction", "ocpp2.0.1": "TransactionEvent"}
EVENT = "SecurityEventNotification"
OPEN = {
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
    "SampledDataCtrlr.TxUpdatedInterval": "0",
}


def refuse(payload):
    raise Refuse("InternalError")


def booted(dialect, answer):
    """A pair whose server answers security events so."""
    pair = Pair(dialect, OPEN, answers={EVENT: answer})
    pair.connect()
    return pair


def charge(pair):
    pair.plug(1)
    pair.token("04AABBCC", 1)


def told(pair):
    """Message ids of the security events, as often as they were sent."""
    return [m[1] for way, m in pair.transcript if way == "out" and m[0] == 2 and m[2] == EVENT]


def test_one_that_the_server_refuses_was_delivered_and_holds_nothing_up():
    for dialect in DIALECTS:
        pair = booted(dialect, refuse)
        charge(pair)
        assert pair.sent(STARTS[dialect])
        assert len(told(pair)) == 1
        pair.power_cut("RemoteReset")
        pair.forget()
        pair.connect()
        pair.run(1)
        assert [event["type"] for event in pair.sent(EVENT)] == [
            "StartupOfTheDevice",
            "ResetOrReboot",
        ]
        assert pair.station.outbox.counts() == [0, 0]
        assert len([line for line in pair.log if "gave up" in line]) == 3


def test_one_that_gets_no_answer_is_passed_by_transactions_and_told_again_by_the_same_id():
    for dialect in DIALECTS:
        pair = booted(dialect, None)
        pair.run(31)
        charge(pair)
        pair.run(1)
        assert pair.sent(STARTS[dialect]), "the event is in the way"
        assert pair.station.outbox.counts() == [0, 1]
        pair.unplug(1)
        pair.run(1)
        assert pair.station.outbox.counts() == [0, 1]
        assert len(told(pair)) == 1
        pair.csms.answers = {}
        pair.run(60)
        assert len(told(pair)) == 2 and len(set(told(pair))) == 1
        assert pair.station.outbox.counts() == [0, 0]


def test_a_transaction_that_waits_behind_one_goes_when_its_time_is_over():
    for dialect in DIALECTS:
        pair = booted(dialect, None)
        charge(pair)
        assert not pair.sent(STARTS[dialect])
        pair.run(31)
        assert pair.sent(STARTS[dialect])


def test_one_that_was_passed_by_survives_a_power_cut_with_its_id():
    for dialect in DIALECTS:
        pair = booted(dialect, None)
        pair.run(31)
        charge(pair)
        pair.run(1)
        pair.power_cut()
        pair.csms.answers = {}
        pair.connect()
        pair.run(1)
        first = told(pair)[0]
        assert told(pair).count(first) == 2 and len(told(pair)) == 3
        assert [event["type"] for event in pair.sent(EVENT)] == ["StartupOfTheDevice"] * 3
        assert pair.station.outbox.counts() == [0, 0]


def test_an_answer_that_is_late_acknowledges_one_that_was_passed_by():
    for dialect in DIALECTS:
        pair = booted(dialect, None)
        pair.run(31)
        charge(pair)
        pair.run(1)
        pair._answer([3, told(pair)[0], {}])
        pair.step()
        pair.run(600)
        assert len(told(pair)) == 1
        assert pair.station.outbox.counts() == [0, 0]


def test_a_server_that_answers_none_gets_each_as_often_as_attempts_are_set():
    for dialect in DIALECTS:
        pair = booted(dialect, None)
        for _ in range(6):
            pair.run(60)
            pair.call("ClearCache", {})
        assert len(told(pair)) == 3 and len(set(told(pair))) == 1
        assert pair.station.outbox.counts() == [0, 0]
        charge(pair)
        pair.run(1)
        assert pair.sent(STARTS[dialect])


def test_a_refused_transaction_event_is_waited_for_as_before():
    for dialect in DIALECTS:
        pair = booted(dialect, refuse)
        pair.csms.answers[STARTS[dialect]] = refuse
        charge(pair)
        pair.station.security_event("MemoryExhaustion", "a test")
        pair.run(59)
        assert len(pair.sent(STARTS[dialect])) == 1
        pair.run(1)
        assert len(pair.sent(STARTS[dialect])) == 2
        pair.run(1200)
        assert "MemoryExhaustion" in [event["type"] for event in pair.sent(EVENT)]
