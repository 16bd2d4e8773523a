"""A runtime whose peer never stops sending, while a fault is raised: for both interpreters.

The station's time is driven by its work, as on a slow chip: each byte it reads and each frame it
takes costs some of it. So the time from the fault to the open contactor does not depend on the
machine that tests, and a loop that does not let the others run is one in which time goes by.
"""

import asyncio

from chargepoint import modules
from chargepoint.compat import MICROPYTHON
from chargepoint.hal.hardware import Hardware
from chargepoint.hal.sim import MemoryStore, SimEvse
from chargepoint.link import stream
from chargepoint.link.manager import Link as RealLink
from chargepoint.runtime import Runtime
from tests.link.driver import Direct
from tests.link.driver import Settings as LinkSettings
from tests.ota.downloads import Station as Downloading
from tests.test_runtime import Link as NoLink
from tests.test_runtime import Settings, Station

BYTE_US = 50
FRAME_US = 1000
FAULT_US = 300000  # of work with the flood, before the fault is raised
ALLOWED_US = 100000
GUARD_S = 20  # of real time, for what does not come


class Charging(Station):
    """What a runtime needs of a station, which has just closed its contactor."""

    def __init__(self, store, world):
        super().__init__(store)
        self.world = world
        self.to_do = [("contactor", 1, True)]

    def fault(self, evse_id, connector_id, code, active, now):
        self.notes.append(code)

    def oversized(self, beginning, now):
        self.world.look()

    def receive(self, text, now):
        super().receive(str(text, "utf-8"), now)
        self.world.look()


class World:
    """A station that charges; its clock goes by what it does."""

    def __init__(self, make_link=NoLink, awaited=None):
        if MICROPYTHON:
            modules.keep()  # else they are compiled anew at each read, which takes real time
        self.us = 0
        self.raised_us: int | None = None
        self.opened_us: int | None = None
        self.awaited = awaited  # a message of the server without which it is not over
        self.over = asyncio.Event()
        self.evse = SimEvse(self.look)
        self.evse.pilot.connector_id, self.evse.pilot.pilot_state = 1, "C"
        self.station = Charging(MemoryStore().boot(), self)
        hardware = Hardware((self.evse,))
        self.runtime = Runtime(self.station, hardware, self, Settings(), make_link)

    def now(self) -> int:
        return self.us // 1000

    def real_ms(self, interval_ms: int) -> int:
        return interval_ms

    def spend(self, cost_us: int) -> None:
        """Some work is done. The fault comes in the midst of it, as its interrupt would."""
        self.us += cost_us
        if self.raised_us is None and self.us >= FAULT_US:
            assert self.evse.contactor.closed()
            self.raised_us = self.us
            self.evse.faults.set(0, "GroundFailure", True)
            self.runtime.wake()
        if self.raised_us is not None and self.opened_us is None:
            if self.us > self.raised_us + ALLOWED_US:
                self.over.set()
                raise AssertionError("the contactor is still closed")

    def look(self) -> None:
        """Something has happened."""
        if self.raised_us is not None and not self.evse.contactor.closed():
            if self.opened_us is None:
                self.opened_us = self.us  # in time, or `spend` would have said so
            if self.awaited is None or ("receive", self.awaited) in self.station.notes:
                self.over.set()

    async def run(self) -> None:
        """Until the contactor has opened."""
        plain = stream.Stream.readinto

        async def readinto(*stream_and_view):
            count = await plain(*stream_and_view)
            self.spend(count * BYTE_US)
            return count

        stream.Stream.readinto = readinto  # pyright: ignore[reportAttributeAccessIssue]
        task = asyncio.create_task(self.runtime.run())
        try:
            await asyncio.wait_for(self.over.wait(), GUARD_S)
        finally:
            stream.Stream.readinto = plain
            self.runtime.link.enabled = False
            self.runtime.link.drop()
            self.runtime.stopping = True
            self.runtime.wake()
            await task
        assert self.opened_us is not None and "GroundFailure" in self.station.notes


async def flooded(url, kind, roots, awaited=None):
    settings = LinkSettings()
    settings.urls = [settings.profile(url + "/" + kind)]
    settings.tls_files = (roots or None, None, None)
    world: World

    def make_link(wake):
        link = RealLink(settings, Direct(), lambda count: bytes(count), wake)
        plain = link._receiver._header

        def header(have):
            world.spend(FRAME_US)
            return plain(have)

        link._receiver._header = header
        return link

    world = World(make_link, awaited)
    await world.run()


async def scenario_pongs(good, bad, roots=""):
    await flooded(good, "pongs", roots)


async def scenario_pings(good, bad, roots=""):
    await flooded(good, "pings", roots, "ponged")


async def scenario_fragments(good, bad, roots=""):
    await flooded(good, "fragments", roots)


async def scenario_skipped(good, bad, roots=""):
    await flooded(good, "skipped", roots)


async def scenario_header(good, bad, roots=""):
    await flooded(good, "header", roots)


async def downloading(location, roots):
    world = World()
    station = Downloading(tls_files=(roots or None, None, None), room=6)
    station.updater.fetch(location, True)
    try:
        await world.run()
    finally:
        station.updater.stop()


async def scenario_http_header(good, bad, roots=""):
    await downloading(good.replace("ws", "http", 1) + "/header", roots)


async def scenario_http_body(good, bad, roots=""):
    await downloading(good.replace("ws", "http", 1) + "/body", roots)


async def scenario_http_chunks(good, bad, roots=""):
    await downloading(good.replace("ws", "http", 1) + "/chunks", roots)


async def scenario_ftp_replies(good, bad, roots=""):
    await downloading(bad.replace("wss", "ws").replace("ws", "ftp", 1) + "/x", "")
