"""Time of a simulated station: real, at another speed, or jumping from deadline to deadline.

The world's clock is the master. At a fixed speed the station's process simply reads the same
clock. With `--speed max` it says when it is idle and until when; then time jumps to that moment
or to the world's next event, whichever comes first, unless a control request is being handled.
An answer of the server that is outstanding keeps the station from being idle, so time runs as it
is meanwhile. `move` goes forward at any speed, stopping at the same moments.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from host_sim.clock import WorldClock, monotonic_ms
from host_sim.network import Network
from host_sim.station_life import StationLife
from host_sim.world import Evse

_GRACE_S = 2  # how long a clock move waits for an answer, which may come, before it goes on
_BUSY_S = 20  # and so long for a station that works or boots, on a machine that is busy


@dataclass
class _Idle:
    """What the station said before it began to wait."""

    boot_ms: int  # of the life that said it
    deadline: int | None  # ms of the world's clock
    settled: bool  # nothing is awaited from outside
    seen: int  # lines it had received


class Pacer:
    """write_meters: keeps the registers, before the station can tell anyone what they show."""

    def __init__(
        self,
        clock: WorldClock,
        evses: list[Evse],
        network: Network,
        life: StationLife,
        write_meters: Callable[[], None],
    ) -> None:
        self.requests = 0  # control requests being handled
        self._clock = clock
        self._evses = evses
        self._network = network
        self._life = life
        self._write_meters = write_meters
        self._idle: _Idle | None = None
        self._moving = asyncio.Lock()
        life.watched = clock.speed is None

    def take_idle(self, line: dict) -> None:
        """The station's line that it is idle."""
        deadline = line["idle"]
        if deadline is not None:
            deadline += self._life.boot_ms
        self._idle = _Idle(self._life.boot_ms, deadline, line["settled"], line["seen"])
        self._life.note_change()
        if self._clock.speed is None:
            self._jump_if_idle()

    async def move(self, interval_ms: int) -> None:
        """Go forward, stopping at every deadline on the way."""
        async with self._moving:
            target = self._clock.now() + interval_ms
            if self._clock.speed is not None:
                self._idle = None
                self._life.watch(True)
            try:
                while self._clock.now() < target:
                    deadline = await self._idle_deadline()
                    self._jump(min([target, *self._moments(deadline)]))
                await self._idle_deadline()
            finally:
                if self._clock.speed is not None:
                    self._life.watch(False)

    async def run(self) -> None:
        """Batteries fill up, in real or scaled time; in virtual time too, when it can't jump."""
        changed = self._life.changed
        while True:
            changed.clear()
            self._life.tell_news()
            if self._clock.speed is None:
                self._jump_if_idle()
            event = self._next_event_ms()
            wait_s = None
            if event is not None:
                wait_s = max(0.001, self._clock.real_s(event - self._clock.now()))
            try:
                await asyncio.wait_for(changed.wait(), wait_s)
            except TimeoutError:
                continue

    def _said_idle(self) -> _Idle | None:
        """What the station has said, if nothing was sent to it since."""
        process, idle = self._life.process, self._idle
        if process is None or idle is None or idle.boot_ms != self._life.boot_ms:
            return None
        return idle if idle.seen == process.sent else None

    def _next_event_ms(self) -> int | None:
        events = [evse.next_event_ms() for evse in self._evses]
        return min((event for event in events if event is not None), default=None)

    def _moments(self, deadline: int | None) -> list[int]:
        return [moment for moment in (deadline, self._next_event_ms()) if moment is not None]

    def _jump_if_idle(self) -> None:
        """The virtual clock: nothing is awaited, so the next thing may happen now."""
        idle = self._said_idle()
        if idle is None or not idle.settled:
            return
        if self.requests or self._moving.locked() or self._network.in_flight:
            return
        moments = self._moments(idle.deadline)
        if moments:
            self._jump(min(moments))

    def _jump(self, moment: int) -> None:
        """Move the clock to `moment`, and let what is due in the world happen."""
        interval_ms = moment - self._clock.now()
        idle = self._said_idle()
        self._idle = None  # it acts now, also if the moment has passed meanwhile
        if interval_ms > 0:
            self._clock.advance(interval_ms)
            if any(evse.power_w for evse in self._evses):
                self._life.settle()
                self._write_meters()
            if self._life.process is not None:
                settled = idle is not None and idle.settled
                self._life.process.send({"advance": interval_ms, "settled": settled})
        self._life.tell_news()

    async def _idle_deadline(self) -> int | None:
        """Wait until the station is idle; its next deadline. Answers have only a while to come."""
        latency_s = self._clock.real_s(self._network.latency_ms)
        begun = monotonic_ms()
        while self._life.process is not None or self._life.power_on:
            idle = self._said_idle()
            patience_s = _BUSY_S if idle is None else _GRACE_S + 4 * latency_s
            wait_s = patience_s - (monotonic_ms() - begun) / 1000
            if idle is not None and (idle.settled or wait_s <= 0 or self._network.is_silent):
                return idle.deadline
            if wait_s <= 0:
                return None
            await self._life.wait_changed(wait_s)
        return None
