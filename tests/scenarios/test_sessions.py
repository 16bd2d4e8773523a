"""Whole charging sessions, in both dialects, message by message."""

from tests.support import transcript
from tests.support.pair import Ev, Pair

DIALECTS = ("ocpp1.6", "ocpp2.0.1")


def energies(pair):
    """(start, samples, stop) in Wh as the server was told them, one transaction."""
    if pair.subprotocol == "ocpp1.6":
        values = [
            float(sampled["value"])
            for payload in pair.sent("MeterValues")
            for value in payload["meterValue"]
            for sampled in value["sampledValue"]
            if sampled.get("measurand", "Energy.Active.Import.Register")
            == "Energy.Active.Import.Register"
        ]
        return (
            pair.sent("StartTransaction")[0]["meterStart"],
            values,
            pair.sent("StopTransaction")[0]["meterStop"],
        )
    found = {"Started": [], "Updated": [], "Ended": []}
    for payload in pair.sent("TransactionEvent"):
        for value in payload.get("meterValue", []):
            for sampled in value["sampledValue"]:
                if (
                    sampled.get("measurand", "Energy.Active.Import.Register")
                    == "Energy.Active.Import.Register"
                ):
                    found[payload["eventType"]].append(sampled["value"])
    return found["Started"][0], found["Updated"], found["Ended"][-1]


def session(dialect):
    pair = Pair(dialect, {"SampledDataCtrlr.TxUpdatedInterval": "60"})
    pair.connect()
    pair.run(1)
    pair.plug(1)
    pair.run(5)
    pair.token("04AABBCC")
    pair.run(300)
    pair.token("04AABBCC")
    pair.run(5)
    pair.unplug(1)
    pair.run(5)
    return pair


def test_a_session_from_plug_to_unplug_is_told_as_the_golden_transcript_says():
    for dialect in DIALECTS:
        transcript.compare(session(dialect), "plug_first." + dialect)


def test_a_session_is_told_with_the_energy_that_was_delivered():
    for dialect in DIALECTS:
        pair = session(dialect)
        start, samples, stop = energies(pair)
        assert len(samples) >= 3
        assert start == 0
        assert sorted(samples) == samples
        assert stop == pair.energy_wh(1), dialect
        assert abs(stop - 22080 * 300 // 3600) <= 1, dialect  # 3 phases of 32 A, 230 V, 300 s


def test_a_card_before_the_cable_starts_the_same_session():
    for dialect in DIALECTS:
        pair = Pair(dialect)
        pair.connect()
        pair.run(1)
        pair.token("04AABBCC")
        pair.run(10)
        pair.plug(1)
        pair.run(120)
        assert pair.drivers[0].contactor.closed()
        pair.token("04AABBCC")
        pair.run(1)
        assert not pair.drivers[0].contactor.closed()
        pair.unplug(1)
        pair.run(1)
        start, _, stop = energies(pair)
        assert stop - start == pair.energy_wh(1) > 700, dialect


def test_two_sessions_at_once_stay_apart():
    for dialect in DIALECTS:
        pair = Pair(dialect)
        pair.connect()
        pair.run(1)
        pair.plug(1, Ev(16000, 1))
        pair.token("AAAA", 1)
        pair.plug(2, Ev(10000, 3))
        pair.token("BBBB", 2)
        pair.run(600)
        pair.unplug(1)
        pair.run(60)
        pair.unplug(2)
        pair.run(10)
        assert abs(pair.energy_wh(1) - 16 * 230 * 600 // 3600) <= 1
        assert abs(pair.energy_wh(2) - 10 * 3 * 230 * 660 // 3600) <= 1
        if dialect == "ocpp1.6":
            starts, stops = pair.sent("StartTransaction"), pair.sent("StopTransaction")
            assert [(s["connectorId"], s["idTag"]) for s in starts] == [(1, "AAAA"), (2, "BBBB")]
            assert [s["transactionId"] for s in stops] == [1001, 1002]
            assert [s["meterStop"] for s in stops] == [pair.energy_wh(1), pair.energy_wh(2)]
        else:
            ended = [e for e in pair.sent("TransactionEvent") if e["eventType"] == "Ended"]
            assert [e["transactionInfo"]["stoppedReason"] for e in ended] == ["EVDisconnected"] * 2


def test_sequence_numbers_have_no_gap_and_message_ids_never_come_again():
    pair = session("ocpp2.0.1")
    assert [e["seqNo"] for e in pair.sent("TransactionEvent")] == list(
        range(len(pair.sent("TransactionEvent")))
    )
    pair.power_cut()
    pair.connect()
    pair.run(10)
    ids = [m[1] for direction, m in pair.transcript if direction == "out" and m[0] == 2]
    assert len(ids) == len(set(ids))


def test_a_session_while_offline_is_told_later_in_order_and_marked():
    for dialect in DIALECTS:
        pair = Pair(dialect, {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
        pair.connect()
        pair.run(1)
        pair.disconnect()
        pair.forget()
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(300)
        pair.unplug(1)
        pair.run(60)
        assert pair.transcript == []
        pair.connect()
        pair.run(60)
        start, samples, stop = energies(pair)
        assert (start, stop) == (0, pair.energy_wh(1)), dialect
        assert "BootNotification" not in pair.actions()
        if dialect == "ocpp2.0.1":
            assert all(event["offline"] for event in pair.sent("TransactionEvent"))
            times = [event["timestamp"] for event in pair.sent("TransactionEvent")]
            assert sorted(times) == times and times[0] < "2026-05-01T10:00:10Z"


def test_an_offline_session_of_one_dialect_is_told_in_the_other():
    pair = Pair("ocpp1.6", {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
    pair.connect()
    pair.run(1)
    pair.disconnect()
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(120)
    pair.unplug(1)
    pair.forget()
    pair.connect("ocpp2.0.1")
    pair.run(60)
    events = pair.sent("TransactionEvent")
    assert events[0]["eventType"] == "Started" and events[-1]["eventType"] == "Ended"
    assert all(event["offline"] for event in events)
    assert [event["seqNo"] for event in events] == list(range(len(events)))


def test_a_transaction_that_1_6_has_acknowledged_ends_under_that_number_in_2_0_1():
    pair = Pair("ocpp1.6")
    pair.connect()
    pair.run(1)
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(10)
    assert len(pair.sent("StartTransaction")) == 1
    pair.disconnect()
    pair.run(60)
    pair.unplug(1)
    pair.run(10)
    pair.connect("ocpp2.0.1")
    pair.run(60)
    ended = pair.sent("TransactionEvent")[-1]
    assert ended["eventType"] == "Ended"
    assert ended["transactionInfo"]["transactionId"] == "1001"
