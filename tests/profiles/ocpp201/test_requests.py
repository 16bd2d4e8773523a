from chargepoint.profiles import ocpp201
from tests.support.facts import TX, Station


def test_requests_are_as_they_are():
    station = Station(ocpp201)
    for action, payload in (
        ("Reset", {"type": "Immediate"}),
        ("ClearCache", {}),
        ("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}),
        ("GetTransactionStatus", {}),
        ("RequestStopTransaction", {"transactionId": TX}),
    ):
        assert station.decode(action, dict(payload)) == (action, payload)


def test_the_other_name_of_a_transaction():
    station = Station(ocpp201)
    station.outbox.server_ids = {TX: 42, "negative": -1, "untold": None}
    for wire_id, ours in (("42", TX), ("43", "43"), (TX.upper(), TX), ("-1", "negative")):
        for action in "RequestStopTransaction", "GetTransactionStatus":
            request = station.decode(action, {"transactionId": wire_id})[1]
            assert request == {"transactionId": ours}
