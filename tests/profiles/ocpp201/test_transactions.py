from chargepoint.profiles import ocpp201
from chargepoint.profiles.ocpp201.transactions import transaction_event
from tests.support.facts import TX, Station, record, sample, started

TIME = "2026-05-01T10:00:00Z"


def _event(station, event):
    action, payload = station.said("TransactionEvent", event)
    assert action == "TransactionEvent"
    return payload


def test_E01_started():
    event = started(remote_start_id=5, phases_used=3, reservation_id=7)
    payload = _event(Station(ocpp201), event)
    values = payload.pop("meterValue")
    assert payload == {
        "eventType": "Started",
        "timestamp": TIME,
        "triggerReason": "Authorized",
        "seqNo": 3,
        "numberOfPhasesUsed": 3,
        "reservationId": 7,
        "transactionInfo": {
            "transactionId": TX,
            "chargingState": "EVConnected",
            "remoteStartId": 5,
        },
        "evse": {"id": 1, "connectorId": 1},
        "idToken": {"idToken": "04AABB", "type": "ISO14443"},
    }
    assert values == [
        {
            "timestamp": TIME,
            "sampledValue": [
                {
                    "measurand": "Energy.Active.Import.Register",
                    "context": "Transaction.Begin",
                    "value": 1000,
                    "unitOfMeasure": {"unit": "Wh"},
                    "location": "Outlet",
                }
            ],
        }
    ]


def test_E02_evse_and_token_only_where_the_record_tells_them():
    payload = _event(Station(ocpp201), record(charging_state="Charging"))
    assert sorted(payload) == [
        "eventType",
        "seqNo",
        "timestamp",
        "transactionInfo",
        "triggerReason",
    ]
    payload = _event(Station(ocpp201), record(tell_evse=True, connector_id=0))
    assert payload["evse"] == {"id": 1}


def test_E11_FR_07_offline():
    assert _event(Station(ocpp201), record(offline=True))["offline"] is True
    assert "offline" not in _event(Station(ocpp201), record())


def test_E06_ended():
    event = record("Ended", stopped_reason="Local", time_spent_charging_s=60)
    assert _event(Station(ocpp201), event)["transactionInfo"] == {
        "transactionId": TX,
        "stoppedReason": "Local",
        "timeSpentCharging": 60,
    }


def test_token_without_a_value():
    payload = _event(Station(ocpp201), started(id_token="", id_token_type="NoAuthorization"))
    assert payload["idToken"] == {"idToken": "", "type": "NoAuthorization"}


def test_transaction_that_another_dialect_began_is_told_under_its_integer():
    station = Station(ocpp201)
    for server_id, ours in (
        (42, "42"),
        (0, "0"),
        (-1, "-1"),
        (-0x40000000, "-1073741824"),
        (None, TX),
    ):
        station.outbox.server_ids[TX] = server_id
        payload = _event(station, record("Ended"))
        assert payload["transactionInfo"]["transactionId"] == ours


def test_J02_values_are_numbers():
    payload = _event(Station(ocpp201), record(samples=sample(mask=0xFFFF)))
    seen = {}
    for value in payload["meterValue"][0]["sampledValue"]:
        key = (value["measurand"], value.get("phase"))
        seen[key] = (value["value"], value["unitOfMeasure"]["unit"])
    assert seen["Energy.Active.Import.Register", None] == (1000, "Wh")
    assert seen["Frequency", None][1] == "Hz"
    assert seen["SoC", None] == (55, "Percent")
    value, unit = seen["Current.Import", "L2"]
    assert unit == "A" and abs(value - 15.99) < 0.001
    assert ("Temperature", None) not in seen  # no measurand here


def test_samples_without_a_value_are_left_out():
    assert "meterValue" not in _event(Station(ocpp201), record(samples=sample(mask=1 << 8)))
    data = {"evseId": 1, "meterValue": sample(mask=1 << 8)}
    assert Station(ocpp201).encode("MeterValues", data) is None


def test_a_long_event_is_in_pieces_made_anew_for_each_attempt():
    station = Station(ocpp201)
    event = record("Ended", samples=sample(mask=0xFFFF) * 48, seq_no=7)
    for _ in range(2):
        _, payload = transaction_event(station, event)
        assert not isinstance(payload, dict)
        assert max([len(piece) for piece in payload]) < 3500  # one sample
    payload = _event(station, event)
    assert len(payload["meterValue"]) == 48 and payload["seqNo"] == 7


def test_a_long_event_without_values_is_whole():
    payload = _event(Station(ocpp201), record("Ended", samples=sample(mask=0) * 3))
    assert payload["eventType"] == "Ended" and "meterValue" not in payload


def test_J01_meter_values():
    data = {"evseId": 2, "meterValue": sample("Sample.Clock") + sample("Sample.Clock", 0)}
    action, payload = Station(ocpp201).said("MeterValues", data)
    assert payload["evseId"] == 2 and len(payload["meterValue"]) == 1
