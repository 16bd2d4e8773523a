"""The snapshot for the control interface, of a real Station."""

from chargepoint import timestamp
from chargepoint.device_model.model import DeviceModel, EvseLayout, Layout
from chargepoint.hal.sim import MemoryStore
from chargepoint.station.snapshot import snapshot
from chargepoint.station.station import Station


def made():
    layout = Layout("V", "M", "1", "1.2.3", "CP-1", (EvseLayout(), EvseLayout()))
    store = MemoryStore().boot()
    model = DeviceModel(layout, store.slots)
    station = Station(layout, model, store, lambda count: bytes(count))
    station.start(0)
    return station


def test_a_station_that_has_just_booted():
    value = snapshot(made(), "ws://a", 5)
    assert value["clock"] is None
    connection = {"url": "ws://a", "subprotocol": None, "online": False, "boot": None}
    assert value["connection"] == connection
    assert value["firmware"] == {"version": "1.2.3", "slot": "a", "trial": False}
    assert value["queue"] == {"transaction_messages": 0, "security_events": 1}
    assert len(value["evses"]) == 2
    evse = value["evses"][0]
    assert evse["status"] == "Available" and evse["authorized"] is None
    assert evse["transaction"] is None
    assert evse["connectors"] == [{"id": 1, "status": "Available"}]


def test_what_is_connected_plugged_and_known():
    station = made()
    station.provisioning.set_clock(timestamp.parse("2026-05-01T10:00:00Z"), 0)
    station.connected("ocpp1.6", 1000)
    station.plugged(2, 1, 1000)
    station.pilot(2, "B", 1000)
    station.fault(1, 1, "GroundFailure", True, 1000)
    value = snapshot(station, "ws://a", 61000)
    assert value["clock"] == "2026-05-01T10:01:01Z"
    assert value["connection"]["subprotocol"] == "ocpp1.6" and value["connection"]["online"]
    assert [evse["status"] for evse in value["evses"]] == ["Faulted", "Occupied"]
