"""Golden transcripts: what a server sees in the same situation in each dialect, line by line.

The transcripts are in `golden/`, one line a message. They are made by `tools/write_goldens.py` and
read by people: a change in one is a change of what servers see.
"""

from tests.support import transcript
from tests.support.pair import online

DIALECTS = ("ocpp1.6", "ocpp2.0.1")
SHORT = {
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
    "SampledDataCtrlr.TxUpdatedInterval": "60",
    "SampledDataCtrlr.TxUpdatedMeasurands": "Energy.Active.Import.Register",
}


def from_the_plug(dialect):
    """A car that charges; its transcript begins when it is plugged in."""
    pair = online(dialect, SHORT)
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(90)
    return pair


def compare(situation, name):
    for dialect in DIALECTS:
        transcript.compare(situation(dialect), name + "." + dialect)


def card_first(dialect):
    pair = online(dialect, SHORT)
    pair.token("04AABBCC", 1)
    pair.run(10)
    pair.plug(1)
    pair.run(90)
    pair.unplug(1)
    pair.run(5)
    return pair


def remote_start_and_stop(dialect):
    pair = online(dialect, SHORT)
    pair.plug(1)
    if dialect == "ocpp1.6":
        pair.call("RemoteStartTransaction", {"idTag": "04AABBCC", "connectorId": 1})
        pair.run(90)
        pair.call("RemoteStopTransaction", {"transactionId": 1001})
    else:
        token = {"idToken": "04AABBCC", "type": "ISO14443"}
        pair.call("RequestStartTransaction", {"idToken": token, "remoteStartId": 7, "evseId": 1})
        pair.run(90)
        running = pair.sent("TransactionEvent")[0]["transactionInfo"]["transactionId"]
        pair.call("RequestStopTransaction", {"transactionId": running})
    pair.run(5)
    return pair


def offline_session(dialect):
    pair = online(dialect, SHORT)
    pair.disconnect()
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(90)
    pair.unplug(1)
    pair.run(30)
    pair.connect()
    pair.run(30)
    return pair


def ground_fault(dialect):
    pair = from_the_plug(dialect)
    pair.forget()
    pair.fault(1, "GroundFailure")
    pair.run(30)
    pair.fault(1, "GroundFailure", False)
    pair.run(5)
    return pair


def refused_after_the_start(dialect):
    pair = online(dialect, SHORT)
    refused = {"status": "Blocked"}
    pair.csms.answers["StartTransaction"] = {"transactionId": 1001, "idTagInfo": refused}
    pair.csms.answers["TransactionEvent"] = {"idTokenInfo": refused}
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(30)
    return pair


def power_cut(dialect):
    pair = from_the_plug(dialect)
    pair.forget()
    pair.power_cut()
    pair.connect()
    pair.run(30)
    return pair


def test_card_before_cable():
    compare(card_first, "card_first")


def test_remote_start_and_stop():
    compare(remote_start_and_stop, "remote")


def test_a_session_without_a_link():
    compare(offline_session, "offline")


def test_a_ground_fault_while_charging():
    compare(ground_fault, "ground_fault")


def test_a_card_that_the_server_refuses_after_the_start():
    compare(refused_after_the_start, "refused")


def test_a_power_cut_while_charging():
    compare(power_cut, "power_cut")
