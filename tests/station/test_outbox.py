"""Delivery of what must arrive: order, attempts, offline, and what the server is told of it."""

from tests.support.pair import Pair, Refuse

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)
STARTS = {V16: "StartTransaction", V201: "TransactionEvent"}
OPEN = {
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
    "SampledDataCtrlr.TxUpdatedInterval": "0",
}


def refuse(payload):
    raise Refuse("InternalError")


def started(dialect, answers=None, variables=None):
    """A pair with a transaction that has begun, online."""
    pair = Pair(dialect, variables or OPEN, answers=answers)
    pair.connect()
    pair.plug(1)
    pair.token("04AABBCC", 1)
    return pair


def calls(pair, action=None):
    """(message id, payload) of the station's CALLs."""
    return [
        (m[1], m[3])
        for direction, m in pair.transcript
        if direction == "out" and m[0] == 2 and action in (None, m[2])
    ]


def test_E13_a_refused_message_is_tried_again_with_its_id_after_growing_waits():
    for dialect in DIALECTS:
        for answer in refuse, None:
            pair = started(dialect, {STARTS[dialect]: answer})
            first = calls(pair, STARTS[dialect])[0]
            wait_s = 0 if answer else 30  # the time-out comes first
            pair.run(wait_s + 59)
            assert calls(pair, STARTS[dialect]).count(first) == 1
            pair.run(1)
            assert calls(pair, STARTS[dialect]).count(first) == 2
            if answer is None:  # a server that says something is not taken for dead
                pair.call("ClearCache", {})
            pair.run(wait_s + 119)
            assert calls(pair, STARTS[dialect]).count(first) == 2
            pair.run(1)
            assert calls(pair, STARTS[dialect]).count(first) == 3
            ids = [message_id for message_id, _ in calls(pair)]
            assert ids.count(first[0]) == 3


def test_E13_after_the_last_attempt_it_is_given_up_and_the_rest_goes_on():
    for dialect in DIALECTS:
        pair = started(dialect, {STARTS[dialect]: refuse})
        pair.run(60 + 120)
        assert any(["gave up" in line for line in pair.log])
        pair.csms.answers = {}
        pair.run(200)
        pair.unplug(1)
        pair.run(400)
        if dialect == V16:
            stop = pair.sent("StopTransaction")[0]
            assert stop["transactionId"] == -1 and stop["meterStop"] == pair.energy_wh(1)
        else:
            assert pair.sent("TransactionEvent")[-1]["eventType"] == "Ended"
        assert pair.station.outbox.counts() == [0, 0]


def test_MessageAttempts_and_interval_are_settings():
    for dialect in DIALECTS:
        variables = {
            "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "2",
            "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "5",
        }
        pair = started(dialect, {STARTS[dialect]: refuse}, variables)
        pair.run(4)
        assert len(calls(pair, STARTS[dialect])) == 1
        pair.run(1)
        first = calls(pair, STARTS[dialect])[0][0]
        assert [i for i, _ in calls(pair, STARTS[dialect])].count(first) == 2
        pair.run(60)
        assert [i for i, _ in calls(pair, STARTS[dialect])].count(first) == 2


def test_being_offline_costs_no_attempt():
    for dialect in DIALECTS:
        pair = started(dialect, {STARTS[dialect]: None})
        pair.csms.slow = True
        for _ in range(6):  # lost each time before the time-out
            pair.disconnect()
            pair.run(10)
            pair.connect()
            pair.run(10)
        pair.csms.slow = False
        pair.csms.answers = {}
        pair.disconnect()
        pair.connect()
        pair.run(60)
        ids = [message_id for message_id, _ in calls(pair, STARTS[dialect])]
        assert ids[0] == ids[1] and not [line for line in pair.log if "gave up" in line]
        assert pair.station.outbox.counts() == [0, 0]


def late(pair, message_id, server_id=5):
    """The server answers that message now."""
    answer = {}
    if pair.subprotocol == V16:
        answer = {"transactionId": server_id, "idTagInfo": {"status": "Accepted"}}
    pair._answer([3, message_id, answer])
    pair.step()


def test_an_answer_that_comes_between_two_attempts_counts():
    for dialect in DIALECTS:
        pair = started(dialect, {STARTS[dialect]: None})
        first = calls(pair, STARTS[dialect])[0]
        pair.run(31)
        waiting = pair.station.outbox.counts()
        pair.csms.answers = {}
        late(pair, first[0])
        assert pair.station.outbox.counts() < waiting
        pair.run(100)
        assert calls(pair, STARTS[dialect]).count(first) == 1
        pair.unplug(1)
        pair.run(100)
        assert pair.station.outbox.counts() == [0, 0] and pair.station.outbox.server_ids == {}
        if dialect == V16:
            assert [stop["transactionId"] for stop in pair.sent("StopTransaction")] == [5]


def test_an_answer_to_the_first_attempt_during_the_second_counts_once():
    for dialect in DIALECTS:
        pair = started(dialect, {STARTS[dialect]: None})
        first = calls(pair, STARTS[dialect])[0]
        pair.run(95)
        assert calls(pair, STARTS[dialect]).count(first) == 2
        pair.csms.answers = {}
        for _ in range(2):
            late(pair, first[0])
        pair.run(100)
        assert calls(pair, STARTS[dialect]).count(first) == 2
        assert pair.station.outbox.counts() == [0, 0]


def test_an_answer_that_is_late_and_refuses_stops_the_energy():
    pair = started(V16, {"StartTransaction": None})
    first = calls(pair, "StartTransaction")[0]
    pair.run(31)
    pair.receive_text('[3,"%s",{"transactionId":5,"idTagInfo":{"status":"Blocked"}}]' % first[0])
    assert not pair.drivers[0].contactor.closed()


def test_1_6_the_id_of_a_start_that_was_given_up_is_taken_when_it_comes_after_all():
    variables = {"OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "1"}
    pair = started(V16, {"StartTransaction": None}, variables)
    first = calls(pair, "StartTransaction")[0]
    pair.run(31)
    assert any(["gave up" in line for line in pair.log])
    late(pair, first[0], 77)
    pair.csms.answers = {}
    pair.run(100)
    pair.unplug(1)
    pair.run(10)
    assert [stop["transactionId"] for stop in pair.sent("StopTransaction")] == [77]
    assert pair.station.outbox.server_ids == {}


def test_an_answer_that_comes_when_all_is_over_changes_nothing():
    for dialect in DIALECTS:
        variables = {"OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "1"}
        pair = started(dialect, {STARTS[dialect]: None}, variables)
        first = calls(pair, STARTS[dialect])[0]
        pair.run(29)
        pair.csms.answers = {}
        pair.unplug(1)
        pair.run(100)
        assert pair.station.outbox.counts() == [0, 0]
        late(pair, first[0])
        assert pair.station.outbox.server_ids == {}
        assert not pair.station.busy


def test_a_server_that_is_always_late_gets_everything_once():
    for dialect in DIALECTS:
        pair = started(dialect)
        pair.csms.slow = True
        pair.unplug(1)
        for _ in range(40):
            pair.run(40)
            pair.csms.slow = False
            pair.deliver()
            pair.csms.slow = True
        assert pair.connected and pair.drops == 0
        ids = [
            i for i, _ in calls(pair, "StopTransaction" if dialect == V16 else "TransactionEvent")
        ]
        assert len(ids) == len(set(ids))
        assert pair.station.outbox.counts() == [0, 0]


def test_the_same_id_after_a_reboot_and_never_one_twice():
    for dialect in DIALECTS:
        pair = started(dialect, {STARTS[dialect]: None})
        first = calls(pair, STARTS[dialect])[0]
        pair.power_cut()
        pair.csms.answers = {}
        pair.connect()
        pair.run(20)
        again = calls(pair, STARTS[dialect])[1]
        assert again[0] == first[0]
        others = [i for i, _ in calls(pair) if i != first[0]]
        assert len(others) == len(set(others))
        assert all([len(i) <= 36 for i in others])


def test_E11_FR_07_what_was_queued_when_the_link_drops_is_told_as_offline():
    pair = started(V201, {"TransactionEvent": None})
    assert "offline" not in pair.sent("TransactionEvent")[0]
    pair.disconnect()
    pair.csms.answers = {}
    pair.connect()
    pair.run(10)
    events = pair.sent("TransactionEvent")[1:]
    assert len(events) >= 2 and all([event["offline"] for event in events])
    pair.unplug(1)
    assert "offline" not in pair.sent("TransactionEvent")[-1]


def test_events_before_the_acceptance_but_with_a_link_are_not_offline():
    pair = Pair(V201, {"TxCtrlr.TxBeforeAcceptedEnabled": "true", "AuthCtrlr.Enabled": "false"})
    pair.csms.answers["BootNotification"] = {
        "status": "Pending",
        "currentTime": "2026-05-01T10:00:00Z",
        "interval": 20,
    }
    pair.connect()
    pair.plug(1)
    pair.run(10)
    assert pair.actions() == ["BootNotification"]
    pair.csms.answers = {}
    pair.run(20)
    events = pair.sent("TransactionEvent")
    assert events[0]["eventType"] == "Started"
    assert not [event for event in events if "offline" in event]


def test_1_6_the_integer_id_is_patched_into_what_was_queued_before_it_came():
    pair = Pair(V16, {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
    pair.connect()
    pair.disconnect()
    for evse_id in 1, 2:
        pair.plug(evse_id)
        pair.token("AAA%d" % evse_id, evse_id)
        pair.run(100)
        pair.unplug(evse_id)
        pair.run(10)
    pair.forget()
    pair.connect()
    pair.run(30)
    ids = []
    for action in pair.actions():
        if action in ("StartTransaction", "StopTransaction"):
            ids.append(action)
    assert ids == ["StartTransaction", "StopTransaction"] * 2
    assert [s["transactionId"] for s in pair.sent("StopTransaction")] == [1001, 1002]
    values = [m["transactionId"] for m in pair.sent("MeterValues")]
    assert values and values == sorted(values) and set(values) == {1001, 1002}


def test_1_6_the_integer_id_survives_a_power_cut():
    pair = started(V16)
    pair.run(10)
    pair.power_cut()
    pair.connect()
    pair.run(20)
    stop = pair.sent("StopTransaction")[0]
    assert (stop["transactionId"], stop["reason"]) == (1001, "PowerLoss")
    assert pair.station.outbox.server_ids == {}


def test_1_6_a_status_goes_out_at_once_when_what_it_waited_for_has_nothing_to_say():
    pair = Pair(V16, OPEN)
    pair.connect()
    pair.token("04AABBCC", 1)
    pair.plug(1)  # Charging is known while the server has still to answer the start
    assert pair.statuses(1)[-2:] == ["Preparing", "Charging"]


def test_1_6_a_server_without_the_security_extension_holds_nothing_up():
    def unknown(payload):
        raise Refuse("NotImplemented")

    pair = started(V16, {"SecurityEventNotification": unknown})
    assert len(pair.sent("SecurityEventNotification")) == 1
    assert len(pair.sent("StartTransaction")) == 1


def test_A04_FR_02_a_security_event_that_gets_no_answer_is_told_again():
    for dialect in DIALECTS:
        pair = Pair(dialect, answers={"SecurityEventNotification": None})
        pair.connect()
        pair.run(20)
        pair.power_cut()
        pair.csms.answers = {}
        pair.forget()
        pair.connect()
        events = pair.sent("SecurityEventNotification")
        assert [e["type"] for e in events] == ["StartupOfTheDevice"] * 2
        assert events[0]["timestamp"] <= events[1]["timestamp"]


def test_E14_GetTransactionStatus_is_true_to_the_queue():
    pair = Pair(V201, OPEN)
    pair.connect()
    none = pair.call("GetTransactionStatus", {})
    assert none == {"messagesInQueue": False}
    unknown = pair.call("GetTransactionStatus", {"transactionId": "nobody"})
    assert unknown == {"messagesInQueue": False, "ongoingIndicator": False}
    pair.csms.answers["TransactionEvent"] = refuse
    pair.plug(1)
    pair.token("04AABBCC", 1)
    transaction_id = pair.station.evses[0].transaction.id
    which = {"transactionId": transaction_id}
    told = pair.call("GetTransactionStatus", which)
    assert told == {"messagesInQueue": True, "ongoingIndicator": True}
    assert pair.call("GetTransactionStatus", {}) == {"messagesInQueue": True}
    pair.csms.answers = {}
    pair.run(70)
    told = pair.call("GetTransactionStatus", which)
    assert told == {"messagesInQueue": False, "ongoingIndicator": True}
    pair.csms.answers["TransactionEvent"] = refuse
    pair.unplug(1)
    told = pair.call("GetTransactionStatus", which)
    assert told == {"messagesInQueue": True, "ongoingIndicator": False}
    pair.csms.answers = {}
    pair.run(70)
    told = pair.call("GetTransactionStatus", which)
    assert told == {"messagesInQueue": False, "ongoingIndicator": False}


def test_an_entry_that_cannot_be_read_is_reported_and_holds_nothing_up():
    for dialect in DIALECTS:
        for garbage in b"", b"\x01", b"\x07abc", b"\x02{", b"\x02[1]", b"\x01" + bytes(90):
            pair = Pair(dialect)
            pair.store.journal.append(garbage)
            pair.power_cut()
            pair.connect()
            pair.plug(1)
            pair.token("04AABBCC", 1)
            pair.run(5)
            types = [e["type"] for e in pair.sent("SecurityEventNotification")]
            assert "JournalEntryUnreadable" in types, garbage
            assert len(pair.sent(STARTS[dialect])) >= 1
            assert pair.station.outbox.counts() == [0, 0]


def test_what_was_journalled_without_a_clock_gets_its_time_when_it_is_known():
    variables = {"TxCtrlr.TxBeforeAcceptedEnabled": "true", "AuthCtrlr.Enabled": "false"}
    for dialect in DIALECTS:
        pair = Pair(dialect, variables)
        pair.run(100)
        pair.plug(1)
        pair.run(60)
        pair.unplug(1)
        pair.run(40)
        pair.connect()
        pair.run(10)
        if dialect == V201:
            stamps = [e["timestamp"] for e in pair.sent("TransactionEvent")]
            assert stamps[0] == "2026-05-01T10:01:40Z" and stamps[-1] == "2026-05-01T10:02:40Z"
            assert stamps == sorted(stamps)
        for event in pair.sent("SecurityEventNotification"):
            assert event["timestamp"][:10] == "2026-05-01"
