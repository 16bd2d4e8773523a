"""What a Link goes through with a server, one function each, for both interpreters.

    micropython tests/link/scenarios.py NAME PORT PORT [FILES]

The two ports are of the servers in tests/link/servers.py: a real one, and one that misbehaves by
the path asked for. Time is an integer that the scenario moves by hand; what happens is awaited.
"""

import asyncio
import sys

from chargepoint.link import manager
from chargepoint.link.dns import Resolver
from chargepoint.link.manager import Link

GUARD_S = 20  # of real time, for an event that does not come
SECOND = 1000


class Settings:
    """What a runtime reads from the device model."""

    def __init__(self, *urls):
        self.urls = [(url, 1) for url in urls]
        self.identity = "CP 1"
        self.subprotocols = ["ocpp2.0.1", "ocpp1.6"]
        self.password: bytes | None = None
        self.ping_interval_s = 0
        self.connect_timeout_ms = 30 * SECOND
        self.message_limit = 2000
        self.backoff = (3, 0, 10)
        self.attempts = 2
        self.tls_files = (None, None, None)

    def profiles(self):
        return self.urls


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
        self.link = Link(settings, network or Direct(), self.random_bytes, self.woken)
        self.events = []

    def random_bytes(self, count):
        self.count += 1
        return bytes([(self.count * 7 + n * 13) & 255 for n in range(count)])

    def step(self):
        """One pass of the runtime."""
        self.woken.clear()
        self.link.poll(self.now)
        event = self.link.take()
        while event is not None:
            self.events.append(event)
            event = self.link.take()

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


async def connected(url, **changes):
    driver = Driver(Settings(url))
    for name in changes:
        setattr(driver.settings, name, changes[name])
    driver.choice = await driver.until("connected")
    return driver


async def finish(driver):
    driver.link.close(1000, "done")
    assert await driver.until("disconnected") == "closed by the station"


# The handshake


async def scenario_choice(good, bad):
    for name in ("ocpp1.6", "ocpp2.0.1"):
        driver = await connected(good + "/only-" + name)
        assert driver.choice == name
        assert driver.link.state == manager.OPEN and not driver.link.busy
        await finish(driver)


async def scenario_credentials(good, bad):
    await finish(await connected(good + "/password", password=b"gr\xc3\xbcn"))
    driver = Driver(Settings(good + "/password"))
    driver.settings.password = b"wrong"
    assert "401" in await driver.until("failed")


async def scenario_refusals(good, bad):
    table = (
        (good + "/status-401", "401"),
        (good + "/status-403", "403"),
        (good + "/status-404", "404"),
        (good + "/status-302", "redirects are not followed (to ws://127.0.0.1:1/elsewhere)"),
        (good + "/status-500", "500"),
        (good + "/only-ocpp9.9", "none of the subprotocols"),
        (bad + "/wrong-accept", "wrong Sec-WebSocket-Accept"),
        (bad + "/wrong-choice", "not offered"),
        (bad + "/extension", "extension"),
        (bad + "/garbage", "does not speak HTTP"),
        (bad + "/endless", "too long"),
        (bad + "/half-a-response", "closed the connection"),
        (bad + "/goodbye", "closed the connection"),
        ("ftp://127.0.0.1/", "must begin with ws://"),
        ("wss://127.0.0.1/", "no root certificate"),
    )
    for url, why in table:
        driver = Driver(Settings(url))
        assert why in await driver.until("failed"), url
        assert driver.link.state == manager.WAITING and driver.events == []


async def scenario_security_profile_needs_tls(good, bad):
    driver = Driver(Settings())
    driver.settings.urls = [(good + "/echo", 2)]
    assert "needs a wss:// URL" in await driver.until("failed")


async def scenario_silence_in_the_handshake(good, bad):
    driver = Driver(Settings(bad + "/silence"))
    driver.settings.connect_timeout_ms = 7 * SECOND
    driver.step()
    assert driver.link.state == manager.CONNECTING and driver.link.busy
    while driver.link._phase != "upgrade":
        await asyncio.sleep(0)
    driver.now = 7 * SECOND - 1
    driver.step()
    assert driver.events == [] and driver.link.next_deadline() == 7 * SECOND
    driver.to_deadline()
    assert await driver.until("failed") == "no answer: upgrade"
    assert driver.to_deadline() == 10 * SECOND


async def scenario_a_name_that_nobody_answers(good, bad):
    network = Hanging()
    driver = Driver(Settings("ws://csms.example/"), network)
    driver.step()
    await network.asked.wait()
    driver.to_deadline()
    assert await driver.until("failed") == "no answer: name"


async def scenario_nobody_listens(good, bad):
    driver = Driver(Settings("ws://127.0.0.1:1/"))
    waits = []
    for _ in range(6):
        await driver.until("failed")
        waits.append(driver.to_deadline())
    assert waits == [10000, 20000, 40000, 80000, 80000, 80000]  # RetryBackOff


async def scenario_frames_right_behind_the_response(good, bad):
    driver = await connected(bad + "/early")
    assert await driver.until("message") == "early bird"
    driver.link.drop()
    await driver.until("disconnected")


# Messages


async def scenario_echo(good, bad):
    driver = await connected(good + "/echo")
    for size in (0, 1, 125, 126, 1023, 1024, 1025, 2000):
        text = ("\u20ac" + "x" * size)[: size + 1][:1990]
        assert driver.link.send(text)
        assert await driver.until("message") == text
    pieces = ["%d," % n for n in range(300)]
    assert driver.link.send(iter(pieces))
    assert await driver.until("message") == "".join(pieces)
    assert driver.link.state == manager.OPEN
    await finish(driver)
    assert not driver.link.send("too late")


async def scenario_many_in_both_directions(good, bad):
    driver = await connected(good + "/echo")
    sent = 0
    received = 0
    while received < 200:
        while sent < 200 and driver.link.send("message %d" % sent):
            sent += 1
        driver.step()
        for event in driver.events:
            assert event == ("message", "message %d" % received)
            received += 1
        driver.events.clear()
        if received < 200:
            await asyncio.wait_for(driver.woken.wait(), GUARD_S)
    await finish(driver)


async def scenario_a_flood_is_held_back(good, bad):
    driver = await connected(good + "/flood")
    for n in range(300):
        assert len(driver.link._events) <= 4
        while not driver.events:
            driver.woken.clear()
            driver.link.poll(driver.now)
            event = driver.link.take()
            if event is not None:
                driver.events.append(event)
            else:
                await asyncio.wait_for(driver.woken.wait(), GUARD_S)
        assert driver.events.pop(0) == ("message", "flood %d" % n)
    await finish(driver)


async def scenario_oversized(good, bad):
    driver = await connected(good + "/oversized", message_limit=2000)
    head = await driver.until("oversized")
    assert head.startswith('[2,"id-1","DataTransfer"') and 62 <= len(head.encode()) <= 64
    assert await driver.until("message") == "after"
    driver.link.send("still here")
    assert await driver.until("message") == "still here"
    await finish(driver)


async def scenario_bad_frames(good, bad):
    table = (
        (good + "/binary", "protocol error: 1003"),
        (bad + "/bad-utf8", "protocol error: 1007"),
        (bad + "/masked", "protocol error: 1002"),
        (bad + "/too-large", "protocol error: 1009"),
    )
    for url, why in table:
        driver = await connected(url)
        assert (await driver.until("disconnected")).startswith(why), url
        assert driver.to_deadline() == 10 * SECOND


# Watching


async def scenario_pings_of_the_server_are_answered(good, bad):
    driver = await connected(good + "/pings-me")
    assert await driver.until("message") == "got three pongs"
    await finish(driver)


async def scenario_pings_between_the_parts_of_a_long_message(good, bad):
    driver = await connected(good + "/pings-me-later")
    answered = []

    def until_answered():
        while not answered:
            yield "piece,"

    driver.link.send(until_answered())
    assert await driver.until("message") == "got a pong"
    answered.append(True)
    assert await driver.until("message") == "whole"
    await finish(driver)


async def scenario_own_pings(good, bad):
    driver = await connected(good + "/echo", ping_interval_s=60)
    driver.step()
    for n in range(1, 4):
        assert driver.to_deadline() == 60 * SECOND
        driver.step()
        assert driver.link.busy
        await driver.until_true(lambda: not driver.link.busy)
        assert driver.link._ping == n
    driver.settings.ping_interval_s = 0
    driver.step()
    assert driver.link.next_deadline() is None
    driver.now += 3600 * SECOND
    driver.step()
    assert driver.link._ping == 3 and not driver.link.busy
    await finish(driver)


async def scenario_half_open(good, bad):
    driver = await connected(bad + "/half-open", ping_interval_s=60)
    driver.step()
    assert driver.to_deadline() == 60 * SECOND
    driver.step()
    assert driver.to_deadline() == 15 * SECOND
    assert await driver.until("disconnected") == "no pong"
    assert driver.to_deadline() == 10 * SECOND


async def scenario_a_pong_of_another_ping_does_not_count(good, bad):
    driver = await connected(bad + "/wrong-pong", ping_interval_s=60)
    driver.step()
    driver.to_deadline()
    driver.step()
    assert await driver.until("message") == "ponged"
    driver.to_deadline()
    assert await driver.until("disconnected") == "no pong"


async def scenario_the_server_takes_no_data(good, bad):
    driver = await connected(bad + "/stall")

    def endless():
        while True:
            yield "x" * 1000

    assert driver.link.send(endless())
    done = -1
    while driver.link._progress != done:  # until the network's buffers are full
        done = driver.link._progress
        for _ in range(50):
            await asyncio.sleep(0)
    for _ in range(16):
        driver.link.send("more")
    assert not driver.link.send("more than is kept")
    driver.step()
    assert driver.link.busy
    assert driver.to_deadline() == 30 * SECOND
    while driver.link.state == manager.OPEN:  # a little may still have gone out
        driver.step()
        driver.now += 30 * SECOND
    assert await driver.until("disconnected") == "the server takes no data"


# The end


async def scenario_closed_by_the_server(good, bad):
    driver = await connected(good + "/close-1012")
    assert await driver.until("disconnected") == "closed by the server: 1012 restart"
    assert driver.to_deadline() == 10 * SECOND
    assert await driver.until("connected")  # and again, after the wait
    assert await driver.until("disconnected")
    assert driver.to_deadline() == 10 * SECOND  # a success resets the back-off


async def scenario_cut_by_the_server(good, bad):
    driver = await connected(bad + "/cut")
    assert (await driver.until("disconnected")).startswith("connection lost")


async def scenario_close(good, bad):
    driver = await connected(good + "/report-close")
    driver.link.send("last words")
    driver.link.close(1001, "rebooting", 0)
    assert driver.link.busy
    assert await driver.until("disconnected") == "closed by the station"
    assert not driver.link.busy or driver.link.state == manager.CONNECTING
    assert driver.link.profile[0].endswith("close")
    assert await driver.until("connected")  # at once: wait_ms was 0
    driver.link.enabled = False
    await finish(driver)
    assert driver.link.next_deadline() is None
    driver.now += 3600 * SECOND
    driver.step()
    assert driver.link.state == manager.WAITING


async def scenario_a_close_that_is_not_answered(good, bad):
    driver = await connected(bad + "/half-open")
    driver.link.close()
    driver.step()
    assert driver.link.state == manager.CLOSING and driver.link.busy
    assert driver.to_deadline() == 5 * SECOND
    assert await driver.until("disconnected") == "closed by the station"


async def scenario_drop(good, bad):
    driver = await connected(good + "/echo")
    driver.link.drop()
    assert await driver.until("disconnected") == "dropped by the station"
    driver.to_deadline()
    driver.step()
    driver.link.close()
    assert await driver.until("failed") == "dropped by the station"
    driver.link.drop()  # nothing to drop
    driver.link.close()
    driver.step()
    assert driver.events == []


async def scenario_an_error_of_ours_is_raised_by_poll(good, bad):
    driver = await connected(good + "/echo")

    def broken():
        yield "x"
        raise KeyError("our mistake")

    driver.link.send(broken())
    try:
        await driver.until("disconnected")
    except KeyError:
        assert driver.link.state == manager.WAITING
        assert driver.link.take() == ("disconnected", "internal error")
        return
    raise AssertionError("the error was swallowed")


# Network profiles


async def scenario_B10_FR_03_profiles_in_turn(good, bad):
    driver = Driver(Settings("ws://127.0.0.1:1/a", good + "/status-404", good + "/echo"))
    tried = []
    for _ in range(4):
        await driver.until("failed")
        tried.append(driver.link.profile[0][-2:])
        driver.to_deadline()
    assert tried == ["/a", "/a", "04", "04"]
    assert await driver.until("connected")
    assert driver.link.turns.last_good == (good + "/echo", 1)
    driver.link.drop()
    await driver.until("disconnected")
    driver.to_deadline()
    await driver.until("failed")
    assert driver.link.profile[0][-2:] == "/a"  # from the first again


async def scenario_no_profile_at_all(good, bad):
    driver = Driver(Settings())
    driver.step()
    assert driver.link.state == manager.WAITING and driver.link.next_deadline() == 10 * SECOND
    driver.settings.urls = [(good + "/echo", 1)]
    driver.to_deadline()
    await driver.until("connected")
    await finish(driver)


# TLS: the files are root certificates, the station's certificate and key; the second port's server
# asks for the station's certificate, the first one's is for "localhost" only


def tls_driver(url, profile, files):
    driver = Driver(Settings())
    driver.settings.urls = [(url, profile)]
    driver.settings.tls_files = files
    return driver


async def scenario_tls(good, bad, roots, certificate, key, other_roots):
    for profile in (1, 2):
        driver = tls_driver(good + "/echo", profile, (roots, None, None))
        await driver.until("connected")
        driver.link.send("x" * 1900)
        assert await driver.until("message") == "x" * 1900
        driver.link.send(iter(["piece"] * 300))
        assert await driver.until("message") == "piece" * 300
        await finish(driver)


async def scenario_tls_wrong_root(good, bad, roots, certificate, key, other_roots):
    driver = tls_driver(good + "/echo", 2, (other_roots, None, None))
    assert await driver.until("security") == "InvalidCsmsCertificate"
    assert driver.events[0][0] == "failed"
    driver.events.clear()
    driver.to_deadline()
    await driver.until("failed")
    assert driver.events == []  # told once


async def scenario_tls_wrong_name(good, bad, roots, certificate, key, other_roots):
    url = good.replace("localhost", "csms.example")
    driver = tls_driver(url + "/echo", 2, (roots, None, None))
    assert await driver.until("security") == "InvalidCsmsCertificate"


async def scenario_tls_no_certificate(good, bad, roots, certificate, key, other_roots):
    driver = tls_driver(good + "/echo", 3, (roots, None, None))
    assert "no certificate of the charging station" in await driver.until("failed")
    driver = tls_driver(bad + "/echo", 2, (roots, None, None))
    await driver.until("failed")  # the server wants to see one


async def scenario_tls_bad_files(good, bad, roots, certificate, key, other_roots):
    for files in (("no/such.pem", None, None), (__file__, None, None), (roots, key, roots)):
        driver = tls_driver(good + "/echo", 3 if files[1] else 2, files)
        assert (await driver.until("failed")).startswith("settings: ")
        assert driver.events == []


async def scenario_tls_untrusted(good, bad, roots, certificate, key, other_roots):
    driver = tls_driver(good + "/echo", 2, (roots, None, None))
    assert await driver.until("security") == "InvalidCsmsCertificate"


async def scenario_tls_version(good, bad, roots, certificate, key, other_roots):
    driver = tls_driver(good + "/echo", 2, (roots, None, None))
    await driver.until("failed")
    assert driver.link.state == manager.WAITING


async def scenario_tls_silence(good, bad, roots, certificate, key, other_roots):
    driver = tls_driver(bad + "/silence", 2, (roots, None, None))  # a server without TLS
    driver.step()
    while driver.link._phase == "settings":
        await asyncio.sleep(0)
    driver.to_deadline()
    assert (await driver.until("failed")).startswith("no answer: ")


async def scenario_tls_mutual(good, bad, roots, certificate, key, other_roots):
    driver = tls_driver(bad + "/echo", 3, (roots, certificate, key))
    await driver.until("connected")
    driver.link.send("known by my certificate")
    assert await driver.until("message") == "known by my certificate"
    await finish(driver)


# Names, asked of the name server in tests/link/test_resolver.py at the first port


def resolver(url):
    return Resolver(
        lambda n: b"\x12\x34\x56"[:n], [("127.0.0.1", int(url.rpartition(":")[2]))], 80
    )


async def scenario_names(good, bad):
    names = resolver(good)
    assert await names.resolve("simple.example", 80) == ("10.0.0.1", 80)
    assert await names.resolve("second-try.example", 81) == ("10.0.0.2", 81)
    assert await names.resolve("after-a-forgery.example", 82) == ("10.0.0.3", 82)
    assert await names.resolve("LOCALHOST", 83) == ("127.0.0.1", 83)
    assert await names.resolve("192.0.2.7", 84) == ("192.0.2.7", 84)
    assert await names.resolve("::1", 85) == ("::1", 85)
    found = []
    for _ in range(4):
        found.append((await names.resolve("several.example", 86))[0])
    assert sorted(found) == ["10.0.1.1", "10.0.1.1", "10.0.1.2", "10.0.1.2"]


async def scenario_names_not_found(good, bad):
    for name in ("missing", "broken", "refused", "silent", "a..b", "x" * 70):
        try:
            await resolver(good).resolve(name + ".example", 80)
        except OSError as error:
            assert "no address" in str(error)
            continue
        raise AssertionError(name)
    names = resolver(good)
    names.servers = []
    try:
        await names.resolve("simple.example", 80)
    except OSError:
        return
    raise AssertionError("without a name server")


async def scenario_names_remembered(good, bad):
    names = resolver(good)
    assert await names.resolve("then-silent.example", 80) == ("10.0.0.9", 80)
    assert await names.resolve("then-silent.example", 80) == ("10.0.0.9", 80)
    for n in range(10):
        await names.resolve("simple%d.example" % n, 80)
    assert len(names._known) <= 4


async def scenario_names_through_a_second_server(good, bad):
    names = resolver(good)
    names.servers = [("127.0.0.1", int(bad.rpartition(":")[2]))] + names.servers
    assert await names.resolve("simple.example", 80) == ("10.0.0.1", 80)


async def scenario_names_cancelled(good, bad):
    names = resolver(good)
    names._timeout_ms = 60000
    task = asyncio.create_task(names.resolve("silent.example", 80))
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return
    raise AssertionError("not cancelled")


def main(name, first, second, *files):
    scheme = "wss" if files else "ws"
    host = "localhost" if files else "127.0.0.1"
    urls = ["%s://%s:%s" % (scheme, host, port) for port in (first, second)]
    asyncio.run(globals()["scenario_" + name](*urls, *files))
    print("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
