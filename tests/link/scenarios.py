"""What a Link goes through with a server, one function each, for both interpreters.

`good` is the URL of a real server, `bad` of one that misbehaves by the path asked for: see
tests/link/servers.py. Time is moved by hand; what happens is awaited.
"""

import asyncio

from chargepoint.link import manager
from tests.link.driver import GUARD_S, SECOND, Driver, Hanging, Settings, connected, finish

# The handshake


async def scenario_choice(good, bad):
    for name in ("ocpp1.6", "ocpp2.0.1"):
        driver = await connected(good + "/only-" + name)
        assert driver.choice == name
        assert driver.link.state == manager.OPEN and not driver.link.busy
        await finish(driver)


async def scenario_credentials(good, bad):
    await finish(await connected(good + "/password", secret=b"gr\xc3\xbcn"))
    driver = Driver(Settings(good + "/password"))
    driver.settings.secret = b"wrong"
    assert "401" in await driver.until("failed")
    driver = Driver(Settings())
    driver.settings.urls = [driver.settings.profile(good + "/password", 0)]
    driver.settings.secret = b"gr\xc3\xbcn"
    assert "401" in await driver.until("failed")  # for security profile 0 it sends none


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
    driver.settings.urls = [driver.settings.profile(good + "/echo", 2)]
    assert "needs a wss:// URL" in await driver.until("failed")


async def scenario_silence_in_the_handshake(good, bad):
    driver = Driver(Settings(bad + "/silence"))
    driver.settings.connect_timeout_ms = 7 * SECOND
    driver.step()
    assert driver.link.state == manager.CONNECTING and driver.link.busy
    while driver.link._stream.phase != "upgrade":
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
    task = driver.link._task
    driver.to_deadline()
    assert await driver.until("failed") == "no answer: name"
    for _ in range(5):
        await asyncio.sleep(0)
    assert task.done()


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
    for size in (0, 1, 125, 126, 511, 512, 513, 1024, 2000):
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
        assert len(driver.link._events) <= 1
        while not driver.events:
            driver.woken.clear()
            driver.link.poll(driver.now)
            if not driver.take():
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


# The end


async def scenario_closed_by_the_server(good, bad):
    driver = await connected(good + "/close-1012")
    assert await driver.until("disconnected") == "closed by the server: 1012 restart"
    waits = [driver.to_deadline()]
    for _ in range(4):
        assert await driver.until("connected")  # and again, after the wait
        assert await driver.until("disconnected")
        waits.append(driver.to_deadline())
    # Part 4, 5.3: an upgrade alone is no success.
    assert waits == [10000, 20000, 40000, 80000, 80000]


async def scenario_an_answer_resets_the_back_off(good, bad):
    driver = Driver(Settings(good + "/close-1008", good + "/echo"))
    tried, waits = [], []
    for n in range(6):
        await driver.until("connected")
        tried.append(driver.link.profile[0][-4:])
        if tried[-1] == "echo":
            driver.link.send('["the answer comes"]')
            await driver.until("message")
            if n == 4:
                driver.link.send("no answer any more")
            driver.link._end("connection lost")
        await driver.until("disconnected")
        waits.append(driver.to_deadline())
        if n == 2:
            driver.settings.urls.reverse()
    # B10.FR.03: who accepts and closes is a failed attempt; after two the next profile is tried.
    assert tried == ["1008", "1008", "echo", "echo", "echo", "echo"]
    assert waits == [10000, 20000, 10000, 10000, 20000, 10000]


async def scenario_words_for_a_human_do_not_reset_the_back_off(good, bad):
    """Nor does a pong that answers no ping."""
    driver, waits = Driver(Settings(good + "/words")), []
    for _ in range(4):
        await driver.until("connected")
        assert await driver.until("message") == "unknown station"
        assert "1008" in await driver.until("disconnected")
        waits.append(driver.to_deadline())
    assert waits == [10000, 20000, 40000, 80000]


async def scenario_a_pong_resets_the_back_off(good, bad):
    driver = await connected(good + "/echo", ping_s=60)
    for wait_s in (10, 20, 10):
        driver.step()
        if wait_s == 10:
            driver.to_deadline()
            driver.step()
            await driver.until_true(lambda: not driver.link.busy)
        driver.link._end("connection lost")
        await driver.until("disconnected")
        assert driver.to_deadline() == wait_s * SECOND
        await driver.until("connected")
    await finish(driver)


async def scenario_cut_by_the_server(good, bad):
    driver = await connected(bad + "/cut")
    assert (await driver.until("disconnected")).startswith("connection lost")


async def scenario_close(good, bad):
    driver = await connected(good + "/report-close")
    for letter in "abcdefgh":
        driver.link.send(letter)
    driver.link.send(iter(["piece"] * 1000))
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


async def scenario_a_message_and_a_close_while_a_ping_is_written(good, bad):
    driver = await connected(good + "/echo", ping_s=60)
    driver.step()
    stream = driver.link._stream
    plain_write = stream.write
    opcodes = []

    async def write(view):
        opcodes.append(view[0] & 15)
        if len(opcodes) == 1:
            driver.link.send("the answer to a Reset")
            driver.link.close(1001, "rebooting")
        await plain_write(view)

    stream.write = write
    driver.to_deadline()
    assert await driver.until("disconnected") == "closed by the station"
    assert opcodes == [9, 1, 8]  # ping, text, close


async def scenario_a_close_that_is_not_answered(good, bad):
    driver = await connected(bad + "/half-open")
    driver.link.close()
    driver.step()
    assert driver.link.state == manager.CLOSING and driver.link.busy
    assert driver.to_deadline() == 5 * SECOND
    assert await driver.until("disconnected") == "closed by the station"


async def scenario_a_leap_of_the_clock_is_no_lost_time(good, bad):
    """It leaps while something is awaited: a connection, a pong, the answer to a close frame."""
    driver = Driver(Settings(bad + "/silence"))
    driver.step()
    waits = [driver.leap(3600 * SECOND)]
    driver.link.drop()
    await driver.until("failed")
    driver = await connected(bad + "/half-open", ping_s=60)
    driver.to_deadline()
    driver.step()
    waits.append(driver.leap(3600 * SECOND))
    driver.link.close()
    driver.step()
    waits.append(driver.leap(3600 * SECOND))
    assert waits == [driver.settings.connect_timeout_ms, 15 * SECOND, 5 * SECOND]
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


async def scenario_a_dropped_connection_is_closed(good, bad):
    driver = await connected(bad + "/count")
    assert await driver.until("message") == "1"
    for _ in range(3):
        driver.link.drop()
        await driver.until("disconnected")
        driver.to_deadline()
        await driver.until("connected")
        assert await driver.until("message") == "1"
    driver.link.drop()
    await driver.until("disconnected")


async def scenario_an_error_of_ours_ends_the_connection_and_is_told(good, bad):
    driver = await connected(good + "/echo")

    def broken():
        yield "x"
        raise KeyError("our mistake")

    driver.link.send(broken())
    error = await driver.until("fault")
    assert isinstance(error, KeyError)
    assert await driver.until("disconnected") == "internal error"
    assert driver.link.state == manager.WAITING
    assert driver.to_deadline() == 10 * SECOND
    await driver.until("connected")
    await finish(driver)


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
    driver.link.send('["hello"]')
    await driver.until("message")
    driver.link.drop()
    await driver.until("disconnected")
    driver.to_deadline()
    await driver.until("failed")
    assert driver.link.profile[0][-2:] == "/a"  # from the first again


async def scenario_no_profile_at_all(good, bad):
    driver = Driver(Settings())
    driver.step()
    assert driver.link.state == manager.WAITING and driver.link.next_deadline() == 10 * SECOND
    driver.settings.urls = [driver.settings.profile(good + "/echo")]
    driver.to_deadline()
    await driver.until("connected")
    await finish(driver)
