from chargepoint.profiles import ocpp201
from tests.support.facts import Station, Transaction, put

TIME = "2026-05-01T10:00:00Z"


def test_4_1_5_nothing_is_null():
    data = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
    data["chargingStation"]["modem"] = {"iccid": None, "imsi": "2"}
    payload = Station(ocpp201).said("BootNotification", data)[1]
    assert payload["chargingStation"]["modem"] == {"imsi": "2"}
    result = {"status": "Accepted", "statusInfo": None}
    assert Station(ocpp201).result("Reset", result) == {"status": "Accepted"}


def test_pieces_go_through():
    pieces = iter(())
    station = Station(ocpp201)
    assert ocpp201.encode(station, "NotifyReport", pieces) == ("NotifyReport", pieces)
    assert ocpp201.encode_result(station, "GetVariables", {}, pieces) is pieces


def test_answers_are_as_they_are():
    answer = {"idTokenInfo": {"status": "Accepted"}}
    assert ocpp201.decode_answer(Station(ocpp201), "Authorize", {}, answer) is answer


def test_G01_status():
    station = Station(ocpp201)
    evse = station.evses[1]

    def status(connector_id=1):
        return ocpp201.connector_status(station, evse, evse.connectors[connector_id - 1])

    assert ocpp201.connector_status(station, None, None) is None
    assert status() == "Available"
    put(evse, reserved=7)
    assert status() == "Reserved"
    put(evse, plugged=1)
    assert status() == "Occupied" and status(2) == "Reserved"
    put(evse, plugged=0, reserved=None)
    for target in (station, evse, evse.connectors[0]):
        target.operative = False
        assert status() == "Unavailable"
        target.operative = True
    evse.set_fault(0, "GroundFailure", True)
    assert status() == "Faulted" and status(2) == "Faulted"


def test_G03_FR_05_unavailable_waits_for_the_transaction():
    station = Station(ocpp201)
    evse = station.evses[0]
    put(evse, plugged=1, transaction=Transaction(), operative=False)
    assert ocpp201.connector_status(station, evse, evse.connectors[0]) == "Occupied"
    put(evse, transaction=None)
    assert ocpp201.connector_status(station, evse, evse.connectors[0]) == "Unavailable"


def test_the_station_has_no_status_of_its_own():
    data = {"evseId": 0, "connectorId": 0, "connectorStatus": "Available", "timestamp": TIME}
    assert Station(ocpp201).encode("StatusNotification", data) is None
