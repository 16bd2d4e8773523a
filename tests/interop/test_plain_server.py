"""A charging session against a server written with `ocpp` alone: each dialect, on every target."""

import asyncio

import pytest

from host_sim.client import SimulatorProcess
from tests.interop.plain_ocpp_server import PlainServer

TOKEN = {"id_token": "04AABBCC", "type": "ISO14443", "evse": 1}


async def _session(target, dialect):
    async with PlainServer() as server:
        simulator = await SimulatorProcess.start(
            *("--csms", server.url, "--ocpp", f"ocpp{dialect}", "--target", target),
            *("--speed", "max"),
        )
        try:
            await server.wait_for(lambda seen: "status Available" in seen.steps)
            await simulator.post("/v1/meter", evse=1, energy_wh=5000)
            await simulator.post("/v1/plug", evse=1, connector=1)
            await simulator.post("/v1/token", **TOKEN)
            await server.wait_for(lambda seen: len(seen.samples_wh) >= 3)
            await simulator.post("/v1/token", **TOKEN)
            await server.wait_for(lambda seen: "stop" in seen.steps)
            await simulator.post("/v1/unplug", evse=1, connector=1)
            await server.wait_for(lambda seen: seen.steps[-1] == "status Available")
            state = await simulator.state()
        finally:
            assert await simulator.stop() == 0
        return server, state


@pytest.mark.parametrize("dialect", ["2.0.1", "1.6"])
def test_a_plain_server_sees_a_whole_session(target, dialect):
    server, state = asyncio.run(_session(target, dialect))
    seen = server.seen
    assert server.dialect == f"ocpp{dialect}"
    steps = [step for step in seen.steps if not step.startswith("status")]
    first = {step: steps.index(step) for step in ("boot", "authorize", "start", "sample", "stop")}
    assert list(first) == sorted(first, key=lambda step: first[step])
    assert steps.count("boot") == steps.count("start") == steps.count("stop") == 1
    assert seen.steps[1] == "status Available" and seen.token == TOKEN["id_token"]

    assert state["evses"][0]["transaction"] is None
    assert seen.start_wh == 5000
    assert seen.stop_wh == state["evses"][0]["energy_wh"]
    levels = [seen.start_wh, *seen.samples_wh, seen.stop_wh]
    assert levels == sorted(levels) and levels[-1] > levels[0]
