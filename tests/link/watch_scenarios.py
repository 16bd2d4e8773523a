"""How a Link watches its connection: pings, a server that takes no data. See scenarios.py."""

import asyncio

from chargepoint.link import manager
from tests.link.driver import SECOND, connected, finish


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


async def scenario_no_pong_inside_a_frame(good, bad):
    driver = await connected(good + "/echo")
    stream = driver.link._stream
    plain_write = stream.write
    sizes = []

    async def write(view):
        await plain_write(view)
        sizes.append(len(view))
        if len(sizes) == 1:
            driver.link._pong_out = b"as if a ping had come just now"

    stream.write = write
    driver.link.send("x" * 990)
    assert await driver.until("message") == "x" * 990
    await driver.until_true(lambda: not driver.link.busy)
    assert len(sizes) == 3 and sizes[2] == 36  # two parts of one frame, then the pong
    await finish(driver)


async def scenario_own_pings(good, bad):
    driver = await connected(good + "/echo", ping_s=60)
    driver.step()
    for n in range(1, 4):
        assert driver.to_deadline() == 60 * SECOND
        driver.step()
        assert driver.link.busy
        await driver.until_true(lambda: not driver.link.busy)
        assert driver.link._ping == n
    driver.settings.ping_s = 0
    driver.link.send("the answer to who has set it")
    await driver.until("message")
    await driver.until_true(lambda: not driver.link.busy)
    assert driver.link.next_deadline() is None
    driver.now += 3600 * SECOND
    driver.step()
    assert driver.link._ping == 3 and not driver.link.busy
    await finish(driver)


async def scenario_half_open(good, bad):
    driver = await connected(bad + "/half-open", ping_s=60)
    driver.step()
    assert driver.to_deadline() == 60 * SECOND
    driver.step()
    assert driver.to_deadline() == 15 * SECOND
    assert await driver.until("disconnected") == "no pong"
    assert driver.to_deadline() == 10 * SECOND


async def scenario_a_pong_of_another_ping_does_not_count(good, bad):
    driver = await connected(bad + "/wrong-pong", ping_s=60)
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


async def scenario_the_time_to_write_counts_from_the_next_poll(good, bad):
    """A long time may have passed since the last one, also while the message was made."""
    driver = await connected(good)
    driver.link.send("one")
    driver.now += 3600 * SECOND
    driver.step()
    assert driver.link.state == manager.OPEN and driver.link.busy
    await driver.until("message")
    await driver.until_true(lambda: not driver.link.busy)
    await finish(driver)
