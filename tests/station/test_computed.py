"""Variables that are derived from facts, asked by the server."""

from tests.support.pair import Ev, online


def value(pair, component, variable, evse_id=0, connector_id=0):
    """The value of the variable, or the status where it has none."""
    item = {"component": {"name": component}, "variable": {"name": variable}}
    if evse_id:
        item["component"]["evse"] = {"id": evse_id}
    if connector_id:
        item["component"]["evse"]["connectorId"] = connector_id
    result = pair.call("GetVariables", {"getVariableData": [item]})["getVariableResult"][0]
    return result.get("attributeValue", result["attributeStatus"])


def states(pair):
    """AvailabilityState of the station, EVSE 1 and its connector."""
    return (
        value(pair, "ChargingStation", "AvailabilityState"),
        value(pair, "EVSE", "AvailabilityState", 1),
        value(pair, "Connector", "AvailabilityState", 1, 1),
    )


def test_the_time_is_that_of_the_server():
    pair = online("ocpp2.0.1")
    pair.run(9)
    assert value(pair, "ClockCtrlr", "DateTime") == "2026-05-01T10:00:10Z"


def test_availability_follows_the_facts():
    pair = online("ocpp2.0.1")
    assert states(pair) == ("Available", "Available", "Available")
    pair.plug(1)
    assert states(pair) == ("Available", "Occupied", "Occupied")
    pair.plug(2)
    assert states(pair)[0] == "Occupied"
    pair.fault(1, "GroundFailure")
    assert states(pair)[1:] == ("Faulted", "Faulted")
    pair.fault(1, "GroundFailure", False)
    pair.unplug(1)
    pair.call("ChangeAvailability", {"operationalStatus": "Inoperative"})
    assert states(pair) == ("Unavailable", "Unavailable", "Unavailable")


def test_an_evse_with_a_free_and_a_used_connector_is_occupied():
    pair = online("ocpp2.0.1", connectors=("cType2", "cCCS2"))
    pair.plug(1, None, 2)
    assert states(pair)[1:] == ("Occupied", "Available")


def test_the_power_is_that_of_the_meter():
    pair = online("ocpp2.0.1")
    assert value(pair, "EVSE", "Power", 1) == "0"
    pair.plug(1, Ev(10000, 1))
    pair.token("04AABBCC", 1)
    pair.run(20)
    assert value(pair, "EVSE", "Power", 1) == "2300"


def test_the_slot_of_the_connection():
    pair = online("ocpp2.0.1")
    pair.station.network = ("", 0, 2, (), 0)
    assert value(pair, "OCPPCommCtrlr", "ActiveNetworkProfile") == "2"


def test_the_storage_of_the_cache():
    pair = online("ocpp2.0.1")
    assert value(pair, "AuthCacheCtrlr", "Storage") == "0"
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(1)
    assert int(value(pair, "AuthCacheCtrlr", "Storage")) > 10


def test_a_full_report_tells_them_too():
    pair = online("ocpp2.0.1")
    pair.plug(1)
    pair.forget()
    pair.call("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"})
    found = {}
    for part in pair.sent("NotifyReport"):
        for item in part["reportData"]:
            component, variable = item["component"], item["variable"]
            evse = component.get("evse", {})
            key = (component["name"], evse.get("id"), evse.get("connectorId"), variable["name"])
            found[key] = item["variableAttribute"][0].get("value")
    assert found[("Connector", 1, 1, "AvailabilityState")] == "Occupied"
    assert found[("EVSE", 2, None, "AvailabilityState")] == "Available"
    assert found[("ClockCtrlr", None, None, "DateTime")][:10] == "2026-05-01"
