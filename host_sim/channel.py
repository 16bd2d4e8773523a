"""The host's end of the line to the station's process: JSON lines over a loopback TCP connection.

The process proves with a nonce that it is the one that was started. What either side says is in
`boards/host/README.md`.
"""

from __future__ import annotations

import asyncio
import json
import secrets

_LINE_LIMIT = 4 * 1024 * 1024


class ChannelClosed(Exception):
    """The station's process is gone."""


class Channel:
    """One connection to one station process."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.sent = 0

    def send(self, value: dict) -> None:
        self.sent += 1
        if not self._writer.is_closing():
            # Not escaped: MicroPython's parser makes no character of a pair of surrogates.
            self._writer.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")

    async def receive(self) -> dict:
        try:
            line = await self._reader.readline()
        except (OSError, ValueError) as error:
            raise ChannelClosed(str(error)) from None
        if not line.endswith(b"\n"):
            raise ChannelClosed("end of the line")
        return json.loads(line)

    def close(self) -> None:
        self._writer.close()


class ChannelServer:
    """Waits for station processes."""

    def __init__(self) -> None:
        self._expected: dict[str, asyncio.Future[Channel]] = {}
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_LINE_LIMIT)

    @property
    def port(self) -> int:
        assert self._server is not None
        return self._server.sockets[0].getsockname()[1]

    def expect(self) -> tuple[str, asyncio.Future[Channel]]:
        """(nonce, future): the process that says the nonce gets the channel."""
        nonce = secrets.token_hex(16)
        future: asyncio.Future[Channel] = asyncio.get_running_loop().create_future()
        self._expected[nonce] = future
        return nonce, future

    def forget(self, nonce: str) -> None:
        self._expected.pop(nonce, None)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        channel = Channel(reader, writer)
        try:
            hello = await asyncio.wait_for(channel.receive(), 10)
            future = self._expected.pop(hello.get("hello", ""), None)
        except (ChannelClosed, ValueError, AttributeError, TimeoutError):
            future = None
        if future is None or future.done():
            channel.close()
        else:
            future.set_result(channel)
