"""Whatever the server or the flash holds, the device model answers in form."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from chargepoint.device_model.model import DeviceModel
from chargepoint.device_model.report import get_report, next_part
from chargepoint.device_model.variables import get_variables, set_variables
from chargepoint.profiles.ocpp16 import schema as schema16
from chargepoint.profiles.ocpp16.configuration import (
    change_configuration,
    entries,
    get_configuration,
    name_at,
)
from chargepoint.profiles.ocpp201 import schema
from chargepoint.rpc.errors import CallError
from chargepoint.rpc.schema import check
from tests.support.models import Slots, item, make_layout, make_station
from tests.support.whole import payload_of
from tools.generate_variables import read_rows
from tools.variable_ids import VARIABLES, address

PREFIX = {"EVSE": "EVSE:1", "Connector": "Connector:1:2"}
ADDRESSES = [
    address(row).replace(row["component"], PREFIX.get(row["component"], row["component"]), 1)
    for row in read_rows(VARIABLES)
]
NAMES = st.sampled_from(ADDRESSES) | st.text(max_size=50).map(lambda text: "X." + text)
VALUES = (
    st.text(max_size=1000)
    | st.integers().map(str)
    | st.floats().map(str)
    | st.sampled_from(["true", "Authorized", "Voltage.L1", "1.RST", "0,1", "RST", "x" * 20])
    | st.lists(st.sampled_from(["SoC", "Voltage", "Heartbeat", "EVConnected", ""])).map(",".join)
)
KEYS = st.sampled_from([name_at(at) for at in entries()]) | st.text(max_size=50)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=20))
def test_any_value_for_any_variable(pairs):
    slots = Slots()
    station = make_station(slots)
    items = [item(name, attributeValue=value) for name, value in pairs]
    try:
        answer = set_variables(station, {"setVariableData": items}, 0)
    except CallError as error:
        assert error.args[0] == "FormatViolation"
        return
    assert check(schema.TABLE, "SetVariablesResponse", payload_of(answer)) is None
    asked = {"getVariableData": [item(name) for name, _ in pairs]}
    got = payload_of(get_variables(station, asked, 0))
    assert check(schema.TABLE, "GetVariablesResponse", got) is None
    again = make_station(slots)
    assert not again.model.garbled
    assert payload_of(get_variables(again, asked, 0)) == got


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.lists(st.tuples(KEYS, VALUES), min_size=1, max_size=20))
def test_any_value_for_any_key(pairs):
    slots = Slots()
    station = make_station(slots)
    for key, value in pairs:
        answer = change_configuration(station, {"key": key, "value": value[:500]}, 0)
        assert check(schema16.TABLE, "ChangeConfigurationResponse", answer) is None
    keys = {"key": [key for key, _ in pairs]}
    got = "".join(get_configuration(station, keys, 0))
    assert check(schema16.TABLE, "GetConfigurationResponse", json.loads(got)) is None
    assert "".join(get_configuration(make_station(slots), keys, 0)) == got


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_in_the_slot(stored, right_format):
    slots = Slots()
    slots.contents["variables"] = b"\x01" + stored if right_format else stored
    model = DeviceModel(make_layout(), slots)
    for variable_id in range(140):
        model.text(variable_id)
    model.save()
    assert DeviceModel(make_layout(), slots).values == model.values


@settings(max_examples=100, derandomize=True, deadline=None)
@given(
    st.lists(st.sampled_from(["Active", "Available", "Enabled", "Problem"]), max_size=4),
    st.lists(NAMES, max_size=8),
)
def test_any_custom_report(criteria, names):
    station = make_station()
    request = {"requestId": 1, "componentCriteria": criteria}
    request["componentVariable"] = [item(name) for name in names]
    try:
        status = get_report(station, request, 0)["status"]
    except CallError as error:
        assert error.args[0] == "FormatViolation"
        return
    parts = []
    while station.report is not None:
        parts.append(next_part(station, 0))
        assert check(schema.TABLE, "NotifyReport", parts[-1]) is None
    assert bool(parts) == (status == "Accepted")
