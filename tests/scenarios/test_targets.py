"""What a station goes through, over the control interface: the same on every target, among them
the emulated microcontroller with the heap that it has.

The scenarios with a `Pair` beside these go into more detail; they know no process, no socket, no
flash and no board.
"""

import json
import sys

import pytest

from tests.conftest import SOAK, TARGETS, ready
from tests.on_target import csms_requests
from tests.scenarios import stage
from tests.scenarios.stage import DIALECTS, TOKEN, Stage, sampled, whole


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each scenario in both dialects on CPython and on MicroPython: one of them on the host and
    the other on the emulator, by turns. `make soak` plays all on each."""
    names = [name for name in vars(sys.modules[__name__]) if name.startswith("test_")]
    turn = names.index(metafunc.function.__name__) % len(DIALECTS)
    others = {"unix": DIALECTS[turn], "qemu": DIALECTS[1 - turn]}
    places = [(target, dialect) for target in TARGETS for dialect in DIALECTS]
    played = [(t, dialect) for t, dialect in places if SOAK or others.get(t, dialect) == dialect]
    metafunc.parametrize(("target", "dialect"), played, indirect=["target"])


@pytest.fixture
def target(request: pytest.FixtureRequest) -> str:
    return ready(request)


def test_a_session_from_card_to_card(target, dialect, capfd):
    async def scenario(s: Stage):
        await s.post("meter", evse=1, energy_wh=5000)
        await s.charge()
        await s.clock(200)
        await s.present()
        await s.unplug()
        session = await s.ended()
        assert session.id_token == TOKEN
        sampled(session, 60, 3)
        whole(session, 5000, (await s.evse())["energy_wh"], "Local")
        await s.told(lambda: set(s.station.statuses.values()) == {"Available"}, "the statuses")

    stage.play(target, dialect, scenario, capfd)


def test_sessions_on_both_evses_at_a_time(target, dialect, capfd):
    async def scenario(s: Stage):
        await s.charge(evse=1)
        await s.clock(100)
        await s.charge("04DDEEFF", evse=2)
        await s.clock(100)
        await s.unplug(2)
        await s.told(lambda: len(s.station.sessions) == 1, "the second to end")
        await s.unplug(1)
        await s.ended(2)
        for session in s.station.sessions:
            whole(session, 0, (await s.evse(session.evse_id or 0))["energy_wh"])
        assert [session.id_token for session in s.station.sessions] == [TOKEN, "04DDEEFF"]

    stage.play(target, dialect, scenario, capfd)


def test_a_session_without_a_link_is_told_later_with_every_sample(target, dialect, capfd):
    async def scenario(s: Stage):
        await s.post("network", online=False)
        await s.until(lambda state: not state["connection"]["online"], "the loss of the link")
        await s.charge()
        await s.clock(1500)
        await s.unplug()
        state = await s.simulator.state()
        assert state["queue"]["transaction_messages"] >= 25
        await s.post("network", online=True)
        session = await s.ended()
        sampled(session, 60, 25)
        whole(session, 0, (await s.evse())["energy_wh"])
        assert s.station.boots == 1

    stage.play(target, dialect, scenario, capfd)


def test_a_power_cut_while_charging(target, dialect, capfd):
    async def scenario(s: Stage):
        await s.charge()
        await s.clock(130)
        await s.post("power", on=False)
        register = (await s.evse())["energy_wh"]
        assert register > 0 and not (await s.evse())["contactor_closed"]
        await s.post("power", on=True)
        session = await s.ended()
        whole(session, 0, register, "PowerLoss")
        assert s.station.boots == 2
        await s.unplug()
        await s.charge()
        await s.unplug()
        whole(await s.ended(2), register, (await s.evse())["energy_wh"])

    stage.play(target, dialect, scenario, capfd)


def test_a_power_cut_without_a_link(target, dialect, capfd):
    async def scenario(s: Stage):
        await s.post("network", online=False)
        await s.charge()
        await s.clock(130)
        await s.post("power", cycle=True)
        register = (await s.evse())["energy_wh"]
        await s.post("network", online=True)
        whole(await s.ended(), 0, register, "PowerLoss")

    stage.play(target, dialect, scenario, capfd)


def test_a_reset_while_charging(target, dialect, capfd):
    async def scenario(s: Stage):
        await s.charge()
        await s.clock(70)
        kind, reason = ("Hard", "HardReset") if s.is_1_6 else ("Immediate", "ImmediateReset")
        assert await s.call("Reset", {"type": kind}) == {"status": "Accepted"}
        session = await s.ended()
        await s.told(lambda: s.station.boots == 2, "the boot after the reset")
        whole(session, 0, (await s.evse())["energy_wh"], reason)
        if not s.is_1_6:
            assert (s.station.boot or {})["reason"] == "RemoteReset"
        assert (await s.evse())["plugged"] == 1

    stage.play(target, dialect, scenario, capfd)


def test_a_reset_that_waits_for_the_session(target, dialect, capfd):
    async def scenario(s: Stage):
        await s.charge()
        if s.is_1_6:
            assert await s.call("Reset", {"type": "Soft"}) == {"status": "Accepted"}
        else:
            assert await s.call("Reset", {"type": "OnIdle"}) == {"status": "Scheduled"}
            await s.clock(70)
            assert s.station.boots == 1 and (await s.evse())["contactor_closed"]
            await s.unplug()
        await s.told(lambda: s.station.boots == 2, "the boot after the reset")
        whole(await s.ended(), 0, (await s.evse())["energy_wh"])

    stage.play(target, dialect, scenario, capfd)


def test_a_refused_card(target, dialect, capfd):
    async def scenario(s: Stage):
        await s.plug()
        for count, status in enumerate(("Blocked", "Expired", "Invalid"), 1):
            s.csms.set_token(TOKEN, status)
            await s.present()
            await s.told(lambda n=count: len(s.station.payloads("Authorize")) == n, "the question")
            await s.clock(10)
            evse = await s.evse()
            assert not evse["contactor_closed"] and evse["energy_wh"] == 0
            assert evse["authorized"] is None
        s.csms.set_token(TOKEN)
        await s.present()
        await s.until(lambda state: state["evses"][0]["power_w"] > 0, "power")
        await s.unplug()
        whole(await s.ended(), 0, (await s.evse())["energy_wh"])

    stage.play(target, dialect, scenario, capfd)


def test_a_card_that_proves_invalid_when_the_session_is_told(target, dialect, capfd):
    async def scenario(s: Stage):
        await s.post("network", online=False)
        await s.charge()
        await s.clock(100)
        s.csms.set_token(TOKEN, "Invalid")
        await s.post("network", online=True)
        session = await s.ended()
        assert session.stopped_reason == "DeAuthorized"
        evse = await s.evse()
        assert not evse["contactor_closed"] and evse["energy_wh"] == session.stop_wh

    stage.play(target, dialect, scenario, capfd)


def test_unplugged_while_charging(target, dialect, capfd):
    async def scenario(s: Stage):
        await s.charge()
        await s.clock(61)
        await s.unplug()
        evse = await s.evse()
        assert not evse["contactor_closed"] and evse["power_w"] == 0
        whole(await s.ended(), 0, evse["energy_wh"], "EVDisconnected")

    stage.play(target, dialect, scenario, capfd)


def test_a_ground_fault_while_charging(target, dialect, capfd):
    async def scenario(s: Stage):
        await s.charge()
        await s.clock(61)
        await s.post("fault", evse=1, connector=1, code="GroundFailure", active=True)
        evse = await s.evse()
        assert not evse["contactor_closed"] and evse["status"] == "Faulted"
        whole(await s.ended(), 0, evse["energy_wh"], "Other" if s.is_1_6 else "GroundFault")
        await s.post("fault", evse=1, connector=1, code="GroundFailure", active=False)
        await s.unplug()
        await s.told(lambda: set(s.station.statuses.values()) == {"Available"}, "no more fault")

    stage.play(target, dialect, scenario, capfd)


def test_started_and_stopped_by_the_server(target, dialect, capfd):
    async def scenario(s: Stage):
        await s.plug()
        if s.is_1_6:
            start = "RemoteStartTransaction", {"idTag": TOKEN, "connectorId": 1}
        else:
            token = {"idToken": TOKEN, "type": "ISO14443"}
            start = "RequestStartTransaction", {"idToken": token, "remoteStartId": 7, "evseId": 1}
        assert (await s.call(*start))["status"] == "Accepted"
        await s.until(lambda state: state["evses"][0]["power_w"] > 0, "power")
        await s.clock(61)
        (number,) = s.station.transactions
        stop = "RemoteStopTransaction" if s.is_1_6 else "RequestStopTransaction"
        assert (await s.call(stop, {"transactionId": number}))["status"] == "Accepted"
        await s.unplug()
        whole(await s.ended(), 0, (await s.evse())["energy_wh"], "Remote")

    stage.play(target, dialect, scenario, capfd)


def test_the_server_drops_the_connection_while_charging(target, dialect, capfd):
    async def scenario(s: Stage):
        await s.charge()
        for count, abort in enumerate((True, False, True), 2):
            await s.csms.disconnect(s.simulator.id, 1001, abort)
            await s.clock(61)
            await s.told(lambda n=count: s.station.connections == n, "the next connection")
            await s.quiet()
        await s.unplug()
        session = await s.ended()
        whole(session, 0, (await s.evse())["energy_wh"])
        assert s.station.boots == 1

    stage.play(target, dialect, scenario, capfd)


def test_a_connection_that_is_only_half_there(target, dialect, capfd):
    async def scenario(s: Stage):
        await s.charge()
        await s.post("network", half_open=True)
        await s.clock(150)
        await s.post("network", half_open=False)
        await s.told(lambda: s.station.connections >= 2, "a new connection")
        await s.unplug()
        whole(await s.ended(), 0, (await s.evse())["energy_wh"])

    stage.play(target, dialect, scenario, capfd)


def test_a_server_that_is_away_for_a_while(target, dialect, capfd):
    async def scenario(s: Stage):
        port = s.csms.port
        await s.charge()
        await s.csms.stop()
        await s.until(lambda state: not state["connection"]["online"], "the loss of the link")
        await s.clock(130)  # each attempt is refused
        await s.csms.start(port=port)
        await s.told(lambda: s.station.connections == 2, "a new connection")
        await s.unplug()
        whole(await s.ended(), 0, (await s.evse())["energy_wh"])
        assert s.station.boots == 1

    stage.play(target, dialect, scenario, capfd)


def test_answers_that_are_lost_or_wrong(target, dialect, capfd):
    async def scenario(s: Stage):
        action = "MeterValues" if s.is_1_6 else "TransactionEvent"
        await s.charge()
        lost = s.csms.disturb(action, drop=True)
        await s.clock(120)
        error = s.csms.disturb(action, error="InternalError", times=2)
        await s.clock(120)
        await s.unplug()
        whole(await s.ended(), 0, (await s.evse())["energy_wh"])
        assert lost.happened == 1 and error.happened == 2

    stage.play(target, dialect, scenario, capfd)


def test_what_the_server_has_set_outlives_a_power_cut(target, dialect, capfd):
    async def scenario(s: Stage):
        if s.is_1_6:
            change = {"key": "MeterValueSampleInterval", "value": "30"}
            assert (await s.call("ChangeConfiguration", change))["status"] == "Accepted"
        else:
            place = {
                "component": {"name": "SampledDataCtrlr"},
                "variable": {"name": "TxUpdatedInterval"},
            }
            answer = await s.call(
                "SetVariables", {"setVariableData": [{**place, "attributeValue": "30"}]}
            )
            assert answer["setVariableResult"][0]["attributeStatus"] == "Accepted"
        await s.post("power", cycle=True)
        await s.told(lambda: s.station.boots == 2, "the boot")
        await s.quiet()
        await s.charge()
        await s.clock(125)
        await s.unplug()
        sampled(await s.ended(), 30, 4)

    stage.play(target, dialect, scenario, capfd)


def test_every_request_of_a_server_twice(target, dialect, capfd):
    """Also the largest answers; afterwards it charges as before."""

    async def scenario(s: Stage):
        await s.charge()
        for n in range(2):
            for action, payload, is_error in csms_requests.of(f"ocpp{dialect}"):
                if "broken" in payload:  # a vendor of that test's station only
                    continue
                request = json.loads(payload)
                if "requestId" in request:
                    request["requestId"] += 100 * n
                assert await s.is_refused(action, request) == is_error, action
                await s.quiet()
        assert await s.call("ClearCache", {}) == {"status": "Accepted"}
        await s.clock(61)
        await s.unplug()
        whole(await s.ended(), 0, (await s.evse())["energy_wh"])

    stage.play(target, dialect, scenario, capfd)


def test_a_message_that_is_too_long_gets_its_error(target, dialect, capfd):
    async def scenario(s: Stage):
        assert await s.is_refused("DataTransfer", {"vendorId": "v", "data": "x" * 20000})
        assert await s.call("ClearCache", {}) == {"status": "Accepted"}
        assert s.station.connections == 1

    stage.play(target, dialect, scenario, capfd)


def test_a_slow_network(target, dialect, capfd):
    async def scenario(s: Stage):
        await s.post("network", latency_ms=100)
        await s.charge()
        await s.clock(130)
        await s.unplug()
        whole(await s.ended(), 0, (await s.evse())["energy_wh"])

    stage.play(target, dialect, scenario, capfd)


def test_a_network_profile_brings_the_other_dialect(target, dialect, capfd):
    async def scenario(s: Stage):
        if s.is_1_6:
            text = "OCPP20 0 " + s.csms.url
            for key, value in (("NetworkProfile1", text), ("NetworkConfigurationPriority", "1,0")):
                answer = await s.call("ChangeConfiguration", {"key": key, "value": value})
                assert answer["status"] == "RebootRequired"
            reset = {"type": "Hard"}
        else:
            data = {
                "ocppVersion": "OCPP16",
                "ocppTransport": "JSON",
                "ocppCsmsUrl": s.csms.url,
                "messageTimeout": 30,
                "securityProfile": 0,
                "ocppInterface": "Wired0",
            }
            profile = {"configurationSlot": 1, "connectionData": data}
            assert await s.call("SetNetworkProfile", profile) == {"status": "Accepted"}
            item = {
                "component": {"name": "OCPPCommCtrlr"},
                "variable": {"name": "NetworkConfigurationPriority"},
                "attributeValue": "1,0",
            }
            answer = await s.call("SetVariables", {"setVariableData": [item]})
            assert answer["setVariableResult"][0]["attributeStatus"] == "RebootRequired"
            reset = {"type": "Immediate"}
        assert (await s.call("Reset", reset))["status"] == "Accepted"
        other = "ocpp2.0.1" if s.is_1_6 else "ocpp1.6"
        await s.until(lambda state: state["connection"]["subprotocol"] == other, other)
        await s.quiet()
        s.dialect = other[4:]
        await s.charge()
        await s.clock(200)
        await s.unplug()
        whole(await s.ended(), 0, (await s.evse())["energy_wh"])

    stage.play(target, dialect, scenario, capfd)
