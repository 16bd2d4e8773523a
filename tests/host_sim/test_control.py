"""The control interface, to the letter, against a simulator in its own process."""

import pytest

from tests.host_sim.simulated import Simulated


@pytest.fixture(scope="module", params=["ocpp2.0.1", "ocpp1.6"])
def station(request):
    """One that the tests of this file share; each leaves it with nothing plugged."""
    with Simulated("--speed", "60", "--ocpp", request.param) as simulated:
        simulated.wait_online()
        yield simulated


@pytest.fixture(autouse=True)
def unplugged(station):
    yield
    for evse in station.state()["evses"]:
        if evse["plugged"] is not None:
            station.post("/v1/unplug", evse=evse["id"], connector=evse["plugged"])


def test_the_state_has_every_field(station):
    state = station.state()
    assert state["id"] == "SIM-0001" and state["clock"].endswith("Z")
    assert set(state["connection"]) == {"url", "subprotocol", "online", "boot"}
    assert state["connection"]["url"].startswith("ws://127.0.0.1:")
    assert state["connection"]["subprotocol"] in ("ocpp2.0.1", "ocpp1.6")
    assert state["connection"]["online"] is True and state["connection"]["boot"] == "Accepted"
    assert state["firmware"]["slot"] == "a" and state["firmware"]["trial"] is False
    assert set(state["queue"]) == {"transaction_messages", "security_events"}
    evse = state["evses"][0]
    assert evse["id"] == 1 and evse["status"] == "Available" and evse["pilot"] == "A"
    assert evse["plugged"] is evse["authorized"] is evse["transaction"] is None
    assert evse["power_w"] == 0 and evse["current_a"] == [0, 0, 0] and evse["offered_a"] == 0
    assert evse["faults"] == [] and evse["connectors"] == [{"id": 1, "status": "Available"}]
    assert isinstance(evse["energy_wh"], int)


def test_a_session(station):
    before = station.evse()["energy_wh"]
    state = station.charge("04AABB")
    evse = state["evses"][0]
    assert evse["authorized"] == "04AABB" and evse["pilot"] == "C" and evse["plugged"] == 1
    assert evse["status"] == "Occupied" and evse["power_w"] == 11000
    assert evse["current_a"] == [15.942, 15.942, 15.942] and evse["offered_a"] == 32.0
    assert evse["transaction"]["started"].endswith("Z") and evse["transaction"]["id"]
    station.post("/v1/clock", advance_s=1800)
    charged = station.evse()
    assert 5500 <= charged["transaction"]["energy_wh"] <= 7000
    assert charged["energy_wh"] - before >= 5500
    station.post("/v1/token", id_token="04aabb", evse=1)  # the same card, whatever the case
    station.wait(lambda state: state["evses"][0]["transaction"] is None)
    assert station.evse()["power_w"] == 0 and station.evse()["pilot"] == "B"


def test_the_car_is_as_it_was_described(station):
    ev = {"battery_kwh": 40, "soc": 50, "max_kw": 3.6, "phases": 1, "wants_energy": True}
    station.post("/v1/plug", evse=2, connector=1, ev=ev)
    station.post("/v1/token", id_token="04AABC", evse=2)
    evse = station.wait(lambda state: state["evses"][1]["power_w"] > 0)["evses"][1]
    assert evse["power_w"] == 3600 and evse["current_a"] == [15.652, 0, 0]
    station.post("/v1/ev", evse=2, wants_energy=False)
    assert station.evse(2)["pilot"] == "B" and station.evse(2)["power_w"] == 0
    station.post("/v1/ev", evse=2, wants_energy=True)
    station.wait(lambda state: state["evses"][1]["power_w"] == 3600)
    station.post("/v1/ev", evse=2, soc=100)
    assert station.evse(2)["power_w"] == 0


def test_the_flat_connector_number_of_ocpp_1_6(station):
    station.post("/v1/plug", connector=2)
    assert station.evse(2)["plugged"] == 1 and station.evse(1)["plugged"] is None
    station.post("/v1/unplug", connector=2)
    assert station.evse(2)["plugged"] is None


def test_a_lost_pilot_ends_the_power_at_once(station):
    station.charge()
    station.post("/v1/ev", evse=1, pilot="E")
    evse = station.evse()
    assert evse["pilot"] == "E" and evse["power_w"] == 0 and evse["contactor_closed"] is False


def test_a_fault_is_raised_and_cleared(station):
    station.charge()
    station.post("/v1/fault", evse=1, connector=1, code="GroundFailure", active=True)
    evse = station.evse()
    assert evse["faults"] == ["GroundFailure"] and evse["status"] == "Faulted"
    assert evse["connectors"][0]["status"] == "Faulted" and evse["power_w"] == 0
    station.post("/v1/fault", evse=1, connector=1, code="GroundFailure", active=False)
    assert station.evse()["faults"] == [] and station.evse()["status"] != "Faulted"


def test_the_meter_can_be_set_downwards(station):
    station.post("/v1/meter", evse=2, energy_wh=5000)
    assert station.evse(2)["energy_wh"] == 5000
    station.post("/v1/meter", evse=2, energy_wh=70)
    assert station.evse(2)["energy_wh"] == 70


def test_a_technician_reads_and_sets_variables(station):
    def value(variable, component="TxCtrlr", instance=None):
        (found,) = (
            item
            for item in station.get("/v1/variables")["variables"]
            if (item["component"], item["variable"]) == (component, variable)
            and item["instance"] == instance
        )
        return found.get("value")

    body = {"component": "TxCtrlr", "variable": "EVConnectionTimeOut"}
    assert station.post("/v1/variable", **body, value="77") == {"status": "Accepted"}
    assert value("EVConnectionTimeOut") == "77"
    place = {"component": "Connector", "variable": "PhaseRotation", "evse": 1, "connector": 1}
    station.post("/v1/variable", **place, value="RST")
    named = {"component": "OCPPCommCtrlr", "variable": "MessageAttempts"}
    station.post("/v1/variable", **named, instance="TransactionEvent", value="4")
    assert value("MessageAttempts", "OCPPCommCtrlr", "TransactionEvent") == "4"
    assert value("BasicAuthPassword", "SecurityCtrlr") is None
    for status, wrong, reason in (
        (400, {"value": "-1"}, "ValueOutOfRange"),
        (400, {"value": 5}, "value 5: allowed: a text"),
        (400, {}, "value None"),
        (400, {"value": "5", "variable": "Nothing"}, "UnknownVariable"),
        (400, {"value": "5", "component": "Nothing"}, "UnknownComponent"),
        (400, {"value": "5", "attribute": "Target"}, "UnsupportedParam"),
        (400, {"value": "X", "component": "ChargingStation", "variable": "Model"}, "ReadOnly"),
        (400, {"value": "5" * 600}, "TooLargeElement"),
        (400, {"value": "5", "colour": 1}, "unknown 'colour'"),
        (404, {"value": "5", "evse": 9}, "no EVSE 9"),
    ):
        answer = station.request("POST", "/v1/variable", {**body, **wrong})
        assert answer[0] == status and reason in answer[1]["error"]
    assert value("EVConnectionTimeOut") == "77"


def test_messages_are_numbered_and_can_be_asked_for_from_a_number(station):
    messages = station.messages()
    assert [entry["n"] for entry in messages] == list(range(1, len(messages) + 1))
    first = messages[0]
    assert first["direction"] == "out" and first["message"][2] == "BootNotification"
    assert first["time"].endswith("Z")
    assert station.messages(since=len(messages) - 1)[0] == messages[-1]
    assert station.messages(since=10**9) == []


def test_the_network_goes_down_and_comes_back(station):
    station.post("/v1/network", online=False)
    station.wait(lambda state: not state["connection"]["online"])
    assert station.state()["connection"]["subprotocol"] is None
    station.post("/v1/network", online=True)
    station.wait(lambda state: state["connection"]["online"])
    assert len(station.calls("BootNotification")) == 1


def test_a_frozen_socket_is_given_up_and_a_new_one_works(station):
    station.post("/v1/network", half_open=True)
    station.post("/v1/clock", advance_s=180)  # the ping, and the time for its pong
    station.wait(lambda state: state["connection"]["online"])
    connected = len(station.messages())
    station.charge()
    assert len(station.messages()) > connected
    station.post("/v1/network", half_open=False)
    assert station.state()["connection"]["online"]


def test_a_slow_network_only_takes_longer(station):
    station.post("/v1/network", latency_ms=2000, drop=0)
    station.charge()
    station.post("/v1/network", latency_ms=0)


def test_the_power_fails_and_returns(station):
    station.charge()
    pid = station.hello["pid"]
    station.post("/v1/power", on=False)
    state = station.state()
    evse = state["evses"][0]
    assert state["connection"]["online"] is False and state["connection"]["boot"] is None
    assert evse["plugged"] == 1 and evse["transaction"] is None and evse["power_w"] == 0
    assert station.status("/v1/token", id_token="04AABB") == 409
    station.post("/v1/power", on=True)
    state = station.wait_online()
    assert state["evses"][0]["plugged"] == 1 and state["evses"][0]["pilot"] == "B"
    station.wait(lambda state: state["queue"]["transaction_messages"] == 0)
    station.post("/v1/power", cycle=True)
    station.wait_online()
    assert station.hello["pid"] == pid and station.process.poll() is None


@pytest.mark.parametrize(
    ("status", "path", "body"),
    [
        (400, "plug", {"evse": "1"}),
        (400, "plug", {"evse": True}),
        (400, "plug", {}),
        (400, "plug", {"evse": 1, "ev": {"soc": 101}}),
        (400, "plug", {"evse": 1, "ev": {"phases": 4}}),
        (400, "plug", {"evse": 1, "ev": {"colour": "red"}}),
        (400, "plug", {"evse": 1, "ev": []}),
        (404, "plug", {"evse": 9, "connector": 1}),
        (404, "plug", {"evse": 0}),
        (404, "plug", {"evse": 1, "connector": 2}),
        (404, "plug", {"connector": 3}),
        (409, "unplug", {"evse": 1}),
        (409, "unplug", {"evse": 1, "connector": 1}),
        (409, "ev", {"evse": 1, "soc": 50}),
        (400, "ev", {"evse": 1, "pilot": "G"}),
        (400, "ev", {"evse": 1, "wants_energy": "yes"}),
        (400, "token", {}),
        (400, "token", {"id_token": 5}),
        (400, "token", {"id_token": "x" * 37}),
        (400, "token", {"id_token": "x", "type": "Plastic"}),
        (404, "token", {"id_token": "x", "evse": 3}),
        (400, "fault", {"evse": 1, "connector": 1, "code": "Boredom", "active": True}),
        (400, "fault", {"evse": 1, "connector": 1, "code": "Other", "active": 1}),
        (404, "fault", {"evse": 1, "connector": 7, "code": "Other", "active": True}),
        (400, "network", {"online": 1}),
        (400, "network", {"drop": 1.5}),
        (400, "network", {"latency_ms": -1}),
        (400, "network", {}),
        (400, "power", {}),
        (400, "power", {"on": "yes"}),
        (400, "power", {"on": True, "cycle": True}),
        (400, "clock", {"advance_s": "1h"}),
        (400, "clock", {"advance_s": -1}),
        (400, "clock", {}),
        (400, "meter", {"evse": 1}),
        (400, "meter", {"evse": 1, "energy_wh": -1}),
        (404, "meter", {"evse": 5, "energy_wh": 1}),
        (404, "nothing", {}),
    ],
)
def test_what_can_not_be_done_is_refused(station, status, path, body):
    assert station.status("/v1/" + path, **body) == status


def test_plugging_what_is_plugged_is_refused(station):
    station.post("/v1/plug", evse=1)
    assert station.status("/v1/plug", evse=1, connector=1) == 409
    assert station.status("/v1/plug", connector=1) == 409


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"5", b'"x"', b"null", b"\xff", b"NaN"),
        *(b'{"evse":%s}' % value for value in (b"1e999", b"NaN", b"-Infinity", b"9" * 5000)),
        b'{"evse":1,"ev":%s}' % (b"[" * 15000),
        b'{"evse":1,"ev":{"soc":%s}}' % (b"9" * 400),
        b'{"evse":1,"ev":{"soc":1e999}}',
        b'{"evse":1,"ev":{"phases":%s}}' % (b"9" * 400),
        b'{"evse":1,"ev":{"\\ud800":1}}',
    ],
)
def test_a_body_that_is_no_json_object_is_refused(station, body):
    status, value = station.request("POST", "/v1/plug", body)
    assert status == 400 and set(value) == {"error"}


@pytest.mark.parametrize("value", [b"1e999", b"NaN", b"9" * 400, b"-" + b"9" * 400, b'"\\udc00"'])
def test_numbers_beyond_all_use_are_refused_in_one_line(station, value):
    for path, name in (("clock", b"advance_s"), ("network", b"drop"), ("meter", b"energy_wh")):
        status, told = station.request(
            "POST", f"/v1/{path}", b'{"evse":1,"%s":%s}' % (name, value)
        )
        assert status == 400 and len(told["error"]) < 200
    assert station.request("POST", "/v1/plug", b'{"evse":%s}' % (b"9" * 400))[0] == 404


def test_a_web_page_can_not_drive_it(station):
    def status(**headers):
        return station.request("POST", "/v1/plug", {"evse": 1}, **headers)[0]

    assert status(Origin="http://evil.example") == 400
    assert status(Host="evil.example") == 400
    assert status(**{"Content-Type": "text/plain"}) == 400
    assert station.evse()["plugged"] is None
    assert status(**{"Content-Type": "application/json"}) == 200


def test_what_is_not_there_is_not_found(station):
    assert station.request("GET", "/v1/nothing")[0] == 404
    assert station.request("GET", "/")[0] == 404
    for since in ("x", "-1", "%C2%B2", "9" * 5000):
        assert station.request("GET", f"/v1/messages?since={since}")[0] == 400


def test_a_wrong_method_and_a_body_without_end_get_statuses_of_the_contract(station):
    assert station.request("GET", "/v1/plug")[0] == 404
    assert station.request("POST", "/v1/state", {})[0] == 404
    assert station.request("POST", "/v1/plug", b" " * 100000)[0] == 400
    assert station.state()["connection"]["online"] is True
