"""Servers that lie about a file, and files that are none of this station's."""

import pytest

from chargepoint.ota import container, slots
from tests.ota.downloads import CONTENT, FILE, Station, fetched, play
from tests.ota.file_server import Web
from tests.support import images


def test_another_file_at_the_same_place():
    other = images.payload(5, 60000)
    newer = images.header(other, counter=7, version="1.2.0") + other

    async def scenario(breaks: int, behaviour: str):
        async with Web(FILE) as server:
            station = Station()
            server.behaviour = behaviour
            server.breaks = [breaks]
            assert (await station.fetch(server.url()))[0] == "failed"
            server.content = newer
            assert await station.fetch(server.url()) == fetched(newer)
            assert await station.install() is None
            assert bytes(station.world.view(1)[: len(newer)]) == newer

    for behaviour in ("", "no ranges"):
        for breaks in (4000, 5000, 40000):
            play(scenario(breaks, behaviour))


def test_a_file_that_changes_between_two_requests():
    async def scenario(changed: bytes):
        async with Web(FILE) as server:
            station = Station()
            server.breaks = [50000]
            await station.fetch(server.url())
            right = server.serve

            async def serve(reader, writer):
                if server.asked and server.asked[-1][1].get("Range") == "bytes=0-4095":
                    server.content = changed
                await right(reader, writer)

            server.serve = serve
            assert await station.fetch(server.url()) == ("failed", "the file has changed", True)
            server.serve = right
            server.content = FILE
            assert await station.fetch(server.url()) == fetched()
            assert server.asked[-1][1].get("Range") is None

    for changed in (FILE[:-1], FILE + b"x", FILE[:5000]):
        play(scenario(changed))


LIES = {
    "wrong start": "the server gives another range than asked",
    "wrong total": "malformed Content-Range",
    "longer range": "the server gives another range than asked",
    "no content range": "206 without Content-Range",
    "encoded": "the server has encoded the file",
}


@pytest.mark.parametrize("behaviour", LIES)
def test_lies_about_a_range(behaviour):
    async def scenario():
        async with Web(FILE) as server:
            station = Station()
            server.breaks = [50000]
            await station.fetch(server.url())
            before = station.world.flash.operations
            server.behaviour = behaviour
            for _ in range(2):
                result = await station.fetch(server.url())
                assert result == ("failed", "request: " + LIES[behaviour], True)
            assert station.world.flash.operations == before
            server.behaviour = ""
            assert await station.fetch(server.url()) == fetched()
            assert await station.install() is None

    play(scenario())


def test_lies_about_the_length():
    async def scenario():
        async with Web(FILE) as server:
            station = Station()
            server.behaviour = "longer than it is"
            result = await station.fetch(server.url())
            assert result == ("failed", "file: the connection ended before the file", True)
            server.behaviour = "part unasked"
            result = await station.fetch(server.url(), fresh=True)
            assert result == ("failed", "request: 206: the server gives a part unasked", True)
            # A byte is missing that nobody promised: it has to be found by what the header says.
            server.behaviour = "shorter than it is"
            assert await station.fetch(server.url(), fresh=True) == fetched(FILE[:-1])
            assert await station.install() == container.TRUNCATED
            assert station.world.states() == [slots.CONFIRMED, slots.EMPTY]

    play(scenario())


def test_what_has_no_end():
    async def scenario():
        async with Web(FILE) as server:
            station = Station()
            server.behaviour = "endless header"
            result = await station.fetch(server.url())
            assert result[0] == "failed" and "the response is too long" in result[1]
            server.behaviour = "endless body"
            result = await station.fetch(server.url())
            assert result == ("failed", container.TOO_LARGE, False)
            server.behaviour = ""
            server.content = FILE + bytes(100000)
            assert await station.fetch(server.url()) == ("failed", container.TOO_LARGE, False)

    play(scenario())


def refused_files():
    other = images.header(CONTENT, product="other") + CONTENT
    return {
        container.NO_IMAGE: b"#!/bin/sh\nexit 1\n" * 500,
        container.TRUNCATED: b"#!/bin/sh\n",
        container.WRONG_PRODUCT: other,
        container.WRONG_HARDWARE: images.header(CONTENT, hardware="Z") + CONTENT,
        container.OLDER_COUNTER: images.header(CONTENT, counter=4) + CONTENT,
        container.UNKNOWN_KEY: images.header(
            CONTENT, private=images.OTHER_PRIVATE, public=images.OTHER_PUBLIC
        )
        + CONTENT,
        container.MALFORMED: FILE[:4000] + b"\0" + FILE[4001:],
        container.WRONG_SIGNATURE: FILE[:250] + bytes((FILE[250] ^ 1,)) + FILE[251:],
    }


@pytest.mark.parametrize("reason", refused_files())
def test_a_file_that_is_not_for_this_station_is_only_hashed(reason):
    """TC_L_08: the file's own signature may be right, so its hash is asked for all the same."""
    content = refused_files()[reason]

    async def scenario():
        async with Web(content) as server:
            station = Station()
            server.breaks = [len(content) - 1]
            assert (await station.fetch(server.url()))[0] == "failed"
            assert await station.fetch(server.url()) == fetched(content)
            assert station.world.flash.operations == 0
            station.boot()
            assert await station.fetch(server.url()) == fetched(content)
            assert len(server.asked) == 2
            assert await station.install() == reason
            assert station.world.flash.operations == 0
            server.content = FILE
            assert await station.fetch(server.url(), fresh=True) == fetched()
            assert await station.install() is None

    play(scenario())


def test_more_than_the_payload():
    async def scenario():
        async with Web(FILE + b"x" * 1000) as server:
            station = Station()
            assert await station.fetch(server.url()) == fetched(server.content)
            assert await station.install() == container.TRAILING
            assert station.world.states() == [slots.CONFIRMED, slots.EMPTY]

    play(scenario())


def test_redirects():
    async def scenario():
        async with Web(FILE) as server, Web(FILE) as other:
            station = Station()
            server.behaviour = "redirect:" + other.url(path="/elsewhere?x=1")
            assert await station.fetch(server.url(user="me:p%40ss@")) == fetched()
            assert other.asked[0][0] == "/elsewhere?x=1"
            assert server.asked[0][1]["Authorization"] == "Basic bWU6cEBzcw=="
            assert "Authorization" not in other.asked[0][1]
            other.behaviour = "redirect:" + server.url(path="/third")
            server.behaviour = "redirect:" + other.url()
            result = await station.fetch(server.url(), fresh=True)
            assert result == ("failed", "request: too many redirects", True)
            for location in ("ftp://localhost/x", "file:///etc/passwd", "http://h/\x01"):
                server.behaviour = "redirect:" + location
                assert (await station.fetch(server.url(), fresh=True))[0] == "failed"

    play(scenario())


def test_credentials_stay_with_who_was_asked():
    async def scenario():
        async with Web(FILE) as server:
            station = Station()
            right = server.serve

            async def serve(reader, writer):
                server.behaviour = "" if server.asked else "redirect:/second"
                await right(reader, writer)

            server.serve = serve
            assert await station.fetch(server.url(user="me@")) == fetched()
            assert [fields["Authorization"] for _, fields in server.asked] == ["Basic bWU6"] * 2
            assert server.asked[1][0] == "/second"

    play(scenario())


def test_servers_that_refuse():
    async def scenario():
        async with Web(FILE) as server:
            station = Station()
            for status in (204, 401, 404, 500):
                server.behaviour = f"status:{status}"
                kind, why, again = await station.fetch(server.url())
                assert (kind, again) == ("failed", True) and str(status) in why
        kind, why, again = await station.fetch(server.url())
        assert (kind, again) == ("failed", True) and why.startswith("connecting: ")

    play(scenario())


def test_locations_that_can_be_none():
    async def scenario():
        station = Station()
        for location in (
            "",
            "sftp://h/x",
            "ftps://h/x",
            "http:/h",
            "http://",
            "http://h/\n",
            "http://%zz@h/x",
            "http://h:0/",
        ):
            kind, why, again = await station.fetch(location)
            assert (kind, again) == ("failed", False) and "URL" in why

    play(scenario())
