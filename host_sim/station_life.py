"""The lives of a simulated station: one process after another on the same flash.

The power comes and goes, the station resets itself or fails; whatever happens, the next life
begins with the world as it is then. What is sent to a process counts as taken when it answers a
query that was sent after it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from chargepoint.device_model.model import BUILT
from host_sim import factory
from host_sim.channel import ChannelServer
from host_sim.clock import WorldClock, monotonic_ms
from host_sim.config import Config
from host_sim.state_dir import StateDir
from host_sim.station_process import StationProcess, interpreter
from host_sim.world import Evse

_LOG = logging.getLogger("host_sim")
_STOP_S = 2
_BOOT_S = 10
_ANSWER_S = 20  # for what the process does at once, on a machine that is busy
_RESTART_S = (0, 0, 0.2, 0.5, 1, 2, 5)  # after so many failures without a success
_WHOLE_LIFE_MS = 30_000


class PowerIsOff(Exception):
    """There is no station to ask."""


class StationLife:
    """on_line(object): lines from the process, but the answers to queries; spawn: runs a coroutine
    for as long as the simulator lives. `csms`: the URLs with which the next life begins."""

    def __init__(
        self,
        config: Config,
        state_dir: StateDir,
        clock: WorldClock,
        evses: list[Evse],
        on_line: Callable[[dict], None],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self.process: StationProcess | None = None
        self.power_on = True
        self.boot_ms = 0  # when this life began, on the world's clock
        self.watched = False  # the station says after each pass until when it sleeps
        self.csms: list[str] = []
        self.changed = asyncio.Event()  # anything: a line, a boot, an end, a request
        self._config = config
        self._state_dir = state_dir
        self._clock = clock
        self._evses = evses
        self._on_line = on_line
        self._spawn = spawn
        self._command = interpreter(config.target)
        self._server = ChannelServer()
        self._told: dict[int, tuple] = {}  # what the station knows of each EVSE
        self._failures = 0
        self._queries: dict[int, asyncio.Future] = {}
        self._query = 0
        self._waiters: set[asyncio.Future] = set()
        self._powering = asyncio.Lock()
        self._stopped = False

    async def open(self) -> None:
        """Be ready for processes."""
        if self._config.target != "qemu":  # whose flash has its own
            try:
                factory.put_images(self._state_dir.flash, self._config.firmware)
            except OSError as error:
                _LOG.error("this station can't be updated, its images can't be kept: %s", error)
        await self._server.start()

    async def close(self) -> None:
        """End the present life in order, and if it does not end, at once."""
        self._stopped = True
        process = self.process
        if process is not None:
            process.send({"stop": True})
            await process.ended(_STOP_S)
            await process.kill()
            self._power_lost()
        await self._server.close()

    async def set_power(self, on: bool) -> None:
        if on and not self.power_on:
            self.power_on = True
            await self.boot()
        elif not on and self.power_on:
            self.power_on = False
            await self._power_cut()

    async def boot(self) -> None:
        """Begin a life, if there is power and none yet; it is told the world before it looks."""
        async with self._powering:
            if not self.power_on or self.process is not None:
                return
            process = StationProcess(
                self._command, self._server, self._state_dir.lock_fd, self._take, self._on_end
            )
            try:
                await process.start(self._station_config)
            except RuntimeError as error:
                _LOG.error("%s", error)
                self._on_end(None)
                return
            self.process = process
            if self.watched:
                process.send({"watch": True})
            self._tell_all(process)
            self.note_change()

    async def _power_cut(self) -> None:
        async with self._powering:
            process, self.process = self.process, None
            if process is not None:
                await process.kill()
            self._power_lost()

    def _on_end(self, reason: str | None) -> None:
        """The process has ended by itself: a reset, or a failure."""
        self.process = None
        self._power_lost()
        if not self.power_on or self._stopped:
            return
        lived_ms = self._clock.now() - self.boot_ms
        if reason is not None and lived_ms > _WHOLE_LIFE_MS:
            self._failures = 0
        wait_s = _RESTART_S[min(self._failures, len(_RESTART_S) - 1)]
        if reason is None:
            _LOG.warning("the station's process died; starting it again")
        if reason in (None, "ApplicationReset"):
            self._failures += 1
        self._spawn(self._restart(wait_s))

    async def _restart(self, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        await self.boot()

    def _power_lost(self) -> None:
        now = self._clock.now()
        for evse in self._evses:
            evse.power_lost(now)
        for query in self._queries.values():
            if not query.done():
                query.set_exception(PowerIsOff())
        self._queries.clear()
        self.note_change()

    async def ask(self) -> dict:
        """The station's snapshot, taken after all that was sent to it before."""
        return await self._answer(lambda number: {"state": number})

    async def technician(self, item: dict | None) -> Any:
        """Set a variable as SetVariableData has it: its SetVariableResult; None: the ReportData of
        all variables. Raises PowerIsOff."""
        return await self._answer(lambda number: {"technician": [number, item]})

    async def _answer(self, line: Callable[[int], dict]) -> Any:
        process = await self.running()
        self._query += 1
        future = asyncio.get_running_loop().create_future()
        self._queries[self._query] = future
        process.send(line(self._query))
        return await asyncio.wait_for(future, _ANSWER_S)

    async def running(self) -> StationProcess:
        """The station's process, when it has booted. Raises PowerIsOff if it does not."""
        end = monotonic_ms() + 1000 * _BOOT_S
        while self.process is None:
            if not self.power_on or monotonic_ms() >= end:
                raise PowerIsOff
            await self.wait_changed((end - monotonic_ms()) / 1000)
        return self.process

    async def wait_changed(self, timeout_s: float) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait((waiter,), timeout=max(0, timeout_s))
        finally:
            self._waiters.discard(waiter)

    def note_change(self) -> None:
        """Something has changed that others may be waiting for."""
        self.changed.set()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _tell_all(self, process: StationProcess) -> None:
        self.settle()
        for evse in self._evses:
            self._told[evse.id] = evse.signature
            process.send(evse.facts(self.boot_ms))
            for connector_id, code in evse.faults:
                process.send({"fault": [evse.id, connector_id, code, True]})
        process.send({"go": True})

    def tell(self, evse: Evse) -> None:
        if self.process is not None:
            self._told[evse.id] = evse.signature
            self.process.send(evse.facts(self.boot_ms))

    def tell_news(self) -> None:
        """Count the energy, and tell what has changed of itself, as when a battery is full."""
        self.settle()
        for evse in self._evses:
            if self._told.get(evse.id) != evse.signature:
                self.tell(evse)

    def settle(self) -> None:
        """Count the energy up to this moment."""
        now = self._clock.now()
        for evse in self._evses:
            evse.settle(now)

    def watch(self, on: bool) -> None:
        """Let the station say after each pass until when it sleeps, or let it be."""
        self.watched = on
        if self.process is not None:
            self.process.send({"watch": on})

    def _take(self, line: dict) -> None:
        if "state" in line:
            query = self._queries.pop(line["state"], None)
            if query is not None and not query.done():
                query.set_result(line["value"])
        else:
            self._on_line(line)

    def _station_config(self) -> dict:
        config = self._config
        self.boot_ms = now = self._clock.now()
        credential = config.basic_auth.encode().hex() if config.basic_auth is not None else None
        # A clock of its own, or server time would pull the fast one back.
        defaults = {"ClockCtrlr.TimeSource": "RealTimeClock,Heartbeat"}
        return {
            "id": config.id,
            "vendor": config.vendor,
            "model": config.model,
            "serial": config.serial,
            "evses": [[e.phases, e.max_current, list(e.connectors)] for e in config.evses],
            "csms": [[url, config.profile_of] for url in self.csms],
            "ocpp": list(config.ocpp),
            "defaults": {} if self._clock.is_real else defaults,
            "variables": list(config.variables),
            "configuration": list(config.configuration),
            "features": [name for name in BUILT if config.features.get(name, True)],
            "flash": str(self._state_dir.flash),
            "credential": credential,
            "firmware": {
                "keys": config.firmware.keys.hex(),
                "product": config.firmware.product,
                "hardware": config.firmware.hardware,
                "roots": str(config.firmware.roots) if config.firmware.roots else None,
            },
            "tls": [str(path) if path else None for path in (config.ca, config.cert, config.key)],
            "clock": {
                "tick_ms": monotonic_ms(),
                "speed": self._clock.rate,
                "epoch_ms": None if self._clock.is_real else self._clock.epoch_ms(now),
            },
        }
