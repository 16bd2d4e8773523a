"""A server that refuses a message again and again, or never answers it: that message is given up
by the rules (E13), and nothing else is lost for it."""

from tests.support import told
from tests.support.pair import Refuse, online

V16, V201 = "ocpp1.6", "ocpp2.0.1"
TOKEN = "04AABBCC"
VARIABLES = {
    "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "3",
    "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "10",
    "SampledDataCtrlr.TxUpdatedInterval": "60",
}
# What the server has no answer for: the action, and of it what is true of its payload.
POISONED = (
    (V16, "StartTransaction", lambda payload: payload["meterStart"] == 0),
    (V16, "MeterValues", lambda payload: payload.get("transactionId") == 1001),
    (V16, "StopTransaction", lambda payload: payload["transactionId"] == 1001),
    (V201, "TransactionEvent", lambda payload: payload["seqNo"] == 0),
    (V201, "TransactionEvent", lambda payload: payload["seqNo"] == 2),
    (V201, "TransactionEvent", lambda payload: payload["eventType"] == "Ended"),
)


def two_sessions(dialect, action, is_poisoned, is_silent):
    """Two sessions; what is poisoned in the first one is refused, or never answered."""
    first = []  # message ids of it

    def answer(payload):
        message = [m for d, m in pair.transcript if d == "out" and m[0] == 2][-1]
        if message[1] in first or (len(sessions) == 1 and is_poisoned(payload)):
            first.append(message[1])
            if is_silent:
                return None
            raise Refuse("InternalError")
        if action != "StartTransaction":
            return {}
        pair.csms.next_transaction_id += 1
        return {"transactionId": 5000, "idTagInfo": {"status": "Accepted"}}

    sessions = []
    pair = online(dialect, VARIABLES, answers={action: answer})
    for _ in range(2):
        sessions.append(1)
        pair.plug(1)
        pair.token(TOKEN, 1)
        pair.run(150)
        pair.token(TOKEN, 1)
        pair.run(1)
        pair.unplug(1)
        for _ in range(40):  # a server that leaves two in a row unanswered is connected to anew
            pair.run(20)
            if not pair.connected:
                pair.connect()
    return pair, first


def test_one_message_that_the_server_does_not_stand_costs_only_itself():
    for dialect, action, is_poisoned in POISONED:
        for is_silent in False, True:
            pair, first = two_sessions(dialect, action, is_poisoned, is_silent)
            case = dialect, action, is_silent
            assert pair.station.outbox.counts() == [0, 0], case
            for message_id in set(first):
                most = 3
                if action == "MeterValues" and message_id != first[0]:
                    most = 1
                # a time-out counts only when the server is known to be alive
                wanted = (most, most + 1) if is_silent else (most,)
                assert first.count(message_id) in wanted, case
            given_up = [line for line in pair.log if "gave up" in line]
            assert len(given_up) == len(set(first)) > 0, case
            calls = told.once(pair.transcript)
            if dialect == V16:
                assert [a for _, a, _ in calls].count("StartTransaction") == 2
                stops = [p for _, a, p in calls if a == "StopTransaction"]
                assert stops[1]["meterStop"] == pair.energy_wh(1)
                if action == "StartTransaction":  # errata 3.18
                    assert [stop["transactionId"] for stop in stops] == [-1, 5000]
            else:
                sessions = told.sessions(dialect, calls)
                assert [s.reason for s in sessions] == ["Local", "Local"]
                assert sessions[1].levels[-1] == pair.energy_wh(1)


def test_E14_GetTransactionStatus_while_a_message_is_refused_waits_and_is_given_up():
    def refuse(payload):
        if payload["transactionInfo"]["transactionId"] == stuck:
            raise Refuse("InternalError")
        return {}

    pair = online(V201, dict(VARIABLES, **{"AuthCtrlr.LocalAuthorizeOffline": "true"}))
    stuck = None
    pair.plug(1)
    pair.token(TOKEN, 1)
    pair.run(5)
    stuck = pair.station.evses[0].transaction.id
    pair.csms.answers["TransactionEvent"] = refuse
    pair.plug(2)
    pair.token("04AABB02", 2)
    pair.run(2)
    other = pair.station.evses[1].transaction.id

    def status(transaction_id=None):
        request = {} if transaction_id is None else {"transactionId": transaction_id}
        return pair.call("GetTransactionStatus", request)["messagesInQueue"]

    assert (status(), status(stuck), status(other)) == (False, False, False)
    pair.token(TOKEN, 1)  # its end is refused
    pair.run(1)
    assert (status(), status(stuck), status(other)) == (True, True, False)
    pair.run(60)
    pair.token("04AABB02", 2)  # waits behind it
    pair.run(1)
    waiting = pair.station.outbox.counts()[0]
    assert status(other) == (waiting > 0)
    pair.run(300)
    assert (status(), status(stuck), status(other)) == (False, False, False)
    assert [line for line in pair.log if "gave up" in line]
    pair.disconnect()
    pair.unplug(1)
    pair.plug(1)
    pair.token(TOKEN, 1)
    pair.run(5)
    new = pair.station.evses[0].transaction.id
    pair.csms.answers["TransactionEvent"] = None
    pair.connect()
    assert (status(), status(new), status(stuck)) == (True, True, False)  # on its way
    pair.csms.answers = {}
    pair.disconnect()
    pair.connect()
    pair.run(5)
    assert (status(), status(new)) == (False, False)
