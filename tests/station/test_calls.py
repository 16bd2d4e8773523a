"""Which CALL goes next, seen from the server, in both dialects."""

from tests.support.pair import Pair, Refuse, online

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)
STARTS = {V16: "StartTransaction", V201: "TransactionEvent"}


def refuse(payload):
    raise Refuse("InternalError")


def started(dialect, answers):
    pair = online(dialect, answers=answers)
    pair.plug(1)
    pair.token("04AABBCC", 1)
    return pair


def test_an_authorization_goes_before_what_is_journalled_later():
    for dialect in DIALECTS:
        pair = online(dialect)
        pair.plug(1)
        pair.token("04AABBCC", 1)
        order = [a for a in pair.actions() if a != "StatusNotification"]
        start = "StartTransaction" if dialect == V16 else "TransactionEvent"
        assert order[:2] == ["Authorize", start]


def test_1_6_a_token_too_long_for_it_is_refused_without_a_word():
    pair = online(V16)
    pair.plug(1)
    pair.token("x" * 21, 1)
    pair.run(5)
    assert "Authorize" not in pair.actions()
    assert not pair.drivers[0].contactor.closed()
    pair.token("04AABBCC", 1)
    assert pair.drivers[0].contactor.closed()


def test_GetBaseReport_streams_its_parts_between_other_messages():
    pair = online(V201)
    request = {"requestId": 5, "reportBase": "FullInventory"}
    assert pair.call("GetBaseReport", request) == {"status": "Accepted"}
    parts = pair.sent("NotifyReport")
    assert len(parts) > 3
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [bool(part.get("tbc")) for part in parts] == [True] * (len(parts) - 1) + [False]
    assert all([part["requestId"] == 5 for part in parts])
    request["reportBase"] = "SummaryInventory"
    assert pair.call("GetBaseReport", request)["status"] in ("NotSupported", "Accepted")


def test_a_report_goes_on_while_a_message_waits_for_its_next_attempt():
    pair = online(V201)
    pair.csms.answers["TransactionEvent"] = refuse
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.call("GetBaseReport", {"requestId": 5, "reportBase": "ConfigurationInventory"})
    assert not pair.sent("NotifyReport")[-1].get("tbc")


def test_a_report_is_asked_for_before_the_time_is_known():
    pair = Pair(V201, answers={"BootNotification": None})
    pair.connect()
    result = pair.call("GetBaseReport", {"requestId": 5, "reportBase": "FullInventory"})
    assert isinstance(result, dict)
    pair.run(40)
    assert pair.connected


def test_an_event_queue_that_is_full_drops_what_comes():
    pair = online(V201)
    pair.csms.slow = True
    pair.plug(1)
    failed = []
    for _ in range(40):
        pair.station.emit("Heartbeat", {}, lambda answer, now: failed.append(answer))
    assert failed == [None] * 32
    pair.csms.slow = False
    pair.deliver()
    pair.run(5)
    assert len(failed) == 40


def test_two_calls_in_a_row_without_any_answer_make_the_link_anew():
    for dialect in DIALECTS:
        pair = Pair(dialect)
        pair.connect()
        pair.csms.slow = True
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(44)
        assert pair.drops == 0
        pair.run(60)
        assert pair.drops == 1 and not pair.connected
        pair.csms.slow = False
        pair.connect()
        pair.run(10)
        assert pair.station.outbox.counts() == [0, 0]


def test_other_messages_overtake_one_that_waits_for_its_next_attempt():
    for dialect in DIALECTS:
        pair = started(dialect, {STARTS[dialect]: refuse})
        pair.forget()
        pair.plug(2)
        pair.token("BBBB", 2)
        assert "Authorize" in pair.actions()
        assert pair.statuses(2)[:1] == ["Preparing" if dialect == V16 else "Occupied"]
        assert STARTS[dialect] not in pair.actions()
        assert pair.drivers[1].contactor.closed()


def test_an_answer_that_came_with_the_end_of_the_link_counts():
    for dialect in DIALECTS:
        pair = started(dialect, {STARTS[dialect]: None})
        message_id = [m[1] for d, m in pair.transcript if d == "out" and m[2] == STARTS[dialect]][
            0
        ]
        answer = (
            "{}" if dialect == V201 else '{"transactionId":7,"idTagInfo":{"status":"Accepted"}}'
        )
        pair.station.receive('[3,"%s",%s]' % (message_id, answer), pair.now)
        pair.disconnect()
        pair.csms.answers = {}
        pair.connect()
        pair.run(5)
        told = [m[1] for d, m in pair.transcript if d == "out" and m[0] == 2]
        assert told.count(message_id) == 1
        assert pair.station.outbox.counts() == [0, 0]


def test_a_message_that_cannot_be_made_to_its_end_is_given_up_after_its_attempts():
    for dialect in DIALECTS:
        pair = started(dialect, {STARTS[dialect]: None})
        for attempt in 1, 2, 3:
            assert not [line for line in pair.log if "gave up" in line]
            pair.station.broke_off(MemoryError(), pair.now)
            pair.disconnect()
            if attempt == 3:
                pair.csms.answers = {}
            pair.connect()
            pair.run(1 if attempt == 1 else 120)  # E13: then it is on its way again
        assert len([line for line in pair.log if "gave up" in line]) == 1
        assert pair.station.outbox.counts() == [0, 0]
        types = [event["type"] for event in pair.sent("SecurityEventNotification")]
        assert types.count("MemoryExhaustion") == 3


def test_an_error_while_something_else_is_sent_costs_no_attempt():
    for dialect in DIALECTS:
        pair = started(dialect, {STARTS[dialect]: refuse})
        pair.csms.answers = {}
        for _ in range(5):
            pair.station.broke_off(KeyError("ours"), pair.now)
            pair.disconnect()
            pair.connect()
        pair.run(200)
        assert not [line for line in pair.log if "gave up" in line]
        assert pair.station.outbox.counts() == [0, 0]


def test_who_waits_for_a_dead_link_is_asked_about_with_half_the_time():
    for dialect in DIALECTS:
        pair = online(dialect, {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
        pair.csms.slow = True
        pair.plug(1)  # its status gets no answer
        pair.run(20)
        pair.token("04AABBCC", 1)
        pair.run(24)
        assert not pair.drivers[0].contactor.closed()
        pair.run(2)
        assert pair.drivers[0].contactor.closed()
        assert len(pair.sent("Authorize")) == 1 and pair.drops == 1


def test_silence_about_a_status_keeps_no_card_from_being_asked_about():
    for dialect in DIALECTS:
        for status in "Accepted", "Blocked":
            pair = online(dialect, {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
            if status == "Blocked":
                key = "idTagInfo" if dialect == V16 else "idTokenInfo"
                pair.csms.answers["Authorize"] = {key: {"status": status}}
            pair.csms.answers["StatusNotification"] = None
            pair.plug(1)
            pair.fault(2, "OverVoltage")
            pair.token("04AABBCC", 1)
            pair.run(31)
            calls = pair.actions()
            assert "Authorize" in calls and calls.count("StatusNotification") <= 2
            pair.run(30)
            assert pair.drivers[0].contactor.closed() == (status == "Accepted")
            pair.run(600)
            assert pair.drops == 0


def test_silence_about_meter_values_keeps_no_card_from_being_asked_about():
    for dialect in DIALECTS:
        pair = online(dialect, {"AlignedDataCtrlr.Interval": "60"}, answers={"MeterValues": None})
        for _ in range(20):
            pair.run(50)
        assert len(pair.sent("MeterValues")) > 10 and pair.drops == 0
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(31)
        assert pair.drivers[0].contactor.closed() and pair.drops == 0


def test_silence_about_a_transactions_meter_values_holds_its_end_for_no_hours():
    pair = online(V16, {"SampledDataCtrlr.TxUpdatedInterval": "60"}, answers={"MeterValues": None})
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(1800)
    pair.unplug(1)
    pair.run(120)
    assert pair.sent("StopTransaction") and pair.drops == 0
    names = [event["type"] for event in pair.sent("SecurityEventNotification")]
    assert names.count("TransactionMessageGivenUp") == 1


def test_a_card_goes_before_the_statuses_that_wait():
    for dialect in DIALECTS:
        pair = online(dialect, evses=3)
        pair.csms.slow = True
        for evse_id in 1, 2, 3:
            pair.plug(evse_id)
        pair.token("04AABBCC", 1)
        pair.forget()
        pair.csms.slow = False
        pair.deliver()
        pair.run(1)
        calls = pair.actions()
        assert calls.index("Authorize") < calls.index("StatusNotification")


def test_E02_the_status_of_a_connector_goes_before_the_event_of_its_transaction():
    for dialect in DIALECTS:
        pair = online(dialect, {"TxCtrlr.TxStartPoint": "EVConnected"})
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(5)
        pair.unplug(1)
        calls = [action for action in pair.actions() if action != "Authorize"]
        if dialect == V201:
            assert calls[:2] == ["StatusNotification", "TransactionEvent"]
            assert calls[-2:] == ["StatusNotification", "TransactionEvent"]
            assert pair.statuses(1) == ["Occupied", "Available"]
        else:  # its statuses say how far the transaction is
            start, stop = calls.index("StartTransaction"), calls.index("StopTransaction")
            assert pair.statuses(1) == ["Preparing", "Charging", "Available"]
            assert calls[:start] == ["StatusNotification"]
            assert calls[stop + 1 :] == ["StatusNotification"]
