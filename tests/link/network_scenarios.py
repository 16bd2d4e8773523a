"""A Link with TLS servers, and a Resolver with a name server: for both interpreters."""

import asyncio

from chargepoint.compat import MICROPYTHON
from chargepoint.link import manager
from chargepoint.link.dns import Resolver
from tests.link.driver import Driver, Settings, finish

# TLS: the files are root certificates, the station's certificate and key; the second port's server
# asks for the station's certificate, the first one's is for "localhost" only


def tls_driver(url, profile, files):
    driver = Driver(Settings())
    driver.settings.urls = [driver.settings.profile(url, profile)]
    driver.settings.tls_files = files
    return driver


class NoNames:
    async def resolve(self, host, port):
        raise ValueError("not a host name")


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
    for _ in range(2):
        driver.to_deadline()
        while not driver.events:
            driver.step()
            await asyncio.sleep(0)
        assert [event[0] for event in driver.events] == ["failed"]  # told once
        driver.events.clear()


async def scenario_tls_refused_upgrade(good, bad, roots, certificate, key, other_roots):
    """Behind TLS too it is told at once why, and no security event."""
    for path, why in (
        ("/status-403", "403"),
        ("/password", "401"),
        ("/only-ocpp9.9", "none of the subprotocols"),
    ):
        driver = tls_driver(good + path, 2, (roots, None, None))
        assert why in await driver.until("failed"), path
        assert driver.link._reported is None
    driver = tls_driver(good, 2, (roots, None, None))
    driver.link._network = NoNames()
    assert "not a host name" in await driver.until("failed")
    assert driver.link._reported is None


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


async def scenario_tls_not_yet(good, bad, roots, certificate, key, other_roots):
    driver = tls_driver(good + "/echo", 2, (roots, None, None))
    assert await driver.until("security") == "InvalidCsmsCertificate"
    why = " ".join((await driver.until("failed")).split())
    if MICROPYTHON:  # what a board without the time goes by (boards/common/composed.py)
        assert why == "upgrade: The certificate validity starts in the future"


async def scenario_tls_suites(good, bad, roots, certificate, key, other_roots):
    driver = tls_driver(good + "/echo", 2, (roots, None, None))
    if MICROPYTHON:  # OpenSSL can't say why a server closes
        assert await driver.until("security") == "InvalidTLSCipherSuite"
    await driver.until("failed")
    assert driver.link.state == manager.WAITING


async def scenario_tls_silence(good, bad, roots, certificate, key, other_roots):
    driver = tls_driver(bad + "/silence", 2, (roots, None, None))  # a server without TLS
    driver.step()
    while driver.link._stream.phase == "settings":
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
