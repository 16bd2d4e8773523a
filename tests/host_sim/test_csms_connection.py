"""Frames and payloads that are wrong: each is recorded once and gets its CALLERROR."""

import asyncio

import pytest

from host_sim.csms import Csms
from tests.host_sim.csms_client import TIME, Client

BAD_FRAMES = [
    "",
    "{",
    "{}",
    "[]",
    "2",
    '"x"',
    '[2,"a","Heartbeat"]',
    '[2,"a","Heartbeat",{},{}]',
    '[2,"a","Heartbeat",[]]',
    '[2,"a",7,{}]',
    '[2,7,"Heartbeat",{}]',
    '[2,"","Heartbeat",{}]',
    '[2,"' + "a" * 37 + '","Heartbeat",{}]',
    '[9,"a","Heartbeat",{}]',
    '["2","a","Heartbeat",{}]',
    '[3,"a"]',
    '[4,"a","GenericError",""]',
    b'[2,"a","Heartbeat",{}]',
]


@pytest.mark.parametrize("text", BAD_FRAMES)
def test_a_bad_frame_is_a_violation_and_the_connection_stays(text):
    async def body():
        async with Csms(loud=False) as csms:
            client = await Client.connect(csms)
            await client.boot()
            await client.send(text)
            assert (await client.receive())[:3] == [4, "-1", "FormatViolation"]
            assert [v.rule for v in csms.violations] == ["frame"]
            assert (await client.call("Heartbeat", {}))[0] == 3

    asyncio.run(body())


def test_1_6_has_no_answer_to_a_message_without_an_id():
    async def body():
        async with Csms(loud=False) as csms:
            client = await Client.connect(csms, offer=("ocpp1.6",))
            await client.boot()
            await client.send("[]")
            assert (await client.call("Heartbeat", {}))[0] == 3
            assert [v.rule for v in csms.violations] == ["frame"]

    asyncio.run(body())


@pytest.mark.parametrize(
    ("offer", "action", "payload", "rule", "code"),
    [
        ("ocpp2.0.1", "Nonsense", {}, "schema", "NotImplemented"),
        ("ocpp2.0.1", "StartTransaction", {}, "schema", "NotImplemented"),
        ("ocpp2.0.1", "Reset", {"type": "Immediate"}, "direction", "NotSupported"),
        ("ocpp2.0.1", "Heartbeat", {"x": 1}, "schema", "FormatViolation"),
        ("ocpp1.6", "Heartbeat", {"x": 1}, "schema", "FormationViolation"),
        ("ocpp1.6", "Authorize", {}, "schema", "OccurenceConstraintViolation"),
        ("ocpp2.0.1", "Authorize", {}, "schema", "OccurrenceConstraintViolation"),
        ("ocpp1.6", "Authorize", {"idTag": 5}, "schema", "TypeConstraintViolation"),
        ("ocpp1.6", "Authorize", {"idTag": "x" * 21}, "schema", "PropertyConstraintViolation"),
        (
            "ocpp1.6",
            "StatusNotification",
            {
                "connectorId": 1,
                "errorCode": "NoError",
                "status": "Available",
                "timestamp": "yesterday",
            },
            "schema",
            "PropertyConstraintViolation",
        ),
    ],
)
def test_a_wrong_call_gets_the_code_of_its_dialect(offer, action, payload, rule, code):
    async def body():
        async with Csms(loud=False) as csms:
            client = await Client.connect(csms, offer=(offer,))
            await client.boot()
            answer = await client.call(action, payload, "w")
            assert answer[:3] == [4, "w", code] and len(answer[3]) <= 255
            assert [v.rule for v in csms.violations] == [rule]

    asyncio.run(body())


def test_a_rule_can_be_ignored():
    async def body():
        async with Csms(loud=False) as csms:
            csms.ignored_rules.add("boot")
            client = await Client.connect(csms)
            assert (await client.call("Heartbeat", {}))[0] == 3
            assert not csms.violations

    asyncio.run(body())


def test_an_answer_against_the_schema_and_an_unknown_error_code():
    async def body():
        async with Csms(loud=False) as csms:
            client = await Client.connect(csms)
            await client.boot()
            call = asyncio.create_task(csms.call("CP-1", "ClearCache", {}))
            await client.send([3, (await client.receive())[1], {"status": "Perhaps"}])
            await call
            call = asyncio.create_task(csms.call("CP-1", "ClearCache", {}))
            await client.send([4, (await client.receive())[1], "MyError", "x" * 256, {}])
            await asyncio.gather(call, return_exceptions=True)
            assert [v.rule for v in csms.violations] == ["schema", "error_code", "error_code"]

    asyncio.run(body())


def test_a_retry_with_the_same_id_is_answered_and_not_recorded_twice():
    async def body():
        async with Csms(loud=False) as csms:
            client = await Client.connect(csms)
            await client.boot()
            status = {
                "timestamp": TIME.format(0),
                "connectorStatus": "Available",
                "evseId": 1,
                "connectorId": 1,
            }
            for _ in range(2):
                assert (await client.call("StatusNotification", status, "same"))[0] == 3
            assert len(csms.stations["CP-1"].payloads("StatusNotification")) == 1
            assert not csms.violations
            other = {**status, "connectorStatus": "Occupied"}
            assert (await client.call("StatusNotification", other, "same"))[0] == 4
            assert [v.rule for v in csms.violations] == ["message_id"]

    asyncio.run(body())
