from chargepoint.profiles import ocpp16
from tests.support.facts import Station, Transaction, put

TIME = "2026-05-01T10:00:00Z"


# ---- other events


def test_4_1_authorize():
    station = Station(ocpp16)
    data = {"idToken": {"idToken": "04AABB", "type": "ISO14443"}}
    assert station.encode("Authorize", data) == ("Authorize", {"idTag": "04AABB"})
    payload = {"idTagInfo": {"status": "ConcurrentTx"}}
    answer = ocpp16.decode_answer(station, "Authorize", data, payload)
    assert answer == {"idTokenInfo": {"status": "ConcurrentTx"}}


def test_token_that_is_no_id_tag_is_invalid():
    station = Station(ocpp16)
    data = {"idToken": {"idToken": "x" * 21, "type": "Central"}}
    assert station.encode("Authorize", data) is None
    answer = ocpp16.decode_answer(station, "Authorize", data, None)
    assert answer == {"idTokenInfo": {"status": "Invalid"}}
    assert ocpp16.decode_answer(station, "Heartbeat", {}, None) == {}


def test_other_answers_are_as_they_are():
    station = Station(ocpp16)
    for kind, payload in (
        ("BootNotification", {"status": "Accepted", "currentTime": TIME, "interval": 0}),
        ("Heartbeat", {"currentTime": TIME}),
        ("DataTransfer", {"status": "Accepted", "data": "x"}),
        ("StatusNotification", {}),
    ):
        assert ocpp16.decode_answer(station, kind, {}, payload) == payload


def test_an_unknown_kind_is_our_error():
    try:
        ocpp16.encode(Station(ocpp16), "Nonsense", {})
    except ValueError:
        return
    raise AssertionError


def test_error_codes():
    assert ocpp16.error_code("FormatViolation") == "FormationViolation"
    assert ocpp16.error_code("OccurrenceConstraintViolation") == "OccurenceConstraintViolation"
    assert ocpp16.error_code("RpcFrameworkError") == "FormationViolation"
    assert ocpp16.error_code("MessageTypeNotSupported") is None
    assert ocpp16.error_code("NotSupported") == "NotSupported"


# ---- status (4.9)


def _status(station, evse_id=1, connector_id=1):
    evse = station.evses[evse_id - 1]
    return ocpp16.connector_status(station, evse, evse.connectors[connector_id - 1])


class Token:
    id_token = "04AABB"


def test_4_9_status_of_one_session():
    station = Station(ocpp16)
    evse = station.evses[0]
    assert _status(station) == "Available"
    put(evse, plugged=1, pilot="B")
    assert _status(station) == "Preparing"
    running = Transaction()
    put(evse, authorized=Token(), transaction=running, offered_ma=32000)
    assert _status(station) == "Preparing"  # it may charge and has not asked yet
    put(evse, pilot="C", closed=True)
    running.charging_ms = 0
    assert _status(station) == "Charging"
    put(evse, pilot="B", closed=False)
    assert _status(station) == "SuspendedEV"
    running.blocked = True
    assert _status(station) == "SuspendedEVSE"
    put(evse, pilot="C")
    assert _status(station) == "SuspendedEVSE"
    put(evse, authorized=None)
    assert _status(station) == "SuspendedEVSE"
    put(evse, transaction=None, finishing=True)
    assert _status(station) == "Finishing"
    put(evse, plugged=0, finishing=False, pilot="A")
    assert _status(station) == "Available"


def test_4_9_token_first():
    station = Station(ocpp16)
    evse = station.evses[0]
    put(evse, authorized=Token())
    assert _status(station) == "Preparing"
    put(evse, transaction=Transaction())
    assert _status(station) == "Preparing"


def test_4_9_plug_first_in_a_transaction_of_nobody():
    station = Station(ocpp16)
    evse = station.evses[0]
    put(evse, plugged=1, pilot="B", transaction=Transaction())
    assert _status(station) == "Preparing"


def test_4_9_ev_gone_but_transaction_goes_on():
    station = Station(ocpp16)
    evse = station.evses[0]
    put(evse, plugged=1, pilot="A", authorized=Token())
    put(evse, transaction=Transaction(charging_ms=5000))
    assert _status(station) == "SuspendedEV"


def test_4_9_faulted_unavailable_reserved():
    station = Station(ocpp16)
    evse = station.evses[0]
    put(evse, reserved=7)
    assert _status(station) == "Reserved"
    put(evse, authorized=Token())
    assert _status(station) == "Preparing"
    put(evse, authorized=None, reserved=None)
    for target in (station, evse, evse.connectors[0]):
        target.operative = False
        assert _status(station) == "Unavailable"
        target.operative = True
    evse.set_fault(1, "GroundFailure", True)
    assert _status(station) == "Faulted"
    evse.set_fault(1, "GroundFailure", False)
    evse.set_fault(1, "WeakSignal", True)
    assert _status(station) == "Available"


def test_scheduled_unavailability_waits_for_the_transaction():
    station = Station(ocpp16)
    evse = station.evses[0]
    put(evse, plugged=1, pilot="C", closed=True, authorized=Token())
    put(evse, transaction=Transaction(charging_ms=1))
    put(evse, operative=False)
    assert _status(station) == "Charging"
    put(evse, transaction=None, closed=False, finishing=True)
    assert _status(station) == "Unavailable"


def test_other_connector_of_a_busy_evse():
    station = Station(ocpp16)
    station.evses[1].plugged = 2
    assert _status(station, 2, 1) == "Unavailable"
    assert _status(station, 2, 2) == "Preparing"


def test_other_connector_of_a_faulted_evse():
    station = Station(ocpp16)
    station.evses[1].set_fault(2, "GroundFailure", True)
    assert _status(station, 2, 1) == "Unavailable"
    assert _status(station, 2, 2) == "Faulted"


def test_connector_0():
    station = Station(ocpp16)
    assert ocpp16.connector_status(station, None, None) == "Available"
    station.operative = False
    assert ocpp16.connector_status(station, None, None) == "Unavailable"


def test_flat_numbers():
    station = Station(ocpp16)
    numbers = [
        ocpp16.connector_number(station, evse.id, connector.id)
        for evse in station.evses
        for connector in evse.connectors
    ]
    assert numbers == [1, 2, 3, 4]
    assert ocpp16.connector_number(station, 0, 0) == 0
