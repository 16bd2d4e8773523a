"""The whole state of a simulated station, in the shape of `GET /v1/state`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chargepoint import VERSION

if TYPE_CHECKING:
    from host_sim.simulator import Simulator


async def whole_state(simulator: Simulator) -> dict:
    """What the station says of itself and what is around it, in the shape of `GET /v1/state`."""
    told = await simulator.state()
    known = told or simulator.last_state or {}
    simulator.settle()
    evses = []
    for evse, config in zip(simulator.evses, simulator.config.evses, strict=True):
        value: dict[str, Any] = {
            "id": evse.id,
            "status": "Unavailable",
            "plugged": evse.plugged,
            "pilot": evse.pilot,
            "authorized": None,
            "transaction": None,
            "power_w": evse.power_w,
            "current_a": [current_ma / 1000 for current_ma in evse.current_ma],
            "offered_a": evse.offered_ma / 1000,
            "energy_wh": evse.energy_wh,
            "faults": list(dict.fromkeys(code for _, code in evse.faults)),
            "connectors": [
                {"id": number, "status": "Unavailable"}
                for number in range(1, len(config.connectors) + 1)
            ],
            "contactor_closed": evse.closed,
            "soc": evse.ev.soc_percent if evse.ev is not None else None,
        }
        if told is not None:
            value.update(told["evses"][evse.id - 1])
        evses.append(value)
    connection = {"url": None, "subprotocol": None, "online": False, "boot": None}
    if told is not None:
        connection = told["connection"]
    elif "connection" in known:
        connection["url"] = known["connection"]["url"]
    network, failures = simulator.network, simulator.failures
    return {
        "id": simulator.config.id,
        "clock": (told and told["clock"]) or simulator.clock.text(),
        "power": simulator.life.power_on,
        "connection": connection,
        "firmware": known.get("firmware", {"version": VERSION, "slot": "a", "trial": False}),
        "queue": known.get("queue", {"transaction_messages": 0, "security_events": 0}),
        "network": {
            "online": network.online,
            "latency_ms": network.latency_ms,
            "drop": network.drop,
            "half_open": network.half_open,
            "failures": len(failures),
            "trouble": failures[-1] if failures else None,
        },
        "evses": evses,
    }
