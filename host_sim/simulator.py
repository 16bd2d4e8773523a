"""One simulated station: process, world, network, clock, control interface, joined.

The world's clock is the master. At a fixed speed both processes simply read the same clock. With
`--speed max` the station says when it is idle and until when; then time jumps to that moment or
to the world's next event, whichever comes first, unless a control request is being handled. An
answer of the server that is outstanding keeps the station from being idle, so time runs as it is
meanwhile.
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
from dataclasses import dataclass

from chargepoint.device_model.model import BUILT
from host_sim.channel import ChannelServer
from host_sim.clock import WorldClock, monotonic_ms
from host_sim.config import BUILTIN, Config, ConfigError
from host_sim.messages import MessageLog
from host_sim.network import Network
from host_sim.state_dir import SAVE_EVERY_S, StateDir
from host_sim.station_process import StationProcess, interpreter
from host_sim.world import MJ_PER_WH, Ev, Evse

_LOG = logging.getLogger("host_sim")
_BOOT_S = 10
_ANSWER_S = 20  # for what the process does at once, on a machine that is busy
_GRACE_S = 2  # how long a clock move waits for an answer of the server before it goes on
_RESTART_S = (0, 0, 0.2, 0.5, 1, 2, 5)  # after so many failures without a success
_WHOLE_LIFE_MS = 30_000


class PowerIsOff(Exception):
    """There is no station to ask."""


@dataclass
class _Idle:
    """What the station said before it began to wait."""

    deadline: int | None  # ms of the world's clock
    settled: bool  # nothing is awaited from outside
    seen: int  # lines it had received


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
        self.network = Network(self.clock, self._note_change)
        self.messages = MessageLog()
        for secret in config.secrets:
            self.messages.add_secret(secret)
        self.listeners: set[Callable[[str, dict], None]] = set()  # (event name, data)
        self.requests = 0  # control requests being handled
        self.power_on = True
        self.stopping = asyncio.Event()
        self.csms_url = ""
        self._command = interpreter(config.target)
        self._server = ChannelServer()
        self._process: StationProcess | None = None
        self._boot_ms = 0
        self._told: dict[int, tuple] = {}  # what the station knows of each EVSE
        self._failures = 0
        self._queries: dict[int, asyncio.Future] = {}
        self._query = 0
        self._idle: _Idle | None = None
        self._changed = asyncio.Event()  # for the world's events
        self._waiters: set[asyncio.Future] = set()
        self._moving = asyncio.Lock()
        self._powering = asyncio.Lock()
        self._tasks: set[asyncio.Task] = set()
        self._last_state: dict | None = None
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
            await self._server.start()
            try:
                url = await control.start(*self.config.control)
            except OSError as error:
                host, port = self.config.control
                why = os.strerror(error.errno) if error.errno else str(error)
                raise ConfigError(f"--control {host}:{port}: {why}") from None
            print(
                json.dumps({"control": url, "id": self.config.id, "pid": os.getpid()}), flush=True
            )
            self._spawn(self._boot())
            self._spawn(self._world_events())
            self._spawn(self._save_meters())
            self._spawn(self._publish_states())
            await self.stopping.wait()
        finally:
            await control.stop()
            for task in list(self._tasks):
                task.cancel()
            await self._stop_process()
            self._settle()
            self._write_meters()
            await self.network.close()
            await self._server.close()
            if csms is not None:
                await csms.stop()
            self.state_dir.close()
        return 0

    # ---- what the control interface asks for

    @contextmanager
    def request(self):
        """While a request is handled, virtual time stands for nobody's jump."""
        self.requests += 1
        try:
            yield
        finally:
            self.requests -= 1
            self._note_change()

    async def act(self, change: Callable[[Evse], None], evse: Evse) -> None:
        """Change something physical at an EVSE; returns when the hardware has taken it."""
        self._settle()
        change(evse)
        self._settle()
        self._tell(evse)
        await self.sync()
        self._publish_state()

    async def tell(self, line: dict) -> None:
        """Send a fact to the station, and wait until it has taken it. Raises PowerIsOff."""
        (await self._running()).send(line)
        await self.sync()
        self._publish_state()

    async def sync(self) -> None:
        """Return when the station has dealt with all that it was told."""
        try:
            await self._ask()
        except PowerIsOff:
            return  # it learns all at its start

    async def state(self) -> dict | None:
        """What the station says of itself, or None while it has no power."""
        try:
            self._last_state = await self._ask()
        except PowerIsOff:
            return None
        return self._last_state

    def settle(self) -> None:
        """Bring the registers to this moment, before anyone is told them."""
        self._settle()
        if any(evse.power_w for evse in self.evses):
            self._write_meters()

    @property
    def last_state(self) -> dict | None:
        return self._last_state

    async def set_meter(self, evse: Evse, energy_wh: float) -> None:
        """Another register value, also a lower one."""

        def change(evse: Evse) -> None:
            evse.register_mj = round(energy_wh * MJ_PER_WH)

        self._settle()
        if self._process is not None:
            self._process.send({"register": [evse.id, round(energy_wh * 1000)]})
        await self.act(change, evse)
        self._write_meters()

    async def set_power(self, on: bool) -> None:
        if on and not self.power_on:
            self.power_on = True
            await self._boot()
        elif not on and self.power_on:
            self.power_on = False
            await self._power_cut()
        self._publish_state()

    async def move_clock(self, interval_ms: int) -> None:
        """Go forward, stopping at every deadline on the way."""
        async with self._moving:
            target = self.clock.now() + interval_ms
            self._watch(True)
            try:
                while self.clock.now() < target:
                    deadline = await self._idle_deadline()
                    self._jump(min(target, *self._moments(deadline)))
                await self._idle_deadline()
            finally:
                self._watch(False)

    # ---- power

    async def _boot(self) -> None:
        """Start the station's process; it is told the world before it looks."""
        async with self._powering:
            if not self.power_on or self._process is not None:
                return
            process = StationProcess(
                self._command, self._server, self.state_dir.lock_fd, self._on_line, self._on_end
            )
            self._idle = None
            try:
                await process.start(self._station_config)
            except RuntimeError as error:
                _LOG.error("%s", error)
                self._on_end(None)
                return
            self._process = process
            if self.clock.speed is None or self._moving.locked():
                process.send({"watch": True})
            self._tell_all(process)
            self._note_change()

    async def _stop_process(self) -> None:
        """In order, and if it does not end, at once."""
        process = self._process
        if process is not None:
            process.send({"stop": True})
            await process.ended(_GRACE_S)
            await process.kill()
            self._power_lost()

    async def _power_cut(self) -> None:
        async with self._powering:
            process, self._process = self._process, None
            if process is not None:
                await process.kill()
            self._power_lost()

    def _on_end(self, reason: str | None) -> None:
        """The process has ended by itself: a reset, or a failure."""
        self._process = None
        self._power_lost()
        if not self.power_on or self.stopping.is_set():
            return
        lived_ms = self.clock.now() - self._boot_ms
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
        await self._boot()

    def _power_lost(self) -> None:
        self._idle = None
        now = self.clock.now()
        for evse in self.evses:
            evse.power_lost(now)
        for query in self._queries.values():
            if not query.done():
                query.set_exception(PowerIsOff())
        self._queries.clear()
        self._note_change()

    def _station_config(self) -> dict:
        config = self.config
        self._boot_ms = now = self.clock.now()
        credential = config.basic_auth.encode().hex() if config.basic_auth is not None else None
        # A clock of its own, or server time would pull the fast one back.
        defaults = {"ClockCtrlr.TimeSource": "RealTimeClock,Heartbeat"}
        return {
            "id": config.id,
            "vendor": config.vendor,
            "model": config.model,
            "serial": config.serial,
            "evses": [[e.phases, e.max_current, list(e.connectors)] for e in config.evses],
            "csms": [[url, config.profile_of] for url in self._csms_urls()],
            "ocpp": list(config.ocpp),
            "defaults": {} if self.clock.is_real else defaults,
            "variables": list(config.variables),
            "configuration": list(config.configuration),
            "features": [name for name in BUILT if config.features.get(name, True)],
            "flash": str(self.state_dir.flash),
            "credential": credential,
            "tls": [str(path) if path else None for path in (config.ca, config.cert, config.key)],
            "clock": {
                "tick_ms": monotonic_ms(),
                "speed": self.clock.rate,
                "epoch_ms": None if self.clock.is_real else self.clock.epoch_ms(now),
            },
        }

    def _csms_urls(self) -> list[str]:
        return [self.csms_url if url == BUILTIN else url for url in self.config.csms]

    async def _start_csms(self):
        if self.config.csms != (BUILTIN,):
            return None
        from host_sim.csms import Csms

        csms = Csms(clock=lambda: self.clock.epoch_ms() / 1000, known=[self.config.id])
        if self._used:  # it may tell of transactions that only an earlier server knew
            csms.ignored_rules.add("transaction")
        await csms.start("127.0.0.1", 0)
        self.csms_url = csms.url
        return csms

    # ---- lines from the station

    def _on_line(self, line: dict) -> None:
        if "evse" in line:
            evse = self.evses[line["evse"] - 1]
            self._settle()
            evse.closed, evse.locked = line["closed"], line["locked"]
            evse.offered_ma = line["offered_ma"]
            self._settle()
            self._tell(evse)
        elif "message" in line:
            direction, text = line["message"]
            entry = self.messages.add(direction, text, self.clock.text(milliseconds=True))
            self._publish("message", entry)
        elif "state" in line:
            query = self._queries.pop(line["state"], None)
            if query is not None and not query.done():
                query.set_result(line["value"])
        elif "resolve" in line:
            self._spawn(self._resolve(*line["resolve"]))
        elif "idle" in line:
            deadline, settled = line["idle"], line["settled"]
            if deadline is not None:
                deadline += self._boot_ms
            self._idle = _Idle(deadline, settled, line["seen"])
            self._note_change()
            if self.clock.speed is None:
                self._jump_if_idle()
        elif "log" in line:
            _LOG.info("station: %s", self.messages.masked(line["log"]))
        if "idle" not in line and "state" not in line:
            self._publish_state()

    async def _resolve(self, number: int, host: str, port: int) -> None:
        process = self._process
        try:
            ip, route_port = await self.network.route(host, port)
            why = ""
        except OSError as error:
            ip, route_port, why = None, 0, str(error)
        if process is not None:
            process.send({"route": [number, ip, route_port, why]})

    async def _ask(self) -> dict:
        """The station's snapshot, taken after all that was sent to it before."""
        process = await self._running()
        self._query += 1
        future = asyncio.get_running_loop().create_future()
        self._queries[self._query] = future
        process.send({"state": self._query})
        return await asyncio.wait_for(future, _ANSWER_S)

    async def _running(self) -> StationProcess:
        """The station's process, when it has booted. Raises PowerIsOff if it does not."""
        end = monotonic_ms() + 1000 * _BOOT_S
        while self._process is None:
            if not self.power_on or monotonic_ms() >= end:
                raise PowerIsOff
            await self._wait_changed((end - monotonic_ms()) / 1000)
        return self._process

    async def _wait_changed(self, timeout_s: float) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait((waiter,), timeout=max(0, timeout_s))
        finally:
            self._waiters.discard(waiter)

    def _note_change(self) -> None:
        """Something has changed that others may be waiting for."""
        self._changed.set()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _tell_all(self, process: StationProcess) -> None:
        self._settle()
        for evse in self.evses:
            self._told[evse.id] = evse.signature
            process.send(evse.facts(self._boot_ms))
            for connector_id, code in evse.faults:
                process.send({"fault": [evse.id, connector_id, code, True]})
        process.send({"go": True})

    def _tell(self, evse: Evse) -> None:
        if self._process is not None:
            self._told[evse.id] = evse.signature
            self._process.send(evse.facts(self._boot_ms))

    def _tell_news(self) -> None:
        """Tell what has changed of itself: power falls, a battery is full."""
        for evse in self.evses:
            if self._told.get(evse.id) != evse.signature:
                self._tell(evse)

    # ---- time

    def _settle(self) -> None:
        now = self.clock.now()
        for evse in self.evses:
            evse.settle(now)

    def _next_event_ms(self) -> int | None:
        events = [evse.next_event_ms() for evse in self.evses]
        return min((event for event in events if event is not None), default=None)

    def _moments(self, deadline: int | None) -> list[int]:
        return [moment for moment in (deadline, self._next_event_ms()) if moment is not None]

    def _jump_if_idle(self) -> None:
        """The virtual clock: nothing is awaited, so the next thing may happen now."""
        process, idle = self._process, self._idle
        if process is None or idle is None or idle.seen != process.sent or not idle.settled:
            return
        if self.requests or self._moving.locked() or self.network.in_flight:
            return
        moments = self._moments(idle.deadline)
        if moments:
            self._jump(min(moments))

    def _jump(self, moment: int) -> None:
        """Move the clock to `moment`, and let what is due in the world happen."""
        interval_ms = moment - self.clock.now()
        self._idle = None  # it acts now, also if the moment has passed meanwhile
        if interval_ms > 0:
            self.clock.advance(interval_ms)
            if any(evse.power_w for evse in self.evses):
                self._settle()
                self._write_meters()  # before the station can tell anyone what the meter reads
            if self._process is not None:
                self._process.send({"advance": interval_ms})
        self._world_step()

    def _world_step(self) -> None:
        """Let happen what is due in the world."""
        self._settle()
        self._tell_news()

    async def _world_events(self) -> None:
        """Batteries fill up, in real or scaled time; in virtual time too, when it can't jump."""
        while True:
            self._changed.clear()
            self._world_step()
            if self.clock.speed is None:
                self._jump_if_idle()
            event = self._next_event_ms()
            wait_s = None
            if event is not None:
                wait_s = max(0.001, self.clock.real_s(event - self.clock.now()))
            try:
                await asyncio.wait_for(self._changed.wait(), wait_s)
            except TimeoutError:
                continue

    def _watch(self, on: bool) -> None:
        if self.clock.speed is not None and self._process is not None:
            self._idle = None
            self._process.send({"watch": on})

    async def _idle_deadline(self) -> int | None:
        """Wait until the station is idle; its next deadline. Answers have only a while to come."""
        end = monotonic_ms() + 1000 * (_GRACE_S + 4 * self.clock.real_s(self.network.latency_ms))
        while self._process is not None or self.power_on:
            process, idle = self._process, self._idle
            wait_s = (end - monotonic_ms()) / 1000
            if process is not None and idle is not None and idle.seen == process.sent:
                if idle.settled or wait_s <= 0:
                    return idle.deadline
            if wait_s <= 0:
                return None
            await self._wait_changed(wait_s)
        return None

    # ---- small things

    async def _save_meters(self) -> None:
        was_charging = True
        while True:
            charging = any(evse.power_w for evse in self.evses)
            if charging or was_charging:
                self._settle()
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
