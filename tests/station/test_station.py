"""The station as a whole: statuses, what is told first, and the effect of a changed variable."""

from tests.support.pair import Pair, Refuse, online

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)


def test_B04_FR_01_after_a_long_time_offline_all_statuses_are_told():
    for dialect in DIALECTS:
        pair = online(dialect, {"OCPPCommCtrlr.OfflineThreshold": "100"})
        pair.disconnect()
        pair.plug(2)
        pair.run(101)
        pair.connect()
        assert pair.statuses(1) == ["Available"]
        assert pair.statuses(2) == ["Preparing" if dialect == V16 else "Occupied"]


def test_B04_FR_02_after_a_short_time_only_what_has_changed():
    for dialect in DIALECTS:
        pair = online(dialect, {"OCPPCommCtrlr.OfflineThreshold": "100"})
        pair.disconnect()
        pair.plug(2)
        pair.plug(1)
        pair.unplug(1)
        pair.run(100)
        pair.connect()
        assert pair.statuses(1) == []
        assert pair.statuses(2) == ["Preparing" if dialect == V16 else "Occupied"]


def test_a_status_that_was_on_its_way_when_the_link_broke_is_told_again():
    for dialect in DIALECTS:
        pair = online(dialect)
        pair.csms.slow = True
        pair.plug(1)  # on its way
        pair.plug(2)  # waits behind it
        pair.disconnect()
        pair.csms.slow = False
        pair.forget()
        pair.connect()
        wanted = ["Preparing" if dialect == V16 else "Occupied"]
        assert pair.statuses(1) == wanted and pair.statuses(2) == wanted


def test_a_status_that_the_server_refuses_is_not_repeated():
    def refuse(payload):
        raise Refuse("InternalError")

    for dialect in DIALECTS:
        pair = online(dialect)
        pair.csms.answers["StatusNotification"] = refuse
        pair.plug(1)
        pair.run(100)
        assert len(pair.statuses(1)) == 1


def test_each_change_is_told_once_and_in_order():
    pair = online(V16)
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(10)
    pair.evs[0].wants_energy = False
    pair.run(10)
    pair.evs[0].wants_energy = True
    pair.run(10)
    pair.token("04AABBCC", 1)
    pair.run(1)
    pair.unplug(1)
    assert pair.statuses(1) == [
        "Preparing",
        "Charging",
        "SuspendedEV",
        "Charging",
        "Finishing",
        "Available",
    ]
    pair = online(V201)
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(10)
    pair.token("04AABBCC", 1)
    pair.run(1)
    pair.unplug(1)
    assert pair.statuses(1) == ["Occupied", "Available"]


def test_a_fault_is_told_with_its_code_and_its_end():
    pair = online(V16)
    pair.fault(1, "GroundFailure")
    pair.fault(1, "GroundFailure", False)
    told = [(s["status"], s["errorCode"]) for s in pair.sent("StatusNotification")]
    assert told == [("Faulted", "GroundFailure"), ("Available", "NoError")]


def test_4_9_a_warning_is_told_in_16_with_the_status_it_leaves():
    pair = online(V16)
    pair.fault(1, "WeakSignal")
    pair.fault(1, "EVCommunicationError")  # not with Available
    pair.fault(1, "GroundFailure")
    pair.fault(1, "OverVoltage")
    pair.fault(1, "GroundFailure", False)
    pair.fault(1, "OverVoltage", False)
    pair.fault(1, "WeakSignal", False)
    told = [(s["status"], s["errorCode"]) for s in pair.sent("StatusNotification")]
    assert told == [
        ("Available", "WeakSignal"),
        ("Faulted", "GroundFailure"),
        ("Faulted", "GroundFailure"),
        ("Faulted", "OverVoltage"),
        ("Available", "WeakSignal"),
        ("Available", "NoError"),
    ]
    pair.plug(1)
    pair.fault(1, "EVCommunicationError", False)
    told = [(s["status"], s["errorCode"]) for s in pair.sent("StatusNotification")[6:]]
    assert told == [("Preparing", "EVCommunicationError"), ("Preparing", "NoError")]
    pair = online(V201)
    pair.fault(1, "WeakSignal")
    assert not pair.sent("StatusNotification")


def test_a_sampling_interval_that_is_changed_counts_at_once():
    pair = online(V201)
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(5)
    item = {
        "component": {"name": "SampledDataCtrlr"},
        "variable": {"name": "TxUpdatedInterval"},
        "attributeValue": "10",
    }
    result = pair.call("SetVariables", {"setVariableData": [item]})["setVariableResult"][0]
    assert result["attributeStatus"] == "Accepted"
    pair.forget()
    pair.run(35)
    periodic = [
        e for e in pair.sent("TransactionEvent") if e["triggerReason"] == "MeterValuePeriodic"
    ]
    assert len(periodic) == 4
    pair = online(V16)
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(5)
    change = {"key": "MeterValueSampleInterval", "value": "10"}
    assert pair.call("ChangeConfiguration", change) == {"status": "Accepted"}
    pair.forget()
    pair.run(35)
    assert len(pair.sent("MeterValues")) == 4


def test_variables_survive_a_power_cut():
    pair = online(V201)
    item = {"component": {"name": "TxCtrlr"}, "variable": {"name": "EVConnectionTimeOut"}}
    item["attributeValue"] = "77"
    pair.call("SetVariables", {"setVariableData": [item]})
    pair.power_cut()
    pair.connect(V16)
    found = pair.call("GetConfiguration", {"key": ["ConnectionTimeOut"]})
    assert found["configurationKey"][0]["value"] == "77"


def test_the_station_asks_to_be_called_no_more_than_it_needs():
    for dialect in DIALECTS:
        pair = Pair(dialect)
        assert pair.station.next_deadline() is None  # no link, nothing plugged
        pair.connect()
        deadline = pair.station.next_deadline()
        assert deadline is not None and deadline == 300000


def test_what_could_not_be_read_after_the_boot_is_told_as_a_security_event():
    for dialect in DIALECTS:
        pair = Pair(dialect)
        pair.store.damaged = ["server_ids"]
        pair.power_cut()
        pair.connect()
        pair.run(1)
        events = pair.sent("SecurityEventNotification")
        assert ("StorageDamaged", "server_ids") in [(e["type"], e["techInfo"]) for e in events]


def test_what_turns_out_to_be_unreadable_later_is_told_once():
    for dialect in DIALECTS:
        pair = Pair(dialect)
        pair.connect()
        pair.run(1)
        pair.store.damaged.append("cache")
        pair.run(700)
        events = pair.sent("SecurityEventNotification")
        assert [e["techInfo"] for e in events if e["type"] == "StorageDamaged"] == ["cache"]
