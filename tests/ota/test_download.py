"""Downloads from servers on the loopback, also over links that break."""

import asyncio

import pytest

from chargepoint.ota import progress, receiving, slots
from tests.ota.downloads import CONTENT, FILE, Station, fetched, is_trial, play
from tests.ota.file_server import Ftp, Web


@pytest.mark.parametrize("sector_bytes", [4096, 16384])
def test_from_the_download_to_the_trial(sector_bytes):
    async def scenario():
        async with Web(FILE) as server:
            station = Station(sector_bytes)
            assert await station.fetch(server.url()) == fetched()
            target, fields = server.asked[0]
            assert target == "/fw/app.img" and "Range" not in fields and len(server.asked) == 1
            assert fields["Host"] == f"localhost:{server.port}"
            assert station.world.states() == [slots.CONFIRMED, slots.EMPTY]
            assert await station.install() is None
            assert is_trial(station)
            assert bytes(station.world.view(1)[: len(FILE)]) == FILE
            state = station.world.records.load()
            assert slots.decide(state, (station.world.view(0), station.world.view(1))) == (1, True)
            assert progress.load(station.store) is None

    play(scenario())


def test_what_boots_next_is_known_in_the_turn_that_decides_it():
    """So that nobody cancels an image that boots all the same."""

    async def scenario():
        async with Web(FILE) as server:
            station = Station()
            assert await station.fetch(server.url()) == fetched()
        for _ in station.updater.install():
            assert not is_trial(station)
        assert is_trial(station)

    play(scenario())


@pytest.mark.parametrize("behaviour", ["chunked", "until close", "no ranges", ""])
def test_each_framing(behaviour):
    async def scenario():
        async with Web(FILE) as server:
            server.behaviour = behaviour
            station = Station()
            assert await station.fetch(server.url()) == fetched()
            assert await station.install() is None

    play(scenario())


@pytest.mark.parametrize(
    "kind, behaviour",
    [(Web, ""), (Web, "chunked"), (Web, "no ranges"), (Ftp, ""), (Ftp, "no REST")],
)
@pytest.mark.parametrize("sector_bytes", [4096, 16384])
@pytest.mark.parametrize("reboots", [False, True])
def test_a_link_that_breaks_again_and_again(kind, behaviour, sector_bytes, reboots):
    """Also with a server that sends all of it again: nothing is written twice."""

    async def scenario():
        async with kind(FILE) as server:
            server.behaviour = behaviour
            station = Station(sector_bytes)
            server.breaks = [0, 100, 4095, 4096, 4097, 9000, 9001, 40000, 60000, 73000]
            while server.breaks:
                outcome, why, again = await station.fetch(server.url())
                assert outcome == "failed" and again, why
                if reboots:
                    station.boot()
            assert await station.fetch(server.url()) == fetched()
            if not reboots:
                programs = len(CONTENT) // 512 + 1
                erases = len(FILE) // sector_bytes + 1
                # Besides: the record of the slot, for the header that came first.
                assert station.world.flash.operations == programs + erases + 2
            assert await station.install() is None
            assert is_trial(station)

    play(scenario())


def test_it_goes_on_where_it_was():
    async def scenario():
        async with Web(FILE) as server:
            station = Station()
            server.breaks = [50000]
            result = await station.fetch(server.url())
            assert result == ("failed", "file: the connection ended before the file", True)
            assert await station.fetch(server.url()) == fetched()
            ranges = [fields.get("Range") for _, fields in server.asked]
            kept = (50000 - 4096) // 512 * 512
            assert ranges == [None, "bytes=0-4095", f"bytes={4096 + kept}-"]
            station = Station()
            server.asked, server.breaks = [], [50000]
            await station.fetch(server.url())
            station.boot()
            assert await station.fetch(server.url()) == fetched()
            ranges = [fields.get("Range") for _, fields in server.asked]
            # What was noted last, and there the beginning of a sector.
            assert ranges == [None, "bytes=0-4095", "bytes=36864-"]

    play(scenario())


def test_what_was_fetched_is_not_fetched_again():
    async def scenario():
        async with Web(FILE) as server:
            station = Station()
            assert await station.fetch(server.url()) == fetched()
            station.boot()
            assert await station.fetch(server.url()) == fetched()
            assert len(server.asked) == 1
            assert await station.fetch(server.url(path="/other")) == fetched()
            assert await station.fetch(server.url(path="/other"), fresh=True) == fetched()
            assert len(server.asked) == 3
            station.boot()
            assert await station.install() is None

    play(scenario())


def test_a_server_that_says_nothing():
    """The time limit is a deadline of poll(), of a clock that is moved by hand."""

    async def scenario(kind):
        async with kind(FILE) as server:
            station = Station()
            updater = station.updater
            server.behaviour = "silent"
            assert updater.next_deadline() is None
            updater.fetch(server.url(), False)
            now = 1000
            while not server.asked or kind is Ftp and "RETR" not in server.asked[-1]:
                await asyncio.sleep(0)
            passed = 0
            while not updater.news:
                deadline = updater.next_deadline()
                assert deadline is not None and deadline <= now + 20000
                now = max(now, deadline)
                updater.poll(now)
                passed = now - 1000
            assert updater.take() == ("failed", "the server sends nothing", True)
            assert 60000 <= passed <= 80000 and updater.next_deadline() is None
            server.behaviour = ""
            assert await station.fetch(server.url()) == fetched()

    for kind in (Web, Ftp):
        play(scenario(kind))


def test_a_server_that_trickles():
    """Who sends next to nothing does not hold the station for ever."""

    async def scenario():
        async with Web(FILE) as server:
            updater = Station().updater
            server.behaviour = "trickle"
            updater.fetch(server.url(), False)
            now = count = 0
            while not updater.news:
                updater.poll(now)
                now += 20000
                count += 1
                for _ in range(200):
                    await asyncio.sleep(0)
                server.more.set()
            assert updater.take() == ("failed", "the server sends nothing", True)
            assert 4 <= count <= 6

    play(scenario())


def test_progress_holds_the_deadline_off():
    async def scenario():
        async with Web(FILE) as server:
            updater = Station().updater
            updater.fetch(server.url(), False)
            now = 0
            while not updater.news:
                updater.poll(now)
                now += 20000
                before = updater.progress
                while updater.progress == before and not updater.news:
                    await asyncio.sleep(0)
            assert updater.take() == fetched()
            assert now > 60 * 20000

    play(scenario())


def test_others_have_their_turn():
    """Between two turns of another task no more than a flash operation, or a piece of hashing."""

    async def scenario():
        async with Web(FILE) as server:
            station = Station()
            flash = station.world.flash
            updater = station.updater
            updater.fetch(server.url(), False)
            most = turns = 0
            before = flash.operations
            while not updater.news:
                await asyncio.sleep(0)
                turns += 1
                most = max(most, flash.operations - before)
                before = flash.operations
            assert updater.take() == fetched()
            assert most == 2  # of the record, the rest is one at a time
            assert turns > len(FILE) / 512 * 2

    play(scenario())


def test_stopping():
    async def scenario():
        async with Web(FILE) as server:
            station = Station()
            flash = station.world.flash
            updater = station.updater
            for count in range(0, 200, 9):
                updater.fetch(server.url(), count % 2 == 0)
                for _ in range(count):
                    await asyncio.sleep(0)
                updater.stop()
                before = flash.operations
                for _ in range(50):
                    await asyncio.sleep(0)
                assert flash.operations == before and not updater.news
                assert updater.take() is None and updater.next_deadline() is None
            assert await station.fetch(server.url()) == fetched()
            assert await station.install() is None

    play(scenario())


@pytest.mark.parametrize(
    "error, expected",
    [
        (MemoryError(), ("failed", "no memory", True)),
        (KeyError("x"), ("failed", "internal error: KeyError: 'x'", False)),
    ],
)
def test_an_error_of_ours_ends_the_attempt_only(monkeypatch, error, expected):
    def wrong(*arguments):
        raise error

    async def scenario():
        async with Web(FILE) as server:
            station = Station()
            for place in ("opened", "__init__"):
                with monkeypatch.context() as patch:
                    patch.setattr(receiving.Receiving, place, wrong)
                    assert await station.fetch(server.url()) == expected
            assert await station.fetch(server.url()) == fetched()

    play(scenario())


def test_a_flash_that_fails():
    async def scenario():
        async with Web(FILE) as server:
            station = Station()
            flash = station.world.flash
            right = flash.writeblocks
            left = [100]

            def writeblocks(block, buffer, offset=None):
                left[0] -= 1
                if left[0] < 0:
                    raise OSError(5)
                right(block, buffer, offset)

            flash.writeblocks = writeblocks
            kind, why, again = await station.fetch(server.url())
            assert (kind, again) == ("failed", True) and "flash: " in why
            left[0] = 1000
            assert await station.fetch(server.url()) == fetched()
            left[0] = 0
            assert "flash: " in await station.install()
            left[0] = 1000
            assert await station.install() is None

    play(scenario())
