"""The state before the station has said anything of itself."""

import asyncio

from chargepoint import VERSION
from host_sim.config import Config
from host_sim.control_state import whole_state
from host_sim.simulator import Simulator


def test_without_power_from_the_start_every_field_has_its_type():
    async def state():
        simulator = Simulator(Config(csms=("ws://127.0.0.1:9",)))
        simulator.life.power_on = False
        try:
            return await whole_state(simulator)
        finally:
            simulator.state_dir.close()

    shown = asyncio.run(state())
    assert shown["firmware"] == {"version": VERSION, "slot": "a", "trial": False}
    assert shown["connection"] == {"url": None, "subprotocol": None, "online": False, "boot": None}
    assert shown["queue"] == {"transaction_messages": 0, "security_events": 0}
    assert [evse["status"] for evse in shown["evses"]] == ["Unavailable", "Unavailable"]
