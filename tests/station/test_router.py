"""Which block answers which action, seen from the server."""

from chargepoint import modules
from chargepoint.device_model.model import BUILT
from chargepoint.station import router
from tests.support.pair import Pair

V16, V201 = "ocpp1.6", "ocpp2.0.1"


def test_the_function_of_an_intent():
    assert router.function_name("GetBaseReport") == "get_base_report"
    assert router.function_name("Reset") == "reset"


def test_every_intent_has_its_function():
    features = set()
    for line in router._BLOCKS.split("\n")[1:-1]:
        intents, feature, module = line.split(" ")
        assert intents[0] == intents[-1] == ","
        for intent in intents[1:-1].split(","):
            assert callable(getattr(modules.use(module), router.function_name(intent)))
        assert module in modules.TRANSIENT.split()
        features.add(feature)
    assert features - {"-"} == set(BUILT)


def test_an_unknown_action_is_not_implemented_and_case_counts():
    for dialect in V16, V201:
        pair = Pair(dialect)
        pair.connect()
        for action in "Nonsense", "", "reset", "RESET", "Reset ", "x" * 300:
            assert pair.call(action, {})[0] == "NotImplemented", action


def test_an_action_of_the_other_dialect_is_not_implemented():
    pair = Pair(V16)
    pair.connect()
    assert pair.call("GetBaseReport", {})[0] == "NotImplemented"
    pair = Pair(V201)
    pair.connect()
    assert pair.call("GetConfiguration", {})[0] == "NotImplemented"


def test_a_known_action_of_a_block_that_is_not_built_is_not_supported():
    pair = Pair(V16)
    pair.connect()
    for action, payload in (
        ("ClearChargingProfile", {}),
        ("GetInstalledCertificateIds", {"certificateType": "CentralSystemRootCertificate"}),
    ):
        assert pair.call(action, payload)[0] == "NotSupported", action
    pair = Pair(V201)
    pair.connect()
    for action, payload in (
        ("ClearChargingProfile", {"chargingProfileId": 1}),
        ("ClearDisplayMessage", {"id": 1}),
        ("SendLocalList", {"versionNumber": 1, "updateType": "Full"}),
        ("CostUpdated", {"totalCost": 1, "transactionId": "x"}),
    ):
        assert pair.call(action, payload)[0] == "NotSupported", action


def test_a_missing_block_is_told_in_a_word_of_the_standard_where_it_has_one():
    time = "2026-05-01T12:00:00Z"
    rejected = {"status": "Rejected"}
    log = {"remoteLocation": "ftp://a.example/"}
    reservation = {"connectorId": 1, "expiryDate": time, "idTag": "A", "reservationId": 1}
    pair = Pair(V16)
    pair.connect()
    for action, payload, answer in (
        ("GetLocalListVersion", {}, {"listVersion": -1}),  # 5.10
        (
            "SendLocalList",
            {"listVersion": 1, "updateType": "Full", "localAuthorizationList": []},
            {"status": "NotSupported"},  # 7.47
        ),
        ("ReserveNow", reservation, rejected),  # 5.13
        ("CancelReservation", {"reservationId": 1}, rejected),  # 5.1
        ("GetDiagnostics", {"location": "ftp://a.example/"}, {}),  # 5.9
        ("GetLog", {"logType": "SecurityLog", "requestId": 1, "log": log}, rejected),
    ):
        assert pair.call(action, payload) == answer, action
    assert pair.call("ReserveNow", {})[0] == "OccurenceConstraintViolation"
    token = {"idToken": "A", "type": "Central"}
    reservation = {"id": 1, "expiryDateTime": time, "idToken": token}
    pair = Pair(V201)
    pair.connect()
    for action, payload, answer in (
        ("GetLocalListVersion", {}, {"versionNumber": 0}),  # D02.FR.03
        ("ReserveNow", reservation, rejected),  # H01.FR.01
        ("CancelReservation", {"reservationId": 1}, rejected),  # H02.FR.01
        ("GetLog", {"logType": "SecurityLog", "requestId": 1, "log": log}, rejected),  # N01.FR.05
    ):
        assert pair.call(action, payload) == answer, action


def test_an_action_that_only_a_station_sends_is_refused():
    for dialect in V16, V201:
        pair = Pair(dialect)
        pair.connect()
        result = pair.call("Heartbeat", {})
        assert result[0] in ("NotSupported", "NotImplemented")


def test_a_feature_that_is_left_out_is_not_supported():
    for dialect in V16, V201:
        pair = Pair(dialect)
        pair.connect()
        pair.station.model.features = b"\0"
        calls = [
            ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
            ("DataTransfer", {"vendorId": "x"}),
            ("ClearCache", {}),
        ]
        if dialect == V16:
            calls.append(("RemoteStartTransaction", {"idTag": "x"}))
            calls.append(("RemoteStopTransaction", {"transactionId": 1}))
            calls.append(("UnlockConnector", {"connectorId": 1}))
        else:
            token = {"idToken": "x", "type": "Central"}
            calls.append(("RequestStartTransaction", {"idToken": token, "remoteStartId": 1}))
            calls.append(("RequestStopTransaction", {"transactionId": "x"}))
            calls.append(("UnlockConnector", {"evseId": 1, "connectorId": 1}))
        for action, payload in calls:
            assert pair.call(action, payload)[0] == "NotSupported", action
        assert pair.call("Reset", {"type": "Soft" if dialect == V16 else "OnIdle"})["status"]
