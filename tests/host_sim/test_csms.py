"""The built-in CSMS seen from a station: handshake, answers, its own calls, disturbances."""

import asyncio

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from host_sim.csms import CallError, Csms
from tests.host_sim.csms_client import TIME, Client, samples


def run(scenario, **options):
    """Runs the coroutine function with a fresh, quiet CSMS."""

    async def body():
        async with Csms(loud=False, **options) as csms:
            await scenario(csms)

    asyncio.run(body())


def test_the_order_of_the_station_decides_the_dialect():
    async def scenario(csms):
        for offer, dialect in (
            (("ocpp1.6", "ocpp2.0.1"), "1.6"),
            (("ocpp2.1", "ocpp2.0.1", "ocpp1.6"), "2.0.1"),
        ):
            client = await Client.connect(csms, offer=offer)
            assert client.socket.subprotocol == "ocpp" + dialect
            await csms.wait_for(lambda d=dialect: csms.stations["CP-1"].dialect == d)
            await client.close()

    run(scenario)


def test_no_common_version_completes_the_handshake_and_closes():
    async def scenario(csms):
        client = await Client.connect(csms, offer=("ocpp2.1",))
        assert client.socket.subprotocol is None
        with pytest.raises(ConnectionClosed):
            await client.receive()
        assert not csms.stations

    run(scenario)


def test_the_identity_is_the_last_part_of_the_path_decoded():
    async def scenario(csms):
        client = await Client.connect(csms, identity="a%20b")
        await csms.wait_for(lambda: "a b" in csms.stations)
        await client.close()
        for wrong in ("x" * 49, "a:b", ""):
            with pytest.raises(InvalidStatus) as refused:
                await Client.connect(csms, identity=wrong)
            assert refused.value.response.status_code == 404

    run(scenario)


def test_basic_authentication():
    async def scenario(csms):
        good = {"Authorization": "Basic Q1AtMTpzZWNyZXQ="}  # CP-1:secret
        client = await Client.connect(csms, additional_headers=good)
        await client.close()
        for headers in ({}, {"Authorization": "Basic Q1AtMTp3cm9uZw=="}):
            with pytest.raises(InvalidStatus) as refused:
                await Client.connect(csms, additional_headers=headers)
            assert refused.value.response.status_code == 401

    run(scenario, passwords={"CP-1": "secret"})


def test_a_newer_connection_of_an_identity_wins():
    async def scenario(csms):
        first = await Client.connect(csms)
        second = await Client.connect(csms)
        with pytest.raises(ConnectionClosed):
            await first.receive()
        assert (await second.boot())[2]["status"] == "Accepted"
        assert csms.stations["CP-1"].connections == 2 and csms.stations["CP-1"].is_connected

    run(scenario)


def test_boot_is_answered_with_interval_and_the_given_clock():
    async def scenario(csms):
        client = await Client.connect(csms)
        assert await client.boot() == [
            3,
            "m1",
            {"currentTime": "2026-05-01T10:00:00Z", "interval": 77, "status": "Accepted"},
        ]
        assert (await client.call("Heartbeat", {}))[2] == {"currentTime": "2026-05-01T10:00:00Z"}
        assert csms.stations["CP-1"].boot["reason"] == "PowerUp"
        assert csms.stations["CP-1"].heartbeats == 1 and not csms.violations

    run(scenario, interval_s=77, clock=lambda: 1777629600.9)


def test_a_script_of_boot_statuses():
    async def scenario(csms):
        csms.boot_script["CP-1"] = [("Pending", 5), ("Rejected", 0)]
        client = await Client.connect(csms)
        answers = [(await client.boot())[2] for _ in range(3)]
        assert [a["status"] for a in answers] == ["Pending", "Rejected", "Accepted"]
        assert answers[0]["interval"] == 5 and not csms.violations

    run(scenario)


def test_tokens_in_both_dialects():
    async def scenario(csms):
        csms.set_token("04aabb", "Blocked", group_id="G", expiry=TIME.format(0))
        csms.set_token("NOCREDIT", "NoCredit")
        new = await Client.connect(csms, "NEW")
        await new.boot()
        token = {"idToken": "04AABB", "type": "ISO14443"}
        assert (await new.call("Authorize", {"idToken": token}))[2]["idTokenInfo"] == {
            "status": "Blocked",
            "groupIdToken": {"idToken": "G", "type": "Central"},
            "cacheExpiryDateTime": TIME.format(0),
        }
        old = await Client.connect(csms, "OLD", ("ocpp1.6",))
        await old.boot()
        assert (await old.call("Authorize", {"idTag": "04AABB"}))[2]["idTagInfo"] == {
            "status": "Blocked",
            "parentIdTag": "G",
            "expiryDate": TIME.format(0),
        }
        answer = await old.call("Authorize", {"idTag": "NoCredit"})
        assert answer[2]["idTagInfo"] == {"status": "Invalid"}  # 1.6 has no such word
        answer = await old.call("Authorize", {"idTag": "anyone"})
        assert answer[2]["idTagInfo"] == {"status": "Accepted"}

    run(scenario)


def test_a_session_in_2_0_1():
    async def scenario(csms):
        client = await Client.connect(csms)
        await client.boot()
        token = {"idToken": "04AA", "type": "ISO14443"}
        answer = await client.event("Started", 0, 100, evse={"id": 1}, idToken=token)
        assert answer[2] == {"idTokenInfo": {"status": "Accepted"}}
        for seq_no, wh in ((1, 110), (2, 120.5), (3, 130)):
            assert (await client.event("Updated", seq_no, wh))[2] == {}
        info = {"transactionId": "t-1", "stoppedReason": "EVDisconnected"}
        await client.event("Ended", 4, 140, transactionInfo=info)
        assert not csms.violations
        (session,) = csms.stations["CP-1"].sessions
        assert (session.dialect, session.transaction_id, session.evse_id) == ("2.0.1", "t-1", 1)
        assert (session.start_wh, session.stop_wh, session.energy_wh) == (100, 140, 40)
        assert session.id_token == "04AA" and session.stopped_reason == "EVDisconnected"
        # The default context is Sample.Periodic; what the Ended message tells is not counted.
        assert [s.energy_wh for s in session.periodic_samples] == [100, 110, 120.5, 130]

    run(scenario)


def test_a_session_in_1_6():
    async def scenario(csms):
        client = await Client.connect(csms, offer=("ocpp1.6",))
        await client.boot()
        start = {"connectorId": 1, "idTag": "04AA", "meterStart": 100, "timestamp": TIME.format(0)}
        answer = await client.call("StartTransaction", start)
        assert answer[2] == {"transactionId": 42, "idTagInfo": {"status": "Accepted"}}
        again = await client.call("StartTransaction", start)  # a retry with a new message id
        assert again[2]["transactionId"] == 42
        for second, wh in ((1, 110), (2, 120), (3, 130)):
            entry = samples(second, wh, as_text=True)
            payload = {"connectorId": 1, "transactionId": 42, "meterValue": [entry]}
            assert (await client.call("MeterValues", payload))[2] == {}
        stop = {
            "transactionId": 42,
            "meterStop": 140,
            "timestamp": TIME.format(4),
            "idTag": "04AA",
        }
        answer = await client.call("StopTransaction", stop)
        assert answer[2] == {"idTagInfo": {"status": "Accepted"}}
        assert not csms.violations
        (session,) = csms.stations["CP-1"].sessions
        assert (session.start_wh, session.stop_wh, session.stopped_reason) == (100, 140, "Local")
        assert [s.energy_wh for s in session.periodic_samples] == [110, 120, 130]

    run(scenario, first_transaction_id=42)


def test_a_call_gives_the_answer_or_raises():
    async def scenario(csms):
        with pytest.raises(ConnectionError):
            await csms.call("CP-1", "Reset", {"type": "Immediate"})
        client = await Client.connect(csms)
        await client.boot()
        with pytest.raises(ValueError, match="type"):
            await csms.call("CP-1", "Reset", {"type": "Soft"})

        call = asyncio.create_task(csms.call("CP-1", "Reset", {"type": "Immediate"}))
        _, message_id, action, payload = await client.receive()
        assert (action, payload) == ("Reset", {"type": "Immediate"})
        await client.send([3, message_id, {"status": "Accepted"}])
        assert await call == {"status": "Accepted"}

        call = asyncio.create_task(csms.call("CP-1", "ClearCache", {}))
        message_id = (await client.receive())[1]
        await client.send([4, message_id, "NotSupported", "never", {}])
        with pytest.raises(CallError) as refused:
            await call
        assert (refused.value.code, refused.value.description) == ("NotSupported", "never")

        call = asyncio.create_task(csms.call("CP-1", "ClearCache", {}))
        await client.receive()
        await client.close()
        with pytest.raises(ConnectionError):
            await call
        assert not csms.violations

    run(scenario)


def test_the_csms_has_one_call_outstanding_and_answers_meanwhile():
    async def scenario(csms):
        client = await Client.connect(csms)
        await client.boot()
        calls = [asyncio.create_task(csms.call("CP-1", "ClearCache", {})) for _ in range(2)]
        first = await client.receive()
        answer = await client.call("Heartbeat", {})  # crosses the open CALL
        assert answer[0] == 3
        await client.send([3, first[1], {"status": "Accepted"}])
        second = await client.receive()
        assert second[2] == "ClearCache" and second[1] != first[1]
        await client.send([3, second[1], {"status": "Rejected"}])
        answers = await asyncio.gather(*calls)
        assert [a["status"] for a in answers] == ["Accepted", "Rejected"] and not csms.violations

    run(scenario)


def test_a_late_answer_is_no_violation_but_one_out_of_nowhere_is():
    async def scenario(csms):
        client = await Client.connect(csms)
        await client.boot()
        with pytest.raises(TimeoutError):
            await csms.call("CP-1", "ClearCache", {}, timeout_s=0)
        # The time ran out before or after the CALL left; either way this answer is known.
        await client.send([3, "csms-1-1", {"status": "Accepted"}])
        await client.call("Heartbeat", {})
        assert not csms.violations
        await client.send([3, "nowhere", {"status": "Accepted"}])
        await csms.wait_for(lambda: csms.violations)
        assert csms.violations[0].rule == "answer"

    run(scenario)


def test_answers_can_be_overridden():
    async def scenario(csms):
        def refuse(station, payload):
            raise CallError("InternalError", station.station_id)

        async def invalid(station, payload):
            return {"status": "Accepted"}

        client = await Client.connect(csms)
        await client.boot()
        csms.answers["2.0.1", "DataTransfer"] = lambda station, payload: {"status": "Accepted"}
        answer = await client.call("DataTransfer", {"vendorId": "v"})
        assert answer[2] == {"status": "Accepted"}
        csms.answers["2.0.1", "DataTransfer"] = refuse
        answer = await client.call("DataTransfer", {"vendorId": "v"})
        assert answer[2:] == ["InternalError", "CP-1", {}] and not csms.violations
        csms.answers["2.0.1", "Heartbeat"] = invalid
        await client.call("Heartbeat", {})
        assert [v.rule for v in csms.violations] == ["csms"]

    run(scenario)


def test_answers_can_be_dropped_replaced_and_held_back():
    async def scenario(csms):
        client = await Client.connect(csms)
        await client.boot()
        dropped = csms.disturb("Heartbeat", drop=True)
        await client.send([2, "lost", "Heartbeat", {}])
        await csms.wait_for(lambda: dropped.happened)
        assert (await client.call("Heartbeat", {}))[1] != "lost"

        csms.disturb("Heartbeat", text='[3,"{id}",{"no":1}]')
        assert await client.call("Heartbeat", {}, "x1") == [3, "x1", {"no": 1}]
        csms.disturb("Heartbeat", error="GenericError", times=2)
        assert (await client.call("Heartbeat", {}))[2] == "GenericError"
        assert (await client.call("Heartbeat", {}))[2] == "GenericError"

        held = asyncio.Event()
        waits = csms.disturb("Heartbeat", until=held)
        await client.send([2, "held", "Heartbeat", {}])
        await csms.wait_for(lambda: waits.happened)
        assert not csms.violations
        await client.send([2, "early", "Heartbeat", {}])  # one CALL at a time
        assert (await client.receive())[:2] == [4, "early"]
        assert [v.rule for v in csms.violations] == ["outstanding"]
        held.set()
        assert (await client.receive())[:2] == [3, "held"]

    run(scenario)


def test_raw_text_reaches_the_station_and_its_answer_is_expected():
    async def scenario(csms):
        client = await Client.connect(csms)
        await client.boot()
        await csms.send_raw("CP-1", '[2,"r1","Nonsense",{}]')
        assert await client.receive() == [2, "r1", "Nonsense", {}]
        await client.send([4, "r1", "NotImplemented", "", {}])
        await csms.send_raw("CP-1", "[[[")
        with pytest.raises(ValueError):
            await client.receive()
        await client.send([4, "-1", "RpcFrameworkError", "", {}])
        await client.call("Heartbeat", {})
        assert not csms.violations

    run(scenario)


def test_disconnecting_a_station():
    async def scenario(csms):
        for abort in (False, True):
            client = await Client.connect(csms)
            await csms.wait_for(lambda: csms.stations["CP-1"].is_connected)
            await csms.disconnect("CP-1", 1001, abort=abort)
            with pytest.raises(ConnectionClosed):
                await client.receive()
            await csms.wait_for(lambda: not csms.stations["CP-1"].is_connected)

    run(scenario)


def test_waiting_in_vain_tells_the_last_messages():
    async def scenario(csms):
        client = await Client.connect(csms)
        await client.boot()
        with pytest.raises(TimeoutError, match="BootNotification"):
            await csms.wait_for(lambda: False, timeout_s=0, what="nothing")

    run(scenario)


def test_observers_and_the_list_of_messages_have_both_directions():
    async def scenario(csms):
        seen = []
        csms.observers.append(seen.append)
        client = await Client.connect(csms)
        await client.boot()
        assert [(m.direction, m.frame[0]) for m in seen] == [("out", 2), ("in", 3)]
        assert list(csms.messages) == seen and seen[0].dialect == "2.0.1"

    run(scenario)


def test_a_violation_is_loud(capsys):
    async def body():
        async with Csms() as csms:
            client = await Client.connect(csms)
            await client.call("Heartbeat", {})

    asyncio.run(body())
    assert "violation by CP-1 (2.0.1) boot: Heartbeat" in capsys.readouterr().err
