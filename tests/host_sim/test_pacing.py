"""When time jumps, how far, and when it must not."""

import asyncio

from host_sim import pacing
from host_sim.clock import WorldClock
from host_sim.network import Network
from host_sim.pacing import Pacer
from host_sim.world import Ev, Evse


class Process:
    def __init__(self):
        self.lines = []

    @property
    def sent(self):
        return len(self.lines)

    def send(self, line):
        self.lines.append(line)


class Life:
    """A station that is told things, and says what a test lets it say."""

    def __init__(self, clock, evses):
        self.process: Process | None = Process()
        self.power_on = True
        self.boot_ms = 0
        self.watched = False
        self.changed = asyncio.Event()
        self._clock, self._evses = clock, evses

    def note_change(self):
        self.changed.set()

    async def wait_changed(self, timeout_s):
        self.changed.clear()
        try:
            await asyncio.wait_for(self.changed.wait(), timeout_s)
        except TimeoutError:
            return

    def watch(self, on):
        self.watched = on
        assert self.process is not None
        self.process.send({"watch": on})

    def settle(self):
        for evse in self._evses:
            evse.settle(self._clock.now())

    def tell_news(self):
        self.settle()


def made(speed, charging=False):
    clock = WorldClock(speed)
    evse = Evse(1, 3, 32, 1)
    if charging:
        evse.plugged, evse.ev = 1, Ev(battery_kwh=36, soc=10, max_kw=3.6)
        evse.closed, evse.offered_ma = True, 32000
        evse.settle(0)
    life, network = Life(clock, [evse]), Network(clock)
    saved = []
    pacer = Pacer(clock, [evse], network, life, lambda: saved.append(clock.now()))  # pyright: ignore[reportArgumentType]
    return clock, evse, life, network, pacer, saved


def idle(pacer, life, deadline, settled=True, seen=None):
    pacer.take_idle(
        {"idle": deadline, "settled": settled, "seen": life.process.sent if seen is None else seen}
    )


def jumps(life):
    return [line["advance"] for line in life.process.lines if "advance" in line]


def test_virtual_time_jumps_to_the_station_s_deadline():
    clock, _, life, _, pacer, _ = made(None)
    assert life.watched
    idle(pacer, life, 60_000)
    assert clock.now() >= 60_000 and len(jumps(life)) == 1


def test_it_jumps_to_the_world_s_event_if_that_is_earlier_and_keeps_the_register():
    clock, evse, life, _, pacer, saved = made(None, charging=True)
    idle(pacer, life, 3_600_000)
    assert 360_000 <= clock.now() < 400_000  # one percent of the battery
    assert evse.ev.soc_percent == 11 and len(saved) == 1


def test_it_does_not_jump_while_something_is_awaited_or_handled():
    clock, _, life, network, pacer, _ = made(None)
    idle(pacer, life, 60_000, settled=False)
    idle(pacer, life, 60_000, seen=-1)  # it has not seen all yet
    pacer.requests = 1
    idle(pacer, life, 60_000)
    pacer.requests = 0
    network.in_flight = 1
    idle(pacer, life, 60_000)
    network.in_flight = 0
    idle(pacer, life, None)  # nothing will ever be due
    assert clock.now() < 60_000 and jumps(life) == []


def test_time_at_a_fixed_speed_does_not_jump_by_itself():
    clock, _, life, _, pacer, _ = made(60)
    idle(pacer, life, 10**9)
    assert jumps(life) == [] and not life.watched


def test_a_move_stops_at_each_deadline_on_the_way():
    async def test():
        clock, _, life, _, pacer, _ = made(2)
        move = asyncio.create_task(pacer.move(100_000))
        for deadline in (30_000, 60_000, None, None):
            before = len(jumps(life))
            await asyncio.sleep(0)
            idle(pacer, life, deadline)
            while len(jumps(life)) == before and not move.done():
                await asyncio.sleep(0)
        await move
        assert clock.now() >= 100_000 and not life.watched
        assert len(jumps(life)) == 3

    asyncio.run(test())


def test_a_move_does_not_wait_for_an_answer_that_can_not_come(monkeypatch):
    async def test():
        clock, _, life, network, pacer, _ = made(None)
        monkeypatch.setattr(type(network), "is_silent", True)
        monkeypatch.setattr(pacing, "_GRACE_S", 3600)
        idle(pacer, life, 30_000, settled=False)
        move = asyncio.create_task(pacer.move(20_000))
        await asyncio.sleep(0)
        assert jumps(life)
        idle(pacer, life, 30_000, settled=False)
        await move
        assert clock.now() >= 20_000

    asyncio.run(test())


def test_a_move_waits_for_a_station_that_is_at_work_longer_than_for_an_answer(monkeypatch):
    async def test():
        clock, _, life, _, pacer, _ = made(None)
        monkeypatch.setattr(pacing, "_GRACE_S", 0)
        move = asyncio.create_task(pacer.move(20_000))
        for _ in range(10):
            await asyncio.sleep(0)
        assert jumps(life) == []
        idle(pacer, life, None)
        while not jumps(life):
            await asyncio.sleep(0)
        for _ in range(10):
            await asyncio.sleep(0)
        assert not move.done()  # the time has moved, and the station has not yet done what is due
        idle(pacer, life, None, settled=False)
        await move
        assert clock.now() >= 20_000

    asyncio.run(test())


def test_a_move_without_a_station_is_one_step():
    async def test():
        clock, _, life, _, pacer, _ = made(None)
        life.process, life.power_on = None, False
        await pacer.move(86_400_000)
        assert clock.now() >= 86_400_000

    asyncio.run(test())


def test_a_deadline_that_has_passed_is_left_to_the_station():
    clock, _, life, _, pacer, _ = made(None)
    clock.advance(1000)
    idle(pacer, life, 500)
    assert jumps(life) == [] and pacer._said_idle() is None
