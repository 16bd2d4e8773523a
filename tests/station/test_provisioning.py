"""Boot and heartbeat of a whole station, against a scripted server, in both dialects."""

from tests.support.pair import Pair, Refuse

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)


def boot(status, interval=300, time=None):
    """An answer to BootNotification."""

    def answer(payload):
        return {
            "status": status,
            "currentTime": time or "2026-05-01T10:00:00Z",
            "interval": interval,
        }

    return answer


def refuse(payload):
    raise Refuse("InternalError")


def times(pair, action):
    """Ticks at which CALLs of that action were sent."""
    return [tick for tick, name in pair.times if name == action]


def test_B01_FR_03_after_each_boot_the_station_says_who_it_is_and_why():
    for dialect in DIALECTS:
        pair = Pair(dialect)
        pair.connect()
        assert pair.actions()[0] == "BootNotification"
        pair.forget()
        pair.power_cut("Watchdog")
        pair.connect()
        assert pair.actions()[0] == "BootNotification"
        if dialect == V201:
            assert pair.sent("BootNotification")[0]["reason"] == "Watchdog"
            names = pair.sent("BootNotification")[0]["chargingStation"]
            assert (names["vendorName"], names["model"]) == ("Acme", "One")


def test_B01_FR_05_once_accepted_it_tells_the_status_of_each_connector():
    pair = Pair(V16, evses=2)
    pair.connect()
    told = [(s["connectorId"], s["status"]) for s in pair.sent("StatusNotification")]
    assert told == [(0, "Available"), (1, "Available"), (2, "Available")]
    pair = Pair(V201, evses=2)
    pair.connect()
    told = [(s["evseId"], s["connectorStatus"]) for s in pair.sent("StatusNotification")]
    assert told == [(1, "Available"), (2, "Available")]
    assert pair.actions()[-1] == "SecurityEventNotification"
    assert pair.sent("SecurityEventNotification")[0]["type"] == "StartupOfTheDevice"


def test_a_plain_reconnect_sends_no_boot_notification():
    for dialect in DIALECTS:
        pair = Pair(dialect)
        pair.connect()
        pair.forget()
        pair.disconnect()
        pair.run(30)
        pair.connect()
        pair.run(30)
        assert pair.actions() == []


def test_B10_FR_10_another_server_or_dialect_is_told_who_it_is():
    pair = Pair(V16)
    pair.connect()
    pair.disconnect()
    pair.forget()
    pair.connect(V201)
    assert pair.actions()[0] == "BootNotification"
    assert pair.sent("BootNotification")[0]["reason"] == "Unknown"
    pair.disconnect()
    pair.forget()
    pair.station.network = ("", 0, 2, (), 0)
    pair.connect()
    assert pair.actions()[0] == "BootNotification"
    pair.disconnect()
    pair.forget()
    pair.connect()
    assert pair.actions() == []


def test_B01_FR_08_before_the_answer_nothing_else_is_sent():
    for dialect in DIALECTS:
        pair = Pair(dialect, answers={"BootNotification": None})
        pair.connect()
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(29)
        assert pair.actions() == ["BootNotification"]
        pair.run(70)  # no answer in 30 s, own wait of 60 s
        assert pair.actions() == ["BootNotification"] * 2


def test_a_boot_notification_refused_by_callerror_is_tried_again():
    for dialect in DIALECTS:
        pair = Pair(dialect, answers={"BootNotification": refuse})
        pair.connect()
        pair.run(200)
        assert times(pair, "BootNotification") == [0, 60000, 120000, 180000]
        assert pair.connected and pair.drops == 0


def test_B02_FR_08_pending_waits_for_the_interval_and_keeps_the_link():
    for dialect in DIALECTS:
        pair = Pair(dialect, answers={"BootNotification": boot("Pending", 40)})
        pair.connect()
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(100)
        assert times(pair, "BootNotification") == [0, 40000, 80000]
        assert pair.actions() == ["BootNotification"] * 3
        assert not pair.drivers[0].contactor.closed()
        assert pair.connected


def test_B02_FR_07_interval_0_does_not_flood_the_server():
    for dialect in DIALECTS:
        for status in "Pending", "Rejected":
            pair = Pair(dialect, answers={"BootNotification": boot(status, 0)})
            pair.connect()
            pair.run(150)
            assert times(pair, "BootNotification") == [0, 60000, 120000]


def test_B02_FR_01_pending_answers_what_it_is_asked():
    pair = Pair(V201, answers={"BootNotification": boot("Pending")})
    pair.connect()
    item = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "OfflineThreshold"},
        "attributeValue": "300",
    }
    result = pair.call("SetVariables", {"setVariableData": [item]})
    assert result["setVariableResult"][0]["attributeStatus"] == "Accepted"
    del item["attributeValue"]
    result = pair.call("GetVariables", {"getVariableData": [item]})
    assert result["getVariableResult"][0]["attributeValue"] == "300"
    result = pair.call("GetBaseReport", {"requestId": 7, "reportBase": "FullInventory"})
    assert result == {"status": "Accepted"}
    parts = pair.sent("NotifyReport")
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert not parts[-1].get("tbc")
    pair.forget()
    for wanted in "Heartbeat", "MeterValues", "StatusNotification":
        assert pair.call("TriggerMessage", {"requestedMessage": wanted}) == {"status": "Accepted"}
        assert wanted in pair.actions()
    pair = Pair(V16, answers={"BootNotification": boot("Pending")})
    pair.connect()
    change = {"key": "ConnectionTimeOut", "value": "45"}
    assert pair.call("ChangeConfiguration", change) == {"status": "Accepted"}
    found = pair.call("GetConfiguration", {"key": ["ConnectionTimeOut"]})
    assert found["configurationKey"][0]["value"] == "45"
    for wanted in "Heartbeat", "MeterValues", "StatusNotification":
        assert pair.call("TriggerMessage", {"requestedMessage": wanted}) == {"status": "Accepted"}
        assert wanted in pair.actions()


def test_B02_FR_05_pending_rejects_remote_start_and_stop():
    pair = Pair(V201, answers={"BootNotification": boot("Pending")})
    pair.connect()
    start = {"idToken": {"idToken": "AA", "type": "Central"}, "remoteStartId": 1, "evseId": 1}
    assert pair.call("RequestStartTransaction", start)["status"] == "Rejected"
    assert pair.call("RequestStopTransaction", {"transactionId": "x"})["status"] == "Rejected"
    pair = Pair(V16, answers={"BootNotification": boot("Pending")})
    pair.connect()
    start = {"idTag": "AA", "connectorId": 1}
    assert pair.call("RemoteStartTransaction", start) == {"status": "Rejected"}
    assert pair.call("RemoteStopTransaction", {"transactionId": 1}) == {"status": "Rejected"}


def test_B02_FR_04_pending_registers_at_once_when_triggered():
    for dialect in DIALECTS:
        pair = Pair(dialect, answers={"BootNotification": boot("Pending", 1000)})
        pair.connect()
        pair.csms.answers = {}
        trigger = {"requestedMessage": "BootNotification"}
        assert pair.call("TriggerMessage", trigger) == {"status": "Accepted"}
        assert pair.actions()[:2] == ["BootNotification"] * 2
        if dialect == V201:
            assert pair.sent("BootNotification")[1]["reason"] == "Triggered"
        assert pair.statuses()[-1:] == ["Available"]


def test_pending_over_a_lost_link_still_waits_for_the_interval():
    for dialect in DIALECTS:
        pair = Pair(dialect, answers={"BootNotification": boot("Pending", 100)})
        pair.connect()
        pair.run(10)
        pair.disconnect()
        pair.run(10)
        pair.connect()
        pair.run(100)
        assert times(pair, "BootNotification") == [0, 100000]


def test_a_link_lost_during_the_boot_notification_costs_no_wait():
    for dialect in DIALECTS:
        pair = Pair(dialect, answers={"BootNotification": None})
        pair.connect()
        pair.run(5)
        pair.disconnect()
        pair.run(5)
        pair.connect()
        assert times(pair, "BootNotification") == [0, 10000]


def test_B03_FR_02_rejected_is_silent_until_the_interval_is_over():
    for dialect in DIALECTS:
        pair = Pair(dialect, answers={"BootNotification": boot("Rejected", 90)})
        pair.connect()
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(100)
        assert times(pair, "BootNotification") == [0, 90000]
        assert pair.actions() == ["BootNotification"] * 2


def test_B03_FR_08_rejected_answers_security_error():
    for dialect in DIALECTS:
        pair = Pair(dialect, answers={"BootNotification": boot("Rejected")})
        pair.connect()
        for action, payload in (
            ("TriggerMessage", {"requestedMessage": "BootNotification"}),
            ("ClearCache", {}),
        ):
            assert pair.call(action, payload)[0] == "SecurityError"
        assert pair.actions() == ["BootNotification"]


def test_rejected_in_the_middle_of_a_report_ends_the_report():
    pair = Pair(V201, answers={"BootNotification": boot("Pending", 10)})
    pair.connect()
    pair.csms.answers["NotifyReport"] = None
    pair.call("GetBaseReport", {"requestId": 7, "reportBase": "FullInventory"})
    assert len(pair.sent("NotifyReport")) == 1
    pair.csms.answers["BootNotification"] = boot("Rejected", 1000)
    pair.run(100)
    assert pair.actions() == ["BootNotification", "NotifyReport", "BootNotification"]


def test_1_6_a_station_that_is_put_off_when_it_registers_again_falls_silent():
    pair = Pair(V16)
    pair.connect()
    pair.csms.answers["BootNotification"] = boot("Pending", 100)
    assert pair.call("TriggerMessage", {"requestedMessage": "BootNotification"}) == {
        "status": "Accepted"
    }
    pair.forget()
    pair.plug(1)
    pair.run(99)
    assert pair.actions() == []
    del pair.csms.answers["BootNotification"]
    pair.run(2)
    assert pair.actions()[0] == "BootNotification"
    assert pair.statuses() == ["Preparing"]


def test_B01_FR_04_the_interval_becomes_the_heartbeat_interval_and_is_kept():
    for dialect in DIALECTS:
        pair = Pair(dialect, answers={"BootNotification": boot("Accepted", 50)})
        pair.connect()
        pair.run(170)
        assert times(pair, "Heartbeat") == [50000, 100000, 150000]
        pair.csms.answers["BootNotification"] = boot("Accepted", 0)
        pair.power_cut()
        pair.connect()
        pair.times = []
        start = pair.wall_ms
        pair.run(60)
        assert times(pair, "Heartbeat") == [start + 50000]


def test_G02_any_message_stands_for_a_heartbeat():
    for dialect in DIALECTS:
        pair = Pair(dialect, answers={"BootNotification": boot("Accepted", 100)})
        pair.connect()
        pair.run(90)
        pair.plug(1)
        pair.run(90)
        assert times(pair, "Heartbeat") == []
        pair.run(11)
        assert times(pair, "Heartbeat") == [190000]
        pair.call("ClearCache", {})  # an answer is a message too
        pair.run(99)
        assert times(pair, "Heartbeat") == [190000] or dialect == V16


def test_the_clock_gets_a_heartbeat_a_day_however_much_is_sent():
    for dialect in DIALECTS:
        pair = Pair(dialect, answers={"BootNotification": boot("Accepted", 86400)})
        pair.connect()
        for _ in range(26):
            pair.run(3000)
            pair.plug(1)
            pair.run(600)
            pair.unplug(1)
        assert times(pair, "Heartbeat") == [86400000]


def test_reconnects_do_not_keep_the_daily_heartbeat_away():
    pair = Pair(V201, answers={"BootNotification": boot("Accepted", 86400)})
    pair.connect()
    for _ in range(3):
        pair.run(40000)
        pair.disconnect()
        pair.run(10)
        pair.connect()
    assert times(pair, "Heartbeat") == [86400000]


def test_a_heartbeat_interval_that_is_changed_counts_at_once():
    pair = Pair(V201)
    pair.connect()
    pair.run(100)
    item = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "HeartbeatInterval"},
        "attributeValue": "20",
    }
    pair.call("SetVariables", {"setVariableData": [item]})
    pair.run(45)
    assert times(pair, "Heartbeat") == [120000, 140000]
    pair = Pair(V16)
    pair.connect()
    pair.run(100)
    change = {"key": "HeartbeatInterval", "value": "20"}
    assert pair.call("ChangeConfiguration", change) == {"status": "Accepted"}
    pair.run(45)
    assert times(pair, "Heartbeat") == [120000, 140000]


def test_a_heartbeat_that_fails_is_no_reason_to_send_another_at_once():
    for dialect in DIALECTS:
        answers = {"BootNotification": boot("Accepted", 100), "Heartbeat": refuse}
        pair = Pair(dialect, answers=answers)
        pair.connect()
        pair.run(350)
        assert times(pair, "Heartbeat") == [100000, 200000, 300000]
