"""Everything that a dialect says, against PyPI's ocpp schemas, and all that it may be sent."""

import ast
import json
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chargepoint
from chargepoint import profiles
from chargepoint.rpc import message
from tests.support.facts import KINDS, TX, Station, events
from tests.support.peer import V16, V201, Peer

DIALECTS = {"ocpp1.6": ("v16", ""), "ocpp2.0.1": ("v201", "Request")}


def _validator(subprotocol: str, name: str):
    folder, _ = DIALECTS[subprotocol]
    path = resources.files("ocpp") / folder / "schemas" / f"{name}.json"
    schema = json.loads(path.read_text(encoding="utf-8-sig"))
    checker = jsonschema.Draft6Validator.FORMAT_CHECKER
    return jsonschema.Draft6Validator(schema, format_checker=checker)


def test_the_format_checker_checks_date_time():
    validator = _validator("ocpp1.6", "HeartbeatResponse")
    assert list(validator.iter_errors({"currentTime": "yesterday"}))


@pytest.mark.parametrize("server_id", [None, 42, -1])
@pytest.mark.parametrize("subprotocol", DIALECTS)
def test_every_event_is_valid(subprotocol: str, server_id):
    profile = profiles.load(subprotocol)
    suffix = DIALECTS[subprotocol][1]
    actions = set()
    for kind, data in events():
        station = Station(profile)
        if server_id is not None:
            station.outbox.server_ids[TX] = server_id
        encoded = profile.encode(station, kind, data)
        if encoded is None:
            continue
        action, payload = encoded
        actions.add(action)
        frame = json.loads("".join(message.call("1", action, payload)))
        assert frame[:3] == [2, "1", action]
        _validator(subprotocol, action + suffix).validate(frame[3])
    if subprotocol == "ocpp1.6":
        assert actions >= {
            "StartTransaction",
            "MeterValues",
            "StopTransaction",
            "DiagnosticsStatusNotification",
            "SignedFirmwareStatusNotification",
        }
    else:
        assert len(actions) == 25


RESULTS = {
    "ChangeAvailability": ("Accepted", "Rejected", "Scheduled"),
    "ClearCache": ("Accepted", "Rejected"),
    "DataTransfer": ("Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"),
    "RequestStartTransaction": ("Accepted", "Rejected"),
    "RequestStopTransaction": ("Accepted", "Rejected"),
    "Reset": ("Accepted", "Rejected", "Scheduled"),
    "TriggerMessage": ("Accepted", "Rejected", "NotImplemented"),
    "UnlockConnector": (
        "Unlocked",
        "UnlockFailed",
        "OngoingAuthorizedTransaction",
        "UnknownConnector",
    ),
}
ACTIONS_16 = {
    "RequestStartTransaction": "RemoteStartTransaction",
    "RequestStopTransaction": "RemoteStopTransaction",
}


@pytest.mark.parametrize("subprotocol", DIALECTS)
@pytest.mark.parametrize("intent", RESULTS)
def test_every_result_is_valid(subprotocol: str, intent: str):
    profile = profiles.load(subprotocol)
    action = ACTIONS_16.get(intent, intent) if subprotocol == "ocpp1.6" else intent
    for status in RESULTS[intent]:
        result = {"status": status, "statusInfo": {"reasonCode": "NoReason"}}
        payload = profile.encode_result(Station(profile), action, {}, result)
        frame = json.loads(message.result("1", payload))
        _validator(subprotocol, action + "Response").validate(frame[2])


def test_every_kind_that_the_station_emits_is_known():
    """The kinds of `facts.KINDS`, which every dialect says or names as lost, are all there are."""
    package = Path(chargepoint.__file__).parent
    emitted = set()
    for path in package.glob("*/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in ("emit", "_call") and node.args:
                if isinstance(node.args[0], ast.Constant):
                    emitted.add(node.args[0].value)
    assert emitted >= {"BootNotification", "StatusNotification", "MeterValues", "NotifyReport"}
    assert emitted <= set(KINDS)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-2, 8)
        | st.floats()
        | st.sampled_from(["a", "id-1", "Reset", "SetVariables", "InternalError", "\ud800"])
        | st.text(max_size=40),
        lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(), inner, max_size=4),
    )
)
@settings(max_examples=1000)
def test_json_of_any_shape_gets_an_answer_or_none(frame):
    for profile in (V16, V201):
        peer = Peer(profile)
        peer.call()
        peer.taken()
        for text in (json.dumps(frame), json.dumps([2, "a", "Reset", frame])):
            peer.receive(text)
            for reply in peer.taken():
                assert reply[0] in (3, 4) and isinstance(reply[1], str)
            assert peer.defects == []
