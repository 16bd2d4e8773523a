"""A message log read as a session, whole or with something missing."""

import copy

import pytest

from host_sim import session
from tests.host_sim.csms_client import TIME, event, samples

TOKEN = {"idToken": {"idToken": "04AA", "type": "ISO14443"}}
ACCEPTED = {"status": "Accepted"}
BOOTED = {"currentTime": TIME.format(0), "interval": 300, "status": "Accepted"}


def _status(dialect, status):
    if dialect == "1.6":
        payload = {"connectorId": 1, "status": status, "errorCode": "NoError"}
    else:
        place = {"evseId": 1, "connectorId": 1, "timestamp": TIME.format(0)}
        payload = {**place, "connectorStatus": status}
    return "StatusNotification", payload, {}


def _whole_201():
    boot = {"reason": "PowerUp", "chargingStation": {"vendorName": "A", "model": "B"}}
    info = {"transactionId": "t-1", "stoppedReason": "Local"}
    yield "BootNotification", boot, BOOTED
    yield _status("2.0.1", "Available")
    yield "Authorize", TOKEN, {"idTokenInfo": ACCEPTED}
    yield "TransactionEvent", event("Started", 0, 100, **TOKEN), {"idTokenInfo": ACCEPTED}
    for seq_no in (1, 2, 3):
        yield "TransactionEvent", event("Updated", seq_no, 100 + 10 * seq_no), {}
    yield "TransactionEvent", event("Ended", 4, 140, transactionInfo=info), {}
    yield _status("2.0.1", "Available")


def _whole_16():
    start = {"connectorId": 1, "idTag": "04AA", "meterStart": 100, "timestamp": TIME.format(0)}
    boot = {"chargePointVendor": "A", "chargePointModel": "B"}
    yield "BootNotification", boot, BOOTED
    yield _status("1.6", "Available")
    yield "Authorize", {"idTag": "04AA"}, {"idTagInfo": ACCEPTED}
    yield "StartTransaction", start, {"transactionId": 7, "idTagInfo": ACCEPTED}
    for second in (1, 2, 3):
        entry = samples(second, 100 + 10 * second, as_text=True)
        yield "MeterValues", {"connectorId": 1, "transactionId": 7, "meterValue": [entry]}, {}
    stop = {"transactionId": 7, "meterStop": 140, "timestamp": TIME.format(4), "reason": "Local"}
    yield "StopTransaction", stop, {}
    yield _status("1.6", "Available")


STEPS = {"2.0.1": list(_whole_201()), "1.6": list(_whole_16())}


def _read(dialect, steps):
    log = []
    for number, (action, payload, answer) in enumerate(steps):
        log.append({"direction": "out", "message": [2, str(number), action, payload]})
        frame = [3, str(number), answer] if isinstance(answer, dict) else answer
        if frame is not None:
            log.append({"direction": "in", "message": frame})
    return session.read(dialect, log)


@pytest.mark.parametrize("dialect", STEPS)
def test_a_whole_session(dialect):
    told = _read(dialect, STEPS[dialect])
    assert told.missing() == []
    assert (told.record.start_wh, told.record.stop_wh, told.duration_s) == (100, 140, 4)
    assert told.record.stopped_reason == "Local" and told.record.energy_wh == 40


@pytest.mark.parametrize("dialect", STEPS)
def test_every_step_is_missed_when_it_is_not_there(dialect):
    steps = STEPS[dialect]
    actions = [action for action, _, _ in steps]
    start = 3  # the first message of the transaction
    cases = [
        (0, "no accepted BootNotification"),
        (start, "no transaction was started"),
        (start + 1, "2 meter samples, not 3" if dialect == "1.6" else None),
        (len(steps) - 2, "the transaction was not stopped"),
    ]
    for left_out, text in cases:
        told = _read(dialect, steps[:left_out] + steps[left_out + 1 :])
        if text is not None:
            assert text in told.missing(), actions[left_out]
    assert "the connector is not Available at the end" in _read(dialect, steps[2:-1]).missing()


@pytest.mark.parametrize("dialect", STEPS)
def test_a_refused_token_is_told_by_its_status(dialect):
    steps = copy.deepcopy(STEPS[dialect])
    name = "idTagInfo" if dialect == "1.6" else "idTokenInfo"
    steps[2][2][name]["status"] = "Blocked"
    assert "the token was not authorised: Blocked" in _read(dialect, steps).missing()


@pytest.mark.parametrize("dialect", STEPS)
def test_one_cause_is_told_once(dialect):
    steps = STEPS[dialect]
    assert _read(dialect, []).missing() == ["no accepted BootNotification"]
    assert _read(dialect, steps[:2]).missing() == ["the token was not authorised: no answer"]
    assert _read(dialect, steps[:3]).missing() == ["no transaction was started"]


@pytest.mark.parametrize("code", ["NotImplemented", "NotSupported", "InternalError"])
def test_a_server_of_1_6_core_need_not_know_security_events(code):
    event = {"type": "StartupOfTheDevice", "timestamp": TIME.format(0)}
    steps = [*STEPS["1.6"][:1], ("SecurityEventNotification", event, [4, "1", code, "", {}])]
    told = _read("1.6", steps + STEPS["1.6"][1:])
    wrong = f"SecurityEventNotification was answered with {code}"
    assert told.missing() == ([] if code.startswith("Not") else [wrong])
    boot = [(*STEPS["1.6"][0][:2], [4, "0", code, "", {}])]
    assert f"BootNotification was answered with {code}" in _read("1.6", boot).missing()


@pytest.mark.parametrize("dialect", STEPS)
def test_energy_that_falls_or_stands_still(dialect):
    steps = copy.deepcopy(STEPS[dialect])
    values = steps[5][1]["meterValue"][0]["sampledValue"][0]
    values["value"] = type(values["value"])(90)
    assert _read(dialect, steps).missing() == ["the energy falls"]
    for action, payload, _ in steps:
        for entry in payload.get("meterValue", []):
            value = entry["sampledValue"][0]
            value["value"] = type(value["value"])(100)
        if action == "StopTransaction":
            payload["meterStop"] = 100
    assert _read(dialect, steps).missing() == ["no energy was delivered"]


@pytest.mark.parametrize("dialect", STEPS)
def test_invalid_messages_and_errors_are_told(dialect):
    steps = copy.deepcopy(STEPS[dialect])
    steps[1][1]["extra"] = 1
    steps[2] = (*steps[2][:2], [4, "2", "InternalError", "", {}])
    first, second = _read(dialect, steps).wrong
    assert first.startswith("StatusNotification is against the schema")
    assert second == "Authorize was answered with InternalError"


def test_1_6_must_use_the_id_that_the_server_gave():
    steps = copy.deepcopy(STEPS["1.6"])
    steps[4][1]["transactionId"] = 8
    steps[7][1]["transactionId"] = 9
    assert _read("1.6", steps).wrong == [
        "MeterValues of transaction 8",
        "StopTransaction of transaction 9",
    ]


def test_a_retry_counts_once():
    log = []
    action, payload, _ = STEPS["1.6"][1]
    for _ in range(2):
        log.append({"direction": "out", "message": [2, "a", action, payload]})
        assert session.read("1.6", log).waiting == 1
    log.append({"direction": "in", "message": [3, "a", {}]})
    told = session.read("1.6", log)
    assert told.statuses == ["Available"] and told.waiting == 0


def test_what_is_no_message_is_told():
    log = [{"direction": "in", "message": "gibberish"}]
    assert session.read("1.6", log).wrong == ["not an OCPP message: 'gibberish'"]
