"""A station that downloads, with a real connection and a clock that stands. Both interpreters.

micropython tests/ota/downloads.py LOCATION [ROOTS [once]]    fetch it, if the link breaks again
"""

import asyncio
import sys
from hashlib import sha256

from chargepoint.hal.sim import MemoryStore
from chargepoint.link.dns import Resolver
from chargepoint.ota import progress, slots
from chargepoint.ota.updater import Updater
from tests.ota.test_installation import World
from tests.support import images

CONTENT = images.payload(2, 70000)
FILE = images.header(CONTENT, counter=6, version="1.1.0") + CONTENT
SIGNATURE = "X-Amz-Signature=" + "0123456789abcdef" * 120  # as a store of files signs its URLs
GUARD_S = 30  # of real time, for what does not come
KEYS = b"CPK\x01\x03" + images.PUBLIC


class Station:
    """An updater, and what it can't do without."""

    def __init__(self, sector_bytes: int = 4096, tls_files=(None, None, None), room: int = 20):
        self.world = World(sector_bytes, sectors=room)
        self.store = MemoryStore()
        self.tls_files = tls_files
        self.boot()

    def boot(self) -> None:
        """The same flash and store after a reboot."""
        places = self.world.places(0)
        places.update_keys = KEYS
        network = Resolver(lambda count: bytes(count))
        self.updater = Updater(places, self.store, network, self.tls_files)
        self.woken = asyncio.Event()
        self.updater.wake = self.woken.set

    async def news(self) -> tuple:
        while not self.updater.news:
            self.woken.clear()
            await asyncio.wait_for(self.woken.wait(), GUARD_S)
        found = self.updater.take()
        assert found is not None
        return found

    async def fetch(self, location: str, fresh: bool = False) -> tuple:
        self.updater.fetch(location, fresh)
        return await self.news()

    async def install(self):
        self.updater.run(self.updater.install())
        kind, value = await self.news()
        assert kind == "ran"
        return value

    def written(self) -> int:
        found = progress.load(self.store)
        return found.written if found else -1


def fetched(data: bytes = FILE):
    return "fetched", sha256(data).digest()


def is_trial(station: Station) -> bool:
    return station.world.states() == [slots.CONFIRMED, slots.TRIAL]


def play(coroutine) -> None:
    asyncio.run(coroutine)


async def fetch_all(location: str, roots: str = "", once: str = "") -> None:
    """Attempts until it is there; prints what became of each. Now and then it restarts."""
    station = Station(tls_files=(roots or None, None, None))
    location = location.replace("SIGNATURE", SIGNATURE)
    result = await station.fetch(location)
    count = 0
    while result[0] == "failed" and result[2]:
        count += 1
        print(result[1])
        if once:
            return
        if count % 3 == 0:
            station.boot()
        result = await station.fetch(location)
    print(result == fetched(), await station.install() if result[0] == "fetched" else result)


if __name__ == "__main__":
    asyncio.run(fetch_all(*sys.argv[1:]))
