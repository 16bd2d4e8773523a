"""Downloads from FTP servers, right ones and such that lie."""

import pytest

from tests.ota.downloads import FILE, Station, fetched, play
from tests.ota.file_server import Ftp


@pytest.mark.parametrize(
    "behaviour", ["", "no EPSV", "no SIZE", "no REST", "lies about PASV", "hasty"]
)
def test_ftp(behaviour):
    async def scenario():
        async with Ftp(FILE) as server:
            station = Station()
            server.behaviour = behaviour
            server.breaks = [30000]
            kind, why, again = await station.fetch(server.url())
            assert (kind, again) == ("failed", True), why
            assert await station.fetch(server.url()) == fetched()
            assert await station.install() is None
            rests = [line for line in server.asked if line.startswith("REST")]
            assert len(rests) == 1 and "USER anonymous" in server.asked

    play(scenario())


def test_ftp_with_a_password():
    async def scenario():
        async with Ftp(FILE) as server:
            station = Station()
            server.behaviour = "wants a password"
            assert await station.fetch(server.url("me:p%40ss@", "/fw/app.img;type=i")) == fetched()
            result = await station.fetch(server.url("me:wrong@"), fresh=True)
            assert result == ("failed", "request: 530 no", True)
            result = await station.fetch(server.url("me%0d%0aDELE x:p@"), fresh=True)
            assert result[0] == "failed"
            assert not [line for line in server.asked if line.startswith("DELE")]

    play(scenario())


def test_ftp_servers_that_lie():
    async def scenario():
        async with Ftp(FILE) as server:
            for behaviour, expected in (
                ("no file", "request: 550 no such file"),
                ("wrong size", "the file ended too early"),
                ("aborted", "file: 426 broken"),
                ("closes", "file: the server closed the connection"),
            ):
                station = Station()
                server.behaviour = behaviour
                assert await station.fetch(server.url()) == ("failed", expected, True)

    play(scenario())
