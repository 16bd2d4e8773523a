"""One simulated station: its lives, world, network, clock and control interface, joined.

What the control interface asks for is done here; time passes in `pacing`, the station's process is
started and ended in `station_life`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import contextmanager

from host_sim.clock import WorldClock
from host_sim.config import BUILTIN, SECRET_NAMES, Config, ConfigError
from host_sim.messages import MessageLog
from host_sim.network import Network, in_words
from host_sim.pacing import Pacer
from host_sim.state_dir import SAVE_EVERY_S, StateDir
from host_sim.station_life import PowerIsOff, StationLife
from host_sim.world import MJ_PER_WH, Ev, Evse

_LOG = logging.getLogger("host_sim")
_NO_CONNECTION = "no connection: "


class Simulator:
    """The simulator of one station."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.state_dir = StateDir(config.state_dir)
        self.evses = [
            Evse(number, evse.phases, evse.max_current, len(evse.connectors))
            for number, evse in enumerate(config.evses, 1)
        ]
        saved_epoch_ms = self.state_dir.restore(self.evses)
        self._used = saved_epoch_ms is not None
        self.clock = WorldClock(config.speed)
        if saved_epoch_ms and config.speed != 1 and saved_epoch_ms > self.clock.epoch_ms():
            self.clock = WorldClock(config.speed, saved_epoch_ms)  # its flash knows that time
        for evse_id in config.plugged:
            self.evses[evse_id - 1].plugged = 1
            self.evses[evse_id - 1].ev = Ev()
        self.messages = MessageLog()
        for secret in config.secrets:
            self.messages.add_secret(secret)
        self.listeners: set[Callable[[str, dict], None]] = set()  # (event name, data)
        self.stopping = asyncio.Event()
        self.life = StationLife(
            config, self.state_dir, self.clock, self.evses, self._on_line, self._spawn
        )
        self.network = Network(self.clock, self.life.note_change)
        self.pacer = Pacer(self.clock, self.evses, self.network, self.life, self._write_meters)
        self._tasks: set[asyncio.Task] = set()
        self._last_state: dict | None = None
        self.failures: list[str] = []  # why each attempt to connect since the last one failed
        self._to_publish = asyncio.Event()

    async def run(self) -> int:
        """Work until stopped; the exit status."""
        from host_sim.control import Control

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        csms = await self._start_csms()
        control = Control(self)
        try:
            await self.life.open()
            try:
                url = await control.start(*self.config.control)
            except OSError as error:
                host, port = self.config.control
                raise ConfigError(f"--control {host}:{port}: {in_words(error)}") from None
            print(
                json.dumps({"control": url, "id": self.config.id, "pid": os.getpid()}), flush=True
            )
            self._spawn(self.life.boot())
            self._spawn(self.pacer.run())
            self._spawn(self._save_meters())
            self._spawn(self._publish_states())
            await self.stopping.wait()
        finally:
            await control.stop()
            for task in list(self._tasks):
                task.cancel()
            await self.life.close()
            self.life.settle()
            self._write_meters()
            await self.network.close()
            if csms is not None:
                await csms.stop()
            self.state_dir.close()
        return 0

    # ---- what the control interface asks for

    @contextmanager
    def request(self):
        """While a request is handled, virtual time stands for nobody's jump."""
        self.pacer.requests += 1
        try:
            yield
        finally:
            self.pacer.requests -= 1
            self.life.note_change()

    async def act(self, change: Callable[[Evse], None], evse: Evse) -> None:
        """Change something physical at an EVSE; returns when the hardware has taken it."""
        self.life.settle()
        change(evse)
        self.life.settle()
        self.life.tell(evse)
        await self.sync()
        self._publish_state()

    async def tell(self, line: dict) -> None:
        """Send a fact to the station, and wait until it has taken it. Raises PowerIsOff."""
        (await self.life.running()).send(line)
        await self.sync()
        self._publish_state()

    async def set_power(self, on: bool) -> None:
        await self.life.set_power(on)
        self._publish_state()

    async def sync(self) -> None:
        """Return when the station has dealt with all that it was told."""
        try:
            await self.life.ask()
        except PowerIsOff:
            return  # it learns all at its start

    async def state(self) -> dict | None:
        """What the station says of itself, or None while it has no power."""
        try:
            self._last_state = await self.life.ask()
        except PowerIsOff:
            return None
        return self._last_state

    def settle(self) -> None:
        """Bring the registers to this moment, before anyone is told them."""
        self.life.settle()
        if any(evse.power_w for evse in self.evses):
            self._write_meters()

    @property
    def last_state(self) -> dict | None:
        return self._last_state

    async def set_meter(self, evse: Evse, energy_wh: float) -> None:
        """Another register value, also a lower one."""

        def change(evse: Evse) -> None:
            evse.register_mj = round(energy_wh * MJ_PER_WH)
            evse.is_replaced = True

        try:
            await self.act(change, evse)
        finally:
            evse.is_replaced = False
        self._write_meters()

    async def variables(self) -> list[dict]:
        """The ReportData of all variables. Raises PowerIsOff."""
        return await self.life.technician(None)

    async def set_variable(self, item: dict) -> tuple[str, str | None]:
        """Set what a technician does, as in SetVariableData; the status, and the reason code of
        a refusal. Raises PowerIsOff."""
        if f"{item['component']['name']}.{item['variable']['name']}".lower() in SECRET_NAMES:
            self.messages.add_secret(item["attributeValue"])
        result = await self.life.technician(item)
        await self.sync()
        self._publish_state()
        return result["attributeStatus"], result.get("attributeStatusInfo", {}).get("reasonCode")

    async def _start_csms(self):
        self.life.csms = list(self.config.csms)
        if self.config.csms != (BUILTIN,):
            return None
        from host_sim.csms import Csms

        csms = Csms(clock=lambda: self.clock.epoch_ms() / 1000, known=[self.config.id])
        if self._used:  # it may tell of transactions that only an earlier server knew
            csms.ignored_rules.add("transaction")
        await csms.start("127.0.0.1", 0)
        self.life.csms = [csms.url]
        return csms

    # ---- lines from the station

    def _on_line(self, line: dict) -> None:
        if "evse" in line:
            # It counts from when the station did it, not from when the news came here: else the
            # register would go on after the contactor has opened.
            evse = self.evses[line["evse"] - 1]
            at_ms = min(self.life.boot_ms + line["at_ms"], self.clock.now())
            evse.settle(at_ms)
            evse.closed, evse.locked = line["closed"], line["locked"]
            evse.offered_ma = line["offered_ma"]
            evse.settle(at_ms)
            evse.shown(line["shown_mwh"])
            self.life.tell(evse)
        elif "message" in line:
            direction, text = line["message"]
            entry = self.messages.add(direction, text, self.clock.text(milliseconds=True))
            self._publish("message", entry)
        elif "resolve" in line:
            self._spawn(self._resolve(*line["resolve"]))
        elif "idle" in line:
            self.pacer.take_idle(line)
        elif "log" in line:
            self._log(self.messages.masked(line["log"]).replace("\n", " "))
        if "idle" not in line:
            self._publish_state()

    def _log(self, text: str) -> None:
        """Pass on what the station says; each reason for no connection is a warning once."""
        level = logging.INFO
        if text.startswith("connected:"):
            self.failures = []
        elif text.startswith(_NO_CONNECTION):
            # The link asks for the way when it asks for the name.
            why = text.removeprefix(_NO_CONNECTION).removeprefix("name: ")
            text = _NO_CONNECTION + why
            level = logging.INFO if why in self.failures else logging.WARNING
            self.failures.append(why)
        _LOG.log(level, "station: %s", text)

    async def _resolve(self, number: int, host: str, port: int) -> None:
        process = self.life.process
        try:
            ip, route_port = await self.network.route(host, port)
            why = ""
        except OSError as error:
            ip, route_port, why = None, 0, str(error)
        if process is not None:
            process.send({"route": [number, ip, route_port, why]})

    # ---- small things

    async def _save_meters(self) -> None:
        was_charging = True
        while True:
            charging = any(evse.power_w for evse in self.evses)
            if charging or was_charging:
                self.life.settle()
                self._write_meters()
            was_charging = charging
            await asyncio.sleep(SAVE_EVERY_S)

    def _write_meters(self) -> None:
        self.state_dir.save(self.evses, self.clock.epoch_ms(), self.clock.rate)

    def _publish(self, name: str, data: dict) -> None:
        for listener in list(self.listeners):
            listener(name, data)

    def _publish_state(self) -> None:
        """Tell the listeners the state, if it is another one than they know."""
        if self.listeners:
            self._to_publish.set()

    async def _publish_states(self) -> None:
        from host_sim.control import whole_state

        told = None
        while True:
            await self._to_publish.wait()
            self._to_publish.clear()
            state = await whole_state(self)
            news = {**state, "clock": None}
            if news != told:
                told = news
                self._publish("state", state)

    def _spawn(self, coroutine) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _LOG.error("%s", task.exception(), exc_info=task.exception())
            print(f"host_sim: {task.exception()}", file=sys.stderr)
