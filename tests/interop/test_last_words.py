"""What the station says right before it closes a connection still arrives."""

import asyncio

from host_sim.client import SimulatorProcess
from host_sim.csms import Csms


def test_B11_the_answer_to_a_reset_arrives_from_a_station_that_has_nothing_else_to_do(target):
    async def body():
        async with Csms() as csms:
            options = ("--csms", csms.url, "--ocpp", "ocpp2.0.1", "--target", target)
            simulator = await SimulatorProcess.start(*options, "--speed", "20")
            try:
                station = await csms.wait_for(lambda: csms.stations.get(simulator.id))
                for boots in (1, 2):
                    await csms.wait_for(
                        lambda n=boots: station.boots == n and len(station.statuses) == 2
                    )
                    await simulator.wait_for(
                        lambda state: state["queue"]["security_events"] == 0, 30, "quiet"
                    )
                    await csms.call(simulator.id, "ClearCache", {})
                    answer = await csms.call(simulator.id, "Reset", {"type": "Immediate"})
                    assert answer == {"status": "Accepted"}
                    station.statuses.clear()
                await csms.wait_for(lambda: station.boots == 3)
                assert station.boot["reason"] == "RemoteReset"
            finally:
                await simulator.stop()
            assert not csms.violations

    asyncio.run(body())
