"""What each call of the control interface does, from a body whose every field is checked."""

from __future__ import annotations

import asyncio
from typing import Any

from microdot.microdot import Request

from host_sim.simulator import Simulator
from host_sim.station_life import PowerIsOff
from host_sim.world import FAULT_CODES, PILOT_STATES, Ev, Evse

_TOKEN_TYPES = (
    "Central",
    "eMAID",
    "ISO14443",
    "ISO15693",
    "KeyCode",
    "Local",
    "MacAddress",
    "NoAuthorization",
)
_EV_NUMBERS = {"battery_kwh": (0.001, 10_000), "soc": (0, 100), "max_kw": (0.001, 10_000)}
_LAST_WH = 2_000_000_000
_LONGEST_S = 10 * 366 * 86400
_MOST_DIGITS = 18
_LONGEST_VALUE = 2500  # of OCPP


class Refused(Exception):
    """The call can't be done; status and one line."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Handlers:
    """What each call does, from its checked body."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def plug(self, body: dict) -> dict:
        evse, connector = self._place(_only(body, "evse", "connector", "ev"))
        ev = Ev(**_ev(body.get("ev", {})))
        if evse.plugged is not None:
            raise Refused(409, f"EVSE {evse.id} has an EV at connector {evse.plugged}")

        def change(evse: Evse) -> None:
            evse.plugged, evse.ev = connector or 1, ev

        await self._simulator.act(change, evse)
        return {}

    async def unplug(self, body: dict) -> dict:
        evse, connector = self._place(_only(body, "evse", "connector"))
        if evse.plugged is None or connector not in (None, evse.plugged):
            raise Refused(409, f"nothing is plugged at EVSE {evse.id}, connector {connector or 1}")

        def change(evse: Evse) -> None:
            evse.plugged = evse.ev = None

        await self._simulator.act(change, evse)
        return {}

    async def ev(self, body: dict) -> dict:
        evse, connector = self._place(
            _only(body, "evse", "connector", "pilot", "wants_energy", *_EV_NUMBERS, "phases")
        )
        changes = {name: body[name] for name in body if name not in ("evse", "connector")}
        pilot = changes.pop("pilot", None)
        if pilot is not None and (not isinstance(pilot, str) or pilot not in tuple(PILOT_STATES)):
            raise Refused(400, f"pilot {pilot!r}: allowed: A to F")
        _ev(changes)
        ev = evse.ev
        if ev is None or connector not in (None, evse.plugged):
            raise Refused(409, f"nothing is plugged at EVSE {evse.id}")

        def change(_: Evse) -> None:
            if "wants_energy" in changes:
                ev.pilot = None
            for name, value in changes.items():
                setattr(ev, name, value)
            if "battery_kwh" in changes:
                ev.resize()
            if "soc" in changes:
                ev.set_soc(changes["soc"])
            if "pilot" in body:
                ev.pilot = pilot

        await self._simulator.act(change, evse)
        return {}

    async def token(self, body: dict) -> dict:
        _only(body, "id_token", "type", "evse", "connector")
        token, kind = body.get("id_token"), body.get("type", "ISO14443")
        if kind not in _TOKEN_TYPES:
            raise Refused(400, f"type {kind!r}: allowed: {', '.join(_TOKEN_TYPES)}")
        shortest = 0 if kind == "NoAuthorization" else 1
        if not isinstance(token, str) or not shortest <= len(token) <= 36:
            raise Refused(400, "id_token: allowed: a text of 1 to 36 characters")
        evse_id = 0
        if "evse" in body or "connector" in body:
            evse_id = self._place(body)[0].id
        await self._simulator.tell({"token": [token, kind, evse_id]})
        return {}

    async def fault(self, body: dict) -> dict:
        evse, connector = self._place(_only(body, "evse", "connector", "code", "active"))
        code, active = body.get("code"), body.get("active", True)
        if code not in FAULT_CODES:
            raise Refused(400, f"code {code!r}: allowed: {', '.join(FAULT_CODES)}")
        _boolean("active", active)
        connector = connector or evse.plugged or 1
        changes = [(connector, code)]
        if code == "NoError":  # what it says: no fault is left
            changes = [fault for fault in evse.faults if fault[0] == connector]
            active = False
        for fault in changes:
            if active:
                evse.faults[fault] = None
            else:
                evse.faults.pop(fault, None)
        for fault in changes:
            try:
                await self._simulator.tell({"fault": [evse.id, *fault, active]})
            except PowerIsOff:
                break  # the station will see it when it boots
        return {}

    async def network(self, body: dict) -> dict:
        _only(body, "online", "latency_ms", "drop", "half_open")
        if not body:
            raise Refused(400, "allowed: online, latency_ms, drop, half_open")
        for name in ("online", "half_open"):
            _boolean(name, body.get(name, False))
        _number("latency_ms", body.get("latency_ms", 0), 0, 3_600_000)
        _number("drop", body.get("drop", 0), 0, 1)
        network = self._simulator.network
        network.latency_ms = body.get("latency_ms", network.latency_ms)
        network.drop = body.get("drop", network.drop)
        if "half_open" in body:
            network.set_half_open(body["half_open"])
        if "online" in body:
            network.set_online(body["online"])
        await self._simulator.sync()
        return {}

    async def power(self, body: dict) -> dict:
        _only(body, "on", "cycle")
        if len(body) != 1 or not all(isinstance(value, bool) for value in body.values()):
            raise Refused(400, 'allowed: {"on": true}, {"on": false} or {"cycle": true}')
        if body.get("cycle") is False:
            raise Refused(400, "cycle: allowed: true")
        if "cycle" in body or not body["on"]:
            await self._simulator.set_power(False)
        if "cycle" in body or body["on"]:
            await self._simulator.set_power(True)
        return {}

    async def clock(self, body: dict) -> dict:
        _only(body, "advance_s")
        advance_s = _number("advance_s", body.get("advance_s"), 0, _LONGEST_S)
        if self._simulator.clock.is_real:
            raise Refused(409, "the clock can't be moved at --speed 1")
        await self._simulator.pacer.move(round(advance_s * 1000))
        return {"clock": self._simulator.clock.text()}

    async def meter(self, body: dict) -> dict:
        evse, _ = self._place(_only(body, "evse", "connector", "energy_wh"))
        energy_wh = _number("energy_wh", body.get("energy_wh"), 0, _LAST_WH)
        await self._simulator.set_meter(evse, energy_wh)
        return {}

    async def variable(self, body: dict) -> dict:
        self._has_technician()
        names = ("component", "variable", "instance", "attribute", "value")
        _only(body, *names, "evse", "connector")
        for name in names:
            needed = name not in ("instance", "attribute")
            value = body.get(name, None if needed else "Actual")
            if not isinstance(value, str) or len(value) > _LONGEST_VALUE:
                raise Refused(400, f"{name} {value!r:.80}: allowed: a text")
        component: dict[str, Any] = {"name": body["component"]}
        if "evse" in body or "connector" in body:
            evse, connector = self._place(body)
            component["evse"] = {"id": evse.id} | (
                {} if connector is None else {"connectorId": connector}
            )
        variable = {"name": body["variable"]}
        if "instance" in body:
            variable["instance"] = body["instance"]
        item = {"component": component, "variable": variable, "attributeValue": body["value"]}
        if "attribute" in body:
            item["attributeType"] = body["attribute"]
        status, reason = await self._simulator.set_variable(item)
        if status not in ("Accepted", "RebootRequired"):
            raise Refused(400, f"{body['component']}.{body['variable']}: {reason or status}")
        return {"status": status}

    async def variables(self, request: Request) -> dict:
        self._has_technician()
        return {"variables": [_flat(data) for data in await self._simulator.variables()]}

    async def stop(self, body: dict) -> dict:
        asyncio.get_running_loop().call_later(0.05, self._simulator.stopping.set)
        return {}

    async def messages(self, request: Request) -> dict:
        since = request.args.get("since", "0")
        if not since.isascii() or not since.isdigit() or len(since) > _MOST_DIGITS:
            raise Refused(400, f"since {since!r:.80}: allowed: 0 or more")
        await self._simulator.sync()
        return {"messages": self._simulator.messages.since(int(since))}

    def _has_technician(self) -> None:
        if self._simulator.config.target == "qemu":
            raise Refused(409, "an emulated board has no technician's interface")

    def _place(self, body: dict) -> tuple[Evse, int | None]:
        """The EVSE and the connector meant; the connector is None where none is named."""
        evse_id, connector = body.get("evse"), body.get("connector")
        for name, value in (("evse", evse_id), ("connector", connector)):
            if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
                raise Refused(400, f"{name} {value!r}: allowed: a number")
        evses = self._simulator.evses
        if evse_id is None:
            if connector is None:
                raise Refused(400, "evse, or OCPP 1.6's connector number, is missing")
            number = connector  # OCPP 1.6 counts all connectors through
            for evse in evses:
                if 1 <= number <= evse.connectors:
                    return evse, number
                number -= evse.connectors
            raise Refused(404, f"no connector {connector}")
        if not 1 <= evse_id <= len(evses):
            raise Refused(404, f"no EVSE {evse_id}")
        evse = evses[evse_id - 1]
        if connector is not None and not 1 <= connector <= evse.connectors:
            raise Refused(404, f"no connector {connector} at EVSE {evse_id}")
        return evse, connector


def _flat(data: dict) -> dict:
    """A variable as it is listed, from its ReportData."""
    component, variable = data["component"], data["variable"]
    evse = component.get("evse", {})
    listed = {
        "component": component["name"],
        "variable": variable["name"],
        "instance": variable.get("instance"),
        "evse": evse.get("id"),
        "connector": evse.get("connectorId"),
        "attributes": data["variableAttribute"],
        "characteristics": data["variableCharacteristics"],
    }
    if "value" in data["variableAttribute"][0]:
        listed["value"] = data["variableAttribute"][0]["value"]
    return listed


def _only(body: dict, *names: str) -> dict:
    for name in body:
        if name not in names:
            raise Refused(400, f"unknown {name!r}: allowed: {', '.join(names)}")
    return body


def _ev(values: Any) -> dict:
    if not isinstance(values, dict):
        raise Refused(400, "ev: allowed: an object")
    _only(values, *_EV_NUMBERS, "phases", "wants_energy")
    for name, (low, high) in _EV_NUMBERS.items():
        if name in values:
            _number(name, values[name], low, high)
    phases = values.get("phases", 1)
    if not isinstance(phases, int) or isinstance(phases, bool) or not 1 <= phases <= 3:
        raise Refused(400, f"phases {phases!r}: allowed: 1, 2 or 3")
    _boolean("wants_energy", values.get("wants_energy", True))
    return values


def _number(name: str, value: Any, low: float, high: float) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not low <= value <= high:  # as it is: an integer may be beyond all floats
        raise Refused(400, f"{name} {value!r:.80}: allowed: {low} to {high}")
    return value


def _boolean(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise Refused(400, f"{name} {value!r}: allowed: true or false")
