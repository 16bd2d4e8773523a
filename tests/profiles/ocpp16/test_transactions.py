from chargepoint.profiles import ocpp16
from tests.support.facts import TX, Station, Transaction, put, record, sample, started

TIME = "2026-05-01T10:00:00Z"


def _event(station, event):
    return station.encode("TransactionEvent", event)


def _said(station, event):
    return station.said("TransactionEvent", event)


def _answer(station, event, payload):
    return ocpp16.decode_answer(station, "TransactionEvent", event, payload)


# ---- transactions (4.7, 4.8, 4.10)


def test_4_8_start():
    station = Station(ocpp16)
    event = started(reservation_id=7, evse_id=2, connector_id=2, meter_wh=51200, offline=True)
    assert _event(station, event) == (
        "StartTransaction",
        {
            "connectorId": 3,
            "idTag": "04AABB",
            "meterStart": 51200,
            "timestamp": TIME,
            "reservationId": 7,
        },
    )
    info = {"status": "Accepted", "expiryDate": TIME, "parentIdTag": "P"}
    assert _answer(station, event, {"transactionId": 42, "idTagInfo": info}) == {
        "idTokenInfo": {
            "status": "Accepted",
            "cacheExpiryDateTime": TIME,
            "groupIdToken": {"idToken": "P", "type": "Central"},
        }
    }
    assert station.outbox.server_ids == {TX: 42}


def test_start_before_the_plug_names_the_first_connector():
    station = Station(ocpp16)
    assert _said(station, started(evse_id=2, connector_id=0))[1]["connectorId"] == 2
    assert _said(station, started(evse_id=0, connector_id=0))[1]["connectorId"] == 1


def test_4_7_meter_values_carry_the_servers_id():
    station = Station(ocpp16)
    station.outbox.server_ids[TX] = 42
    action, payload = _said(station, record(samples=sample(energy_wh=1500)))
    assert action == "MeterValues"
    assert payload == {
        "connectorId": 1,
        "transactionId": 42,
        "meterValue": [
            {
                "timestamp": TIME,
                "sampledValue": [
                    {
                        "measurand": "Energy.Active.Import.Register",
                        "context": "Sample.Periodic",
                        "value": "1500",
                        "unit": "Wh",
                        "location": "Outlet",
                    }
                ],
            }
        ],
    }


def test_any_integer_is_an_id():
    for server_id in 0, -1, -0x40000000:
        station = Station(ocpp16)
        station.outbox.server_ids[TX] = server_id
        again = record(samples=sample(), id_token="04AABB", id_token_type="ISO14443")
        for event in again, record(samples=sample()), record("Ended"):
            action, payload = _said(station, event)
            assert action != "StartTransaction" and payload["transactionId"] == server_id


def test_update_without_values_says_nothing():
    station = Station(ocpp16)
    station.outbox.server_ids[TX] = 42
    assert _event(station, record(charging_state="Charging")) is None
    assert _event(station, record(samples=sample(mask=0))) is None


def test_units_and_phases_of_every_measurand():
    station = Station(ocpp16)
    station.outbox.server_ids[TX] = 42
    payload = _said(station, record(samples=sample(mask=0xFFFF)))[1]
    seen = {}
    for value in payload["meterValue"][0]["sampledValue"]:
        assert isinstance(value["value"], str)
        key = (value["measurand"], value.get("phase"))
        assert key not in seen
        seen[key] = (value["value"], value.get("unit"))
    assert seen["Temperature", None] == ("31.2", "Celcius")  # OCPP-J errata 2.1
    assert seen["Frequency", None] == ("49.98", None)
    assert seen["SoC", None] == ("55", "Percent")
    assert seen["Current.Import", "L2"] == ("15.99", "A")
    assert seen["Voltage", "L3-N"] == ("230.1", "V")


def test_4_10_stop():
    station = Station(ocpp16)
    station.outbox.server_ids[TX] = 42
    samples = sample("Transaction.Begin") + sample("Transaction.End")
    event = record("Ended", id_token="04aabb", id_token_type="ISO14443", samples=samples)
    put(event, meter_wh=9000, stopped_reason="Local")
    action, payload = _said(station, event)
    assert action == "StopTransaction"
    contexts = [v["sampledValue"][0]["context"] for v in payload.pop("transactionData")]
    assert contexts == ["Transaction.Begin", "Transaction.End"]
    assert payload == {
        "transactionId": 42,
        "meterStop": 9000,
        "timestamp": TIME,
        "reason": "Local",
        "idTag": "04aabb",
    }
    assert _answer(station, event, {}) == {}
    info = {"idTagInfo": {"status": "Blocked"}}
    assert _answer(station, event, info) == {"idTokenInfo": {"status": "Blocked"}}
    assert station.outbox.server_ids == {TX: 42}


def test_7_36_reasons():
    station = Station(ocpp16)
    for stopped, trigger, reason in (
        (None, "StopAuthorized", "Local"),
        ("DeAuthorized", "Deauthorized", "DeAuthorized"),
        ("EVDisconnected", "EVDeparted", "EVDisconnected"),
        ("PowerLoss", "AbnormalCondition", "PowerLoss"),
        ("ImmediateReset", "ResetCommand", "HardReset"),
        ("Reboot", "ResetCommand", "SoftReset"),
        ("Reboot", "AbnormalCondition", "Reboot"),
        ("Other", "UnlockCommand", "UnlockCommand"),
        ("Remote", "RemoteStop", "Remote"),
        ("MasterPass", "StopAuthorized", "Other"),
        ("GroundFault", "AbnormalCondition", "Other"),
        ("Timeout", "EVConnectTimeout", "Other"),
    ):
        event = record("Ended", stopped_reason=stopped, trigger_reason=trigger)
        assert _said(station, event)[1]["reason"] == reason, (stopped, trigger)
    event.time_spent_charging_s = 0  # its EV was there, and did not come back
    assert _said(station, event)[1]["reason"] == "EVDisconnected"


def test_errata_3_18_start_that_was_given_up():
    station = Station(ocpp16)
    assert _said(station, record(samples=sample()))[1]["transactionId"] == -1
    assert _said(station, record("Ended"))[1]["transactionId"] == -1


def test_start_is_told_when_somebody_is_authorized():
    station = Station(ocpp16)
    first = started(id_token=None, id_token_type=None)
    assert _event(station, first) is None
    # Until then, what is measured belongs to no transaction that the server knows.
    assert "transactionId" not in _said(station, record(samples=sample()))[1]
    later = record(id_token="04AABB", id_token_type="ISO14443", meter_wh=77)
    for _ in range(2):  # also when it is tried again
        action, payload = _said(station, later)
        assert action == "StartTransaction" and payload["meterStart"] == 77
    _answer(station, later, {"transactionId": 5, "idTagInfo": {"status": "Accepted"}})
    assert _said(station, record("Ended"))[1]["transactionId"] == 5
    assert _event(station, later) is None  # once


def test_late_start_that_was_given_up():
    station = Station(ocpp16)
    _event(station, started(id_token=None, id_token_type=None))
    _event(station, record(id_token="04AABB", id_token_type="ISO14443"))
    assert _said(station, record("Ended"))[1]["transactionId"] == -1


def test_transaction_of_nobody_is_not_told():
    station = Station(ocpp16)
    assert _event(station, started(id_token=None, id_token_type=None)) is None
    assert _event(station, record("Ended", samples=sample())) is None


def test_id_tag_is_cut_at_20_characters():
    station = Station(ocpp16)
    assert _said(station, started(id_token="x" * 36))[1]["idTag"] == "x" * 20
    event = record("Ended", id_token="y" * 36, id_token_type="Central")
    assert _said(station, event)[1]["idTag"] == "y" * 20


def test_a_long_stop_is_in_pieces_made_anew_for_each_attempt():
    station = Station(ocpp16)
    station.outbox.server_ids[TX] = 42
    event = record("Ended", samples=sample(mask=0xFFFF) * 48, meter_wh=9000)
    for _ in range(2):
        action, payload = ocpp16.encode(station, "TransactionEvent", event) or ("", {})
        assert action == "StopTransaction" and not isinstance(payload, dict)
        assert max([len(piece) for piece in payload]) < 2500  # one sample
    payload = _said(station, event)[1]
    assert len(payload["transactionData"]) == 48 and payload["meterStop"] == 9000


def test_a_long_stop_without_values_is_whole():
    station = Station(ocpp16)
    station.outbox.server_ids[TX] = 42
    _, payload = _said(station, record("Ended", samples=sample(mask=0) * 3))
    assert payload["transactionId"] == 42 and "transactionData" not in payload


def test_an_update_without_values_says_nothing_however_long():
    station = Station(ocpp16)
    station.outbox.server_ids[TX] = 42
    assert _event(station, record(samples=sample(mask=0) * 3)) is None
    said = _said(station, record(samples=sample(mask=0) * 3 + sample()))[1]
    assert len(said["meterValue"]) == 1


def test_meter_values_of_an_idle_evse_and_of_a_busy_one():
    station = Station(ocpp16)
    data = {"evseId": 2, "meterValue": sample("Trigger")}
    action, payload = station.said("MeterValues", data)
    assert payload["connectorId"] == 2 and "transactionId" not in payload
    evse = station.evses[1]
    put(evse, plugged=2, transaction=Transaction())
    station.outbox.server_ids[TX] = 42
    payload = station.said("MeterValues", data)[1]
    assert payload["connectorId"] == 3 and payload["transactionId"] == 42
