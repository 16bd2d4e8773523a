"""The log of messages: numbers, bound, and no secrets."""

import json

from host_sim.messages import MASK, MessageLog


def shown(*texts):
    log = MessageLog()
    for text in texts:
        log.add("in", text if isinstance(text, str) else json.dumps(text), "2026-05-01T10:00:00Z")
    return log.since(0)


def test_messages_are_counted_from_1_and_asked_for_by_number():
    log = MessageLog()
    assert log.since(0) == []
    for number in range(3):
        log.add("out", f"[{number}]", "t")
    assert [entry["n"] for entry in log.since(0)] == [1, 2, 3]
    assert log.since(2) == [{"n": 3, "time": "t", "direction": "out", "message": [2]}]
    assert log.since(3) == log.since(99) == []


def test_the_oldest_are_forgotten_when_there_are_too_many_or_too_long_ones():
    log = MessageLog()
    for _ in range(20_001):
        log.add("in", "[]", "t")
    assert [len(log.since(0)), log.since(0)[0]["n"]] == [20_000, 2]
    for _ in range(40):
        log.add("in", "x" * 1_000_000, "t")
    assert [entry["n"] for entry in log.since(0)] == list(range(20_010, 20_042))


def test_passwords_are_masked_in_both_dialects():
    messages = shown(
        [2, "1", "SetVariables", {"setVariableData": [
            {"attributeValue": "correct-horse-battery", "component": {"name": "SecurityCtrlr"},
             "variable": {"name": "BasicAuthPassword"}},
            {"attributeValue": "300", "component": {"name": "OCPPCommCtrlr"},
             "variable": {"name": "HeartbeatInterval"}}]}],
        [2, "2", "ChangeConfiguration", {"key": "authorizationkey", "value": "0011223344556677"}],
        [2, "3", "SetNetworkProfile", {"connectionData": {"vpn": {"password": "hunter22"}}}],
    )  # fmt: skip
    text = json.dumps(messages)
    for secret in ("correct-horse-battery", "0011223344556677", "hunter22"):
        assert secret not in text
    assert text.count(MASK) == 3 and '"300"' in text


def test_a_secret_that_is_known_is_masked_wherever_it_appears():
    log = MessageLog()
    log.add_secret('a"secret')
    log.add("in", json.dumps([3, "1", {"data": 'it is a"secret!'}]), "t")
    assert "secret!" not in json.dumps(log.since(0)) or MASK in json.dumps(log.since(0))
    assert log.since(0)[0]["message"][2]["data"] == f"it is {MASK}!"
    assert log.masked('the a"secret') == f"the {MASK}"


def test_what_is_no_json_stays_text():
    assert shown("hello {")[0]["message"] == "hello {"


def test_a_broken_message_that_may_hold_a_secret_is_not_shown():
    broken = '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"0011'
    assert shown(broken)[0]["message"] == MASK


def test_what_is_nested_too_deep_or_has_no_finite_number_stays_text():
    deep = '[2,"1","Reset",' + "[" * 5000 + "]" * 5000 + "]"
    wide = '[2,"2","Reset",' + '{"a":' * 300 + "1" + "}" * 300 + "]"
    for text in (deep, wide, '[2,"3","Reset",{"connectorId":NaN}]'):
        assert shown(text)[0]["message"] == text
    assert shown(deep.replace("Reset", "password"))[0]["message"] == MASK


def test_short_secrets_do_not_garble_the_rest():
    log = MessageLog()
    log.add_secret("a")
    log.add_secret(None)
    assert log.masked("banana") == "banana"
