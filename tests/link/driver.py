"""Drives a Link as the runtime does, but on time that is moved by hand: for both interpreters."""

import asyncio

from chargepoint.link.manager import Link

GUARD_S = 20  # of real time, for an event that does not come
SECOND = 1000


class Settings:
    """What a runtime reads from the device model."""

    def __init__(self, *urls):
        self.offered = ["ocpp2.0.1", "ocpp1.6"]
        self.urls: list[tuple] = [self.profile(url) for url in urls]
        self.identity = "CP 1"
        self.secret: bytes | None = None
        self.ping_s = 0
        self.connect_timeout_ms = 30 * SECOND
        self.message_limit = 2000
        self.tls_files = (None, None, None)

    def profile(self, url, security_profile=1):
        return url, security_profile, 0, self.offered

    def profiles(self):
        return self.urls

    def password(self):
        return self.secret

    def ping_interval_s(self):
        return self.ping_s

    def backoff(self):
        return 3, 0, 10

    def attempts(self):
        return 2


class Direct:
    """A network where every name is the loopback's."""

    async def resolve(self, host, port):
        return "127.0.0.1", port


class Hanging:
    """A network that never answers."""

    def __init__(self):
        self.asked = asyncio.Event()

    async def resolve(self, host, port):
        self.asked.set()
        await asyncio.Event().wait()
        return host, port


class Driver:
    """Runs a link as the runtime does, but on time that is moved by hand."""

    def __init__(self, settings, network=None):
        self.now: int = 0
        self.settings = settings
        self.woken = asyncio.Event()
        self.count = 0
        self.choice = ""
        self.link = Link(settings, network or Direct(), self.random_bytes, self.woken.set)
        self.events = []

    def random_bytes(self, count):
        self.count += 1
        return bytes([(self.count * 7 + n * 13) & 255 for n in range(count)])

    def step(self):
        """One pass of the runtime."""
        self.woken.clear()
        self.link.poll(self.now)
        while self.take():
            pass

    def take(self):
        """Whether there was an event; of a message it keeps a text in place of the view."""
        event = self.link.take()
        if event is not None:
            message = event[0] == "message"
            self.events.append((event[0], str(event[1], "utf-8")) if message else event)
        return event is not None

    async def until(self, kind):
        """Run until there is an event of this kind; returns what it says."""
        while True:
            self.step()
            for n, event in enumerate(self.events):
                if event[0] == kind:
                    del self.events[: n + 1]
                    return event[1]
            await asyncio.wait_for(self.woken.wait(), GUARD_S)

    async def until_true(self, condition):
        while True:
            self.step()
            if condition():
                return
            await asyncio.wait_for(self.woken.wait(), GUARD_S)

    def to_deadline(self):
        """Let time pass until the next deadline; returns how long that was."""
        at = self.link.next_deadline()
        assert at is not None
        passed = at - self.now
        self.now = at
        return passed

    def leap(self, interval_ms):
        """The clock leaps; returns how long it is to the next deadline."""
        self.now += interval_ms
        self.link.put_off(interval_ms)
        self.step()
        at = self.link.next_deadline()
        assert at is not None
        return at - self.now


async def connected(url, **changes):
    driver = Driver(Settings(url))
    for name in changes:
        setattr(driver.settings, name, changes[name])
    driver.choice = await driver.until("connected")
    return driver


async def finish(driver):
    driver.link.close(1000, "done")
    assert await driver.until("disconnected") == "closed by the station"
