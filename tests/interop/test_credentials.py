"""A new password counts from the next connection on, and the server hears that it was accepted."""

import asyncio

import pytest

from host_sim.client import SimulatorProcess
from host_sim.csms import Csms

OLD, NEW = "the-first-password", 'p\u00e4ssw\u00f6rd, "quoted"'
NEW_KEY = bytes(range(0x41, 0x55))  # 20 bytes, as 40 digits on the wire of 1.6


async def set_in_2_0_1(csms, station_id):
    variable = {
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
        "attributeValue": NEW,
    }
    answer = await csms.call(station_id, "SetVariables", {"setVariableData": [variable]})
    assert answer["setVariableResult"][0]["attributeStatus"] == "Accepted"
    return NEW


async def set_in_1_6(csms, station_id):
    change = {"key": "AuthorizationKey", "value": NEW_KEY.hex()}
    answer = await csms.call(station_id, "ChangeConfiguration", change)
    assert answer == {"status": "Accepted"}
    return NEW_KEY


@pytest.mark.parametrize("ocpp, change", [("ocpp2.0.1", set_in_2_0_1), ("ocpp1.6", set_in_1_6)])
def test_A01_the_station_comes_back_with_the_password_it_was_given(target, ocpp, change):
    async def body():
        passwords = {"CP-7": OLD}
        async with Csms(passwords=passwords) as csms:
            options = ("--csms", csms.url, "--ocpp", ocpp, "--target", target, "--id", "CP-7")
            simulator = await SimulatorProcess.start(
                *options, "--basic-auth", OLD, "--speed", "20"
            )
            try:
                station = await csms.wait_for(lambda: csms.stations.get("CP-7"))
                await csms.wait_for(lambda: len(station.statuses) >= 2)
                assert station.connections == 1
                passwords["CP-7"] = await change(csms, "CP-7")
                await csms.wait_for(lambda: station.connections == 2 and station.is_connected)
                await simulator.post("/v1/plug", evse=1)
                await csms.wait_for(lambda: set(station.statuses.values()) != {"Available"})
                assert station.boots == 1
                messages = await simulator.get("/v1/messages?since=0")
                assert NEW not in str(messages) and NEW_KEY.hex() not in str(messages)
            finally:
                await simulator.stop()
            assert not csms.violations

    asyncio.run(body())
