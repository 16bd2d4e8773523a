"""TriggerMessage through the whole station: the answer first, then the message."""

from chargepoint.station.trigger import trigger_transactions
from tests.support.fake_station import FakeStation
from tests.support.pair import Pair, online
from tests.support.whole import samples_of

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)


def trigger(pair, wanted, action="TriggerMessage", **place):
    """Status of the answer, and the payloads of the messages that came after it."""
    pair.forget()
    payload = {"requestedMessage": wanted}
    if "connector" in place:
        payload["connectorId"] = place["connector"]
    elif place:
        payload["evse"] = place
    result = pair.call(action, payload)
    out = [m for kind, m in pair.transcript if kind == "out"]
    assert out[0][0] == 3, "the answer comes first"  # F06.FR.04
    return result["status"], [m[3] for m in out[1:]]


def test_F06_FR_17_boot_notification_is_for_a_station_that_is_not_accepted():
    assert trigger(online(V201), "BootNotification") == ("Rejected", [])


def test_1_6_boot_notification_goes_out_again():
    pair = online(V16)
    for action in "TriggerMessage", "ExtendedTriggerMessage":
        status, told = trigger(pair, "BootNotification", action)
        assert status == "Accepted"
        assert told[0]["chargePointVendor"] == "Acme"
        assert pair.actions().count("BootNotification") == 1


def test_F06_heartbeat():
    for dialect in DIALECTS:
        pair = online(dialect)
        assert trigger(pair, "Heartbeat") == ("Accepted", [{}])
        assert pair.actions() == ["Heartbeat"]


def test_F06_FR_06_meter_values():
    pair = online(V201)
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(3600)
    status, told = trigger(pair, "MeterValues", id=1)
    assert status == "Accepted" and [t["evseId"] for t in told] == [1]
    sampled = told[0]["meterValue"][0]["sampledValue"]
    assert sampled[0]["context"] == "Trigger"
    assert sampled[0]["value"] == pair.energy_wh(1)
    status, told = trigger(pair, "MeterValues")
    assert [t["evseId"] for t in told] == [1, 2]
    pair = online(V16)
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(3600)
    status, told = trigger(pair, "MeterValues", connector=1)
    assert status == "Accepted"
    assert (told[0]["connectorId"], told[0]["transactionId"]) == (1, 1001)
    assert told[0]["meterValue"][0]["sampledValue"][0]["value"] == str(pair.energy_wh(1))
    status, told = trigger(pair, "MeterValues")
    assert [t["connectorId"] for t in told] == [1, 2]
    assert "transactionId" not in told[1]


def says_its_charge(meter):
    """From now on the car does."""
    read = meter.read

    def with_charge(reading, now):
        read(reading, now)
        reading.soc_percent = 42

    meter.read = with_charge


def test_F06_FR_10_meter_values_that_have_no_value_are_rejected():
    for dialect in DIALECTS:
        pair = online(dialect, {"AlignedDataCtrlr.Measurands": "SoC"})
        place = {"connector": 1} if dialect == V16 else {"id": 1}
        for where in (place, {}):
            assert trigger(pair, "MeterValues", **where) == ("Rejected", []), where
        says_its_charge(pair.drivers[1].meter)
        pair.run(10)
        assert trigger(pair, "MeterValues", **place) == ("Rejected", [])
        status, told = trigger(pair, "MeterValues")
        assert status == "Accepted"
        assert [t.get("evseId", t.get("connectorId")) for t in told] == [2]


def test_a_transaction_that_is_over_tells_no_more_on_demand():
    pair = online(V201)
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(60)
    pair.drivers[0].contactor.weld(True)  # its end waits for the contactor
    pair.token("04AABBCC", 1)
    assert pair.station.evses[0].transaction.final
    assert trigger(pair, "TransactionEvent", id=1) == ("Rejected", [])


def test_F06_FR_07_transaction_event():
    pair = online(V201)
    assert trigger(pair, "TransactionEvent") == ("Rejected", [])
    for evse_id in 1, 2:
        pair.plug(evse_id)
        pair.token("0%d" % evse_id, evse_id)
    pair.run(60)
    status, told = trigger(pair, "TransactionEvent", id=2)
    assert status == "Accepted" and len(told) == 1
    assert told[0]["triggerReason"] == "Trigger"
    assert told[0]["transactionInfo"]["chargingState"] == "Charging"
    assert told[0]["meterValue"][0]["sampledValue"][0]["value"] == pair.energy_wh(2)
    assert len(trigger(pair, "TransactionEvent")[1]) == 2
    assert trigger(pair, "TransactionEvent", id=3) == ("Rejected", [])


def test_F06_status_notification_of_a_connector():
    pair = online(V201)
    pair.plug(1)
    for evse_id, wanted in ((1, "Occupied"), (2, "Available")):
        status, told = trigger(pair, "StatusNotification", id=evse_id, connectorId=1)
        assert status == "Accepted"
        found = [(t["evseId"], t["connectorId"], t["connectorStatus"]) for t in told]
        assert found == [(evse_id, 1, wanted)]
    pair = online(V16)
    pair.plug(1)
    for number, wanted in ((0, "Available"), (1, "Preparing"), (2, "Available")):
        status, told = trigger(pair, "StatusNotification", connector=number)
        assert status == "Accepted"
        assert [(t["connectorId"], t["status"]) for t in told] == [(number, wanted)]


def test_F06_FR_11_status_notification_of_all():
    assert len(trigger(online(V201), "StatusNotification")[1]) == 2
    assert len(trigger(online(V201), "StatusNotification", id=2)[1]) == 1
    told = trigger(online(V16), "StatusNotification")[1]
    assert [t["connectorId"] for t in told] == [0, 1, 2]


def test_a_status_told_on_demand_is_not_told_again():
    for dialect in DIALECTS:
        pair = online(dialect)
        trigger(pair, "StatusNotification")
        pair.forget()
        pair.run(100)
        assert pair.actions() == []


def test_a_place_that_is_not_there_is_rejected():
    pair = online(V201)
    for place in ({"id": 3}, {"id": -1}, {"id": 1, "connectorId": 2}, {"id": 1, "connectorId": 0}):
        assert trigger(pair, "StatusNotification", **place) == ("Rejected", []), place
    assert trigger(pair, "StatusNotification", id=0) == ("Rejected", [])
    assert trigger(pair, "MeterValues", id=3) == ("Rejected", [])
    pair = online(V16)
    for number in 3, 99:
        assert trigger(pair, "StatusNotification", connector=number) == ("Rejected", [])
        assert trigger(pair, "MeterValues", connector=number) == ("Rejected", [])


def test_F06_FR_03_an_evse_that_does_not_matter_is_ignored():
    assert trigger(online(V201), "Heartbeat", id=99) == ("Accepted", [{}])
    assert trigger(online(V201), "FirmwareStatusNotification", id=1)[0] == "Accepted"


def test_F06_FR_15_16_idle_without_an_upload_or_an_update():
    pair = online(V201)
    for wanted in "LogStatusNotification", "FirmwareStatusNotification":
        assert trigger(pair, wanted) == ("Accepted", [{"status": "Idle"}])
        assert pair.actions() == [wanted]
    pair = online(V16)
    for wanted in "DiagnosticsStatusNotification", "FirmwareStatusNotification":
        assert trigger(pair, wanted) == ("Accepted", [{"status": "Idle"}])
        assert pair.actions() == [wanted]
    told = trigger(pair, "FirmwareStatusNotification", "ExtendedTriggerMessage")
    assert told == ("Accepted", [{"status": "Idle"}])
    assert pair.actions() == ["SignedFirmwareStatusNotification"]


def test_F06_FR_08_what_is_not_built_is_not_implemented():
    pair = online(V201)
    for wanted in (
        "SignChargingStationCertificate",
        "SignV2GCertificate",
        "SignCombinedCertificate",
        "PublishFirmwareStatusNotification",
    ):
        assert trigger(pair, wanted) == ("NotImplemented", [])
    pair = online(V16)
    for wanted in "SignChargePointCertificate", "LogStatusNotification":
        assert trigger(pair, wanted, "ExtendedTriggerMessage") == ("NotImplemented", [])
    assert trigger(pair, "Heartbeat", "ExtendedTriggerMessage") == ("Accepted", [{}])


def test_what_no_schema_knows_is_refused_by_its_schema():
    for dialect in DIALECTS:
        pair = online(dialect)
        result = pair.call("TriggerMessage", {"requestedMessage": "Nonsense"})
        assert result[0] in ("PropertyConstraintViolation", "FormatViolation")


def test_without_a_clock_only_what_needs_none_is_triggered():
    for dialect in DIALECTS:
        pair = Pair(dialect, answers={"BootNotification": None})
        pair.connect()
        pair.forget()
        for wanted in "StatusNotification", "MeterValues":
            result = pair.call("TriggerMessage", {"requestedMessage": wanted})
            assert result["status"] == "Rejected"
        result = pair.call("TriggerMessage", {"requestedMessage": "BootNotification"})
        assert result["status"] == "Accepted"


def test_only_running_transactions_are_told():
    station = FakeStation()
    assert not trigger_transactions(station, 0, 0)
    station.meter(1000)
    station.plug()
    station.token("04AA")
    assert not trigger_transactions(station, 2, 0)
    assert trigger_transactions(station, 0, 0) and trigger_transactions(station, 1, 0)
    record = station.records()[-1]
    assert (record.trigger_reason, record.charging_state) == ("Trigger", "Charging")
    assert samples_of(record.samples)[0].context == "Trigger"
