"""A station in the emulator that lives once while its heap is measured, for tools/footprint.py.

The simulator runs in this process, and without its control interface: who asks for the station's
state makes it import the module that tells it, and that would be in the figures. Time stands still
but where it is moved. A station that reboots, answers otherwise than it should or falls silent
ends the life with a Failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from host_sim import qemu
from host_sim.config import Config
from host_sim.csms import CallError, Csms
from host_sim.csms_records import Message, Station
from host_sim.simulator import Simulator
from host_sim.station_process import BUILT_VARIABLE, HEAP_VARIABLE
from host_sim.world import Ev
from tools import footprint_messages as messages
from tools import footprint_tls

TOKENS = ("04AABBCC", "04DDEEFF")
IDLE = "idle, online"
AFTER = "idle after all"  # the last moment of a life
QUEUED = 50  # events that wait for the connection to come back
LIVES = 3  # of which the least is told
FRAMES = 1000  # after which the largest free block is looked at
_STEP_S = 120  # also on a machine that is busy with other things
_TURN_MS = 20_000
_TURNS = 60  # longer than any back-off
_SETTLE_MS = 60_000
_BOOT_CALLS = 3  # BootNotification and two statuses
_UPDATED_S = 20  # between two meter values
_SESSION_MS = 3 * 60_000

_Result = TypeVar("_Result")


class Failed(Exception):
    """Why the life did not go through; one line."""


@dataclass(frozen=True)
class Heap:
    """Bytes, as heap.measure() of the board gives them."""

    used: int  # after a collection
    most: int  # that lived at once since the last time; 0 if that is not watched
    free: int
    largest: int  # free block


@dataclass
class Life:
    """What was measured. moments: heap at rest; peaks: the most that lived at once meanwhile."""

    moments: dict[str, Heap] = field(default_factory=dict)
    peaks: dict[str, int] = field(default_factory=dict)


def least(lives: Sequence[Life]) -> Life:
    """Of the same life several times, the least of each figure.

    The rest is chance: a suspended coroutine's stack may hold on to a module that is over.
    """
    return _told(lives, min)


def at_worst(lives: Sequence[Life]) -> Life:
    """Of the same life several times, the least at rest, and the highest of each peak."""
    return _told(lives, max)


def _told(lives: Sequence[Life], of_peaks: Callable[[list[int]], int]) -> Life:
    found = Life()
    for name in lives[0].moments:
        heaps = [life.moments[name] for life in lives]
        found.moments[name] = min(heaps, key=lambda heap: heap.used)
    for name in lives[0].peaks:
        found.peaks[name] = of_peaks([life.peaks[name] for life in lives])
    return found


@dataclass(frozen=True)
class Plan:
    """What is to be lived. built: the folder with firmware.elf and app.romfs."""

    built: Path
    dialect: str
    heap_bytes: int
    watched: bool = False  # the peaks too, for which it collects much more often
    frames: int = 0  # messages at the end, both ways
    short: bool = False  # without a loss of the connection
    tls: Path | None = None  # a folder with certificates (footprint_tls.py)


async def live(plan: Plan, folder: Path) -> Life:
    """Live by the plan on a flash in `folder`. Raises Failed."""
    context = footprint_tls.server_context(plan.tls) if plan.tls else None
    async with Csms(loud=False, ssl=context) as csms:
        with _environment(plan):
            station = _Station(csms, plan, folder)
            try:
                await station.start()
                await _live(station, plan)
            except (TimeoutError, ConnectionError) as error:
                raise Failed(str(error) or type(error).__name__) from None
            finally:
                await station.stop()
        if csms.violations:
            raise Failed(f"violation: {csms.violations[0]}")
    return station.life


async def _live(station: _Station, plan: Plan) -> None:
    await station.note("after boot", "the boot")
    await station.connect(_BOOT_CALLS)
    await station.move(_SETTLE_MS)
    await station.note(IDLE, "the first connection")
    for request in messages.requests(plan.dialect):
        await station.ask(request)
        await station.note(None, request.name)
    for evse, token in enumerate(TOKENS, 1):
        await station.charge(evse, token)
    await station.move(_SESSION_MS)
    await station.note("in a transaction on two EVSEs", "two sessions begin and are metered")
    if not plan.short:
        await _lose_connection(station)
    for evse, token in enumerate(TOKENS, 1):
        await station.end(evse, token)
    await station.note(AFTER, "two sessions end")
    if plan.frames:
        await station.chat(plan.frames)
        await station.note(f"after {plan.frames} messages", None)


async def _lose_connection(station: _Station) -> None:
    station.simulator.network.set_online(False)
    while (owed := await station.queued()) < QUEUED:
        await station.move(_UPDATED_S * 1000)
    await station.note(f"offline with {QUEUED} queued events", f"{QUEUED} events are queued")
    await station.connect(owed)
    await station.note(None, f"a reconnect with {QUEUED} queued events")


@contextlib.contextmanager
def _environment(plan: Plan) -> Iterator[None]:
    """Of the emulator's process."""
    wanted = {BUILT_VARIABLE: str(plan.built), HEAP_VARIABLE: str(plan.heap_bytes)}
    wanted[qemu.WATCH_VARIABLE] = "1" if plan.watched else ""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class _Simulator(Simulator):
    """Without a control interface; time moves when it is told to."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.pacer.requests = 1
        self.measured: asyncio.Future[list[int]] | None = None
        self.troubles: list[str] = []  # what the station says of its errors

    async def start(self) -> None:
        self.life.csms = list(self.config.csms)
        await self.life.open()
        self._spawn(self.life.boot())
        self._spawn(self.pacer.run())

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await self.life.close()
        await self.network.close()
        self.state_dir.close()

    def _on_line(self, line: dict) -> None:
        if "measured" in line:
            assert self.measured is not None
            self.measured.set_result(line["measured"])
            return
        if line.get("log", "").startswith("unhandled"):
            self.troubles.append(line["log"])
        super()._on_line(line)


class _Station:
    """The station, its server and what was measured."""

    def __init__(self, csms: Csms, plan: Plan, folder: Path) -> None:
        url = csms.url
        if plan.tls is not None:
            url = f"wss://{footprint_tls.HOST}:{csms.port}/ocpp"  # as its certificate names it
        config = Config(csms=(url,), ocpp=(f"ocpp{plan.dialect}",), state_dir=folder)
        config.target, config.speed = "qemu", None
        config.variables = ({"SampledDataCtrlr.TxUpdatedInterval": _UPDATED_S}, False)
        if plan.tls is not None:
            config.ca = plan.tls / "root.pem"
        self.simulator = _Simulator(config)
        self.csms = csms
        self.life = Life()
        self._dialect = plan.dialect
        self._watched = plan.watched
        self._ended: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Boot without a network."""
        self.simulator.network.set_online(False)
        await self.simulator.start()
        await self.simulator.life.running()
        self._ended = asyncio.create_task(self._end())
        await self._sure(self.simulator.state())

    async def stop(self) -> None:
        if self._ended is not None:
            self._ended.cancel()
        await self.simulator.stop()

    @property
    def record(self) -> Station:
        """What the server knows of the station."""
        return self.csms.stations[self.simulator.config.id]

    async def note(self, moment: str | None, peak: str | None) -> None:
        """Measure; the heap now is called `moment`, the peak since the last time `peak`.

        What it takes at rest is the least of a few, for a frame may be on its way.
        """
        heap = await self._sure(self._measure())
        if peak is not None and self._watched:
            self.life.peaks[peak] = heap.most
        if moment is not None:
            for _ in range(2):
                await self.move(1000)
                heap = min(heap, await self._sure(self._measure()), key=lambda heap: heap.used)
            self.life.moments[moment] = heap

    async def connect(self, owed: int) -> None:
        """The network is there; until the station is accepted and has told what it owes: at least
        so many events."""
        simulator, identity = self.simulator, self.simulator.config.id
        known = self.csms.stations.get(identity)
        connections = known.connections if known else 0
        calls = len(known.calls) if known else 0
        simulator.network.set_online(True)
        for _ in range(_TURNS):
            await self.move(_TURN_MS)
            known = self.csms.stations.get(identity)
            if known is not None and known.is_connected and known.connections > connections:
                break
        else:
            raise Failed("the station did not connect")
        await self.told(lambda: self.record.boot_status == "Accepted", "the boot")
        await self.told(lambda: len(self.record.calls) >= calls + owed, "what is owed")

    async def ask(self, request: messages.Request) -> None:
        """Send a request; until its answer, and all the reports it makes, are there."""
        if request.payload is None:
            await self._ask_raw(messages.text(request, self._dialect), request.refusal)
            return
        try:
            await self.call(request.action, request.payload)
        except CallError as error:
            raise Failed(f"{request.name}: {error}") from None
        if request.reports:
            number = request.payload["requestId"]
            await self.told(lambda: number in self.record.finished_reports, request.name)

    async def _ask_raw(self, text: str, refusal: str | messages.Payload | None) -> None:
        """Send a text that the server's own checks would not let through."""
        answers: list[list[Any]] = []

        def look(message: Message) -> None:
            if message.direction == "out" and message.frame[1] == messages.MESSAGE_ID:
                answers.append(message.frame)

        self.csms.observers.append(look)
        await self.csms.send_raw(self.simulator.config.id, text)
        await self.told(lambda: answers, "an answer")
        self.csms.observers.remove(look)
        if answers[0][2] != refusal:
            raise Failed(f"{json.loads(text)[2]} was answered with {answers[0][2]}")

    async def call(self, action: str, payload: dict[str, Any]) -> None:
        await self._sure(self.csms.call(self.simulator.config.id, action, payload, _STEP_S))

    async def told(self, predicate: Callable[[], _Result], what: str) -> _Result:
        return await self._sure(self.csms.wait_for(predicate, _STEP_S, what))

    async def move(self, interval_ms: int) -> None:
        await self._sure(self.simulator.pacer.move(interval_ms))

    async def queued(self) -> int:
        """How many transaction messages wait."""
        state = await self._sure(self.simulator.state())
        assert state is not None
        return state["queue"]["transaction_messages"]

    async def charge(self, evse: int, token: str) -> None:
        """Plug in and present a card; until the server knows the transaction."""
        count = len(self.record.transactions)
        self._act(evse, Ev())
        await self._present(evse, token)
        await self.told(lambda: len(self.record.transactions) > count, "a transaction")

    async def end(self, evse: int, token: str) -> None:
        count = len(self.record.sessions)
        await self._present(evse, token)
        await self.move(1000)
        self._act(evse, None)
        await self.move(1000)
        await self.told(lambda: len(self.record.sessions) > count, "the end of a transaction")

    async def chat(self, frames: int) -> None:
        """Exchange so many messages, of kinds that a server sends every day."""
        seen = [0]

        def count(_: object) -> None:
            seen[0] += 1

        self.csms.observers.append(count)
        number = 100  # of a report
        while seen[0] < frames:
            number += 1
            for request in messages.everyday(self._dialect, number):
                await self.ask(request)
            await self.move(1000)
        self.csms.observers.remove(count)

    def _act(self, number: int, ev: Ev | None) -> None:
        simulator = self.simulator
        evse = simulator.evses[number - 1]
        simulator.life.settle()
        evse.plugged, evse.ev = (None, None) if ev is None else (1, ev)
        simulator.life.settle()
        simulator.life.tell(evse)

    async def _present(self, evse: int, token: str) -> None:
        process = await self.simulator.life.running()
        process.send({"token": [token, "ISO14443", evse]})
        await self.move(1000)

    async def _measure(self) -> Heap:
        process = await self.simulator.life.running()
        self.simulator.measured = asyncio.get_running_loop().create_future()
        process.send({"measure": True})
        return Heap(*await asyncio.wait_for(self.simulator.measured, _STEP_S))

    async def _end(self) -> None:
        """Returns when the station has rebooted."""
        life = self.simulator.life
        process = life.process
        while life.process is process:
            await life.wait_changed(_STEP_S)

    async def _sure(self, step: Awaitable[_Result]) -> _Result:
        """What the step gives, unless the station ends before."""
        task = asyncio.ensure_future(step)
        assert self._ended is not None
        await asyncio.wait(
            (task, self._ended), timeout=_STEP_S, return_when=asyncio.FIRST_COMPLETED
        )
        if self._ended.done():
            task.cancel()
            why = self.simulator.troubles[-1:] or ["it died without a word"]
            raise Failed(f"the station rebooted: {why[0]}")
        if not task.done():
            task.cancel()
            raise Failed(f"the station did nothing for {_STEP_S} s")
        return task.result()
