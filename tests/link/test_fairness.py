"""No peer can keep the station from its work, however fast it sends: on both interpreters."""

import asyncio
import base64
import hashlib
import socket
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.link import flood_scenarios
from tests.link.driver import GUARD_S
from tests.link.servers import GUID
from tests.link.test_manager import INTERPRETERS, names
from tests.link.test_tls import folder, server_context

__all__ = ("folder",)  # a fixture
UPGRADE = (
    b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Accept: %s\r\n\r\n"
)
FRAMES = {
    "pongs": (b"", b"\x8a\x00" * 4096),
    "pings": (b"", b"\x89\x7d" + b"x" * 125),
    "fragments": (b"\x01\x01x", b"\x00\x00" * 4096),
    "skipped": (b"", b"\x81\x7f" + (1000000).to_bytes(8, "big") + b"x" * 1000000),
}
ANSWERS = {
    "header": (b"HTTP/1.1 101 x\r\n", b"X: y\r\n" * 1000),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n", b"x" * 4096),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 700),
}


async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """By the last part of the path, until the station goes."""
    request = await reader.readuntil(b"\r\n\r\n")
    kind = request.split(b" ")[1].split(b"/")[1].decode()
    if kind in FRAMES:
        key = next(x[19:] for x in request.split(b"\r\n") if x.startswith(b"Sec-WebSocket-Key: "))
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        first, more = FRAMES[kind]
        first = UPGRADE % accept + first
    else:
        first, more = ANSWERS[kind]

    async def listen() -> None:
        while frame := await reader.read(100):
            if frame[0] == 0x8A:
                writer.write(b"\x81\x06ponged")
                return

    async def send() -> None:
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # answers come behind the flood
        writer.write(first)
        while True:
            writer.write(more)
            await writer.drain()

    await asyncio.gather(send(), listen())


async def replies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Of FTP: each says that another one follows."""
    while True:
        writer.write(b"120 wait\r\n" * 400)
        await writer.drain()


@asynccontextmanager
async def running(context):
    connected = []

    def until_the_station_goes(serve):
        async def served(reader, writer) -> None:
            connected.append(asyncio.current_task())
            try:
                await serve(reader, writer)
            except (ConnectionError, asyncio.CancelledError):
                writer.transport.abort()

        return served

    async with (
        await asyncio.start_server(
            until_the_station_goes(flood), "127.0.0.1", 0, ssl=context
        ) as first,
        await asyncio.start_server(until_the_station_goes(replies), "127.0.0.1", 0) as second,
    ):
        yield [server.sockets[0].getsockname()[1] for server in (first, second)]
        for task in connected:
            task.cancel()
        await asyncio.gather(*connected)


@INTERPRETERS
@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("name", names(flood_scenarios))
def test_a_fault_opens_the_contactor_in_time(folder: Path, run, name: str, secure: bool):
    async def play() -> None:
        context = server_context(folder, "server") if secure else None
        async with running(context) as ports:
            files = (str(folder / "roots.pem"),) if secure else ()
            await asyncio.wait_for(run(flood_scenarios, name, ports, files), 2 * GUARD_S)

    asyncio.run(play())
