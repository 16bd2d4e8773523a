"""The simulator as a process, driven from outside."""

import asyncio

import pytest

from host_sim.client import ControlError, SimulatorError, SimulatorProcess
from host_sim.csms import Csms


def test_it_starts_answers_and_stops():
    async def body():
        async with Csms() as csms:
            simulator = await SimulatorProcess.start("--csms", csms.url, "--id", "CP-7")
            seen = []
            simulator.observers.append(seen.append)
            assert simulator.id == "CP-7" and simulator.pid == simulator.process.pid
            state = await simulator.wait_for(
                lambda s: s["connection"]["boot"] == "Accepted", 60, "the boot"
            )
            assert state["id"] == "CP-7"
            # Live events begin with what was said before anyone listened, each message once.
            numbers = [e["n"] for e in seen if "message" in e]
            assert numbers[:2] == [1, 2] and numbers == sorted(set(numbers))
            with pytest.raises(ControlError) as refused:
                await simulator.post("/v1/unplug", evse=1, connector=1)
            assert refused.value.status == 409
            with pytest.raises(TimeoutError, match="the impossible"):
                await simulator.wait_for(lambda s: False, 0, "the impossible")
            assert await simulator.stop() == 0
            with pytest.raises(SimulatorError):
                await simulator.wait_for(lambda s: True, 60, "anything")
            assert not csms.violations

    asyncio.run(body())


def test_what_does_not_start_is_told_with_its_status():
    with pytest.raises(SimulatorError, match="exit status 2"):
        asyncio.run(SimulatorProcess.start("--csms", "http://wrong", quiet=True))
