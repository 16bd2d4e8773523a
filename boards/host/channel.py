"""The line to the host process: one JSON object a line, over the loopback TCP connection.

The host's process is the world: it says what is plugged, what the meter does and where a server
can be reached. What the charge point commands goes back. When the line ends the power is gone,
and so is this process, at once and without any tidying up.
"""

import asyncio
import json
import os
import sys

_TCP = 6
_NODELAY = 1


class Channel:
    """reader, writer: of asyncio.open_connection to the host."""

    def __init__(self, reader, writer):
        if hasattr(writer, "s"):  # MicroPython; CPython's asyncio has done it already
            writer.s.setsockopt(_TCP, _NODELAY, 1)
        self._reader = reader
        self._writer = writer
        self.received = 0  # lines from the host
        self.handle = _nothing  # called with each object, and with what came in `received`

    async def receive(self) -> dict:
        """The next object; ends the process when there is none."""
        try:
            line = await self._reader.readline()
        except OSError:
            line = b""
        if not line.endswith(b"\n"):
            power_cut()
        self.received += 1
        return json.loads(line)

    async def run(self) -> None:
        while True:
            self.handle(await self.receive())

    def send(self, value: dict) -> None:
        try:
            self._writer.write((json.dumps(value) + "\n").encode())
        except OSError:
            power_cut()
        if getattr(self._writer, "out_buf", b""):  # MicroPython sends the rest only when drained
            asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        try:
            await self._writer.drain()
        except OSError:
            power_cut()

    async def flush(self) -> None:
        await self._drain()


def power_cut() -> None:
    """End without a word."""
    if hasattr(os, "_exit"):
        os._exit(0)
    sys.exit(0)


def _nothing(line) -> None:
    pass


class Network:
    """Routes to servers, as the host's process gives them: it may cut, slow or freeze each."""

    def __init__(self, channel):
        self._channel = channel
        self._number = 0
        self._waiting = {}

    async def resolve(self, host: str, port: int):
        """(ip, port) of the way to the server. Raises OSError where there is none."""
        self._number += 1
        number = self._number
        answered = asyncio.Event()
        self._waiting[number] = answered
        self._channel.send({"resolve": [number, host, port]})
        try:
            await answered.wait()
            route = self._waiting[number]
        finally:
            del self._waiting[number]
        if not route[0]:
            raise OSError("no route to %s:%d: %s" % (host, port, route[2]))
        return route[0], route[1]

    def route(self, number: int, ip, port: int, why: str) -> None:
        """The host's answer."""
        answered = self._waiting.get(number)
        if answered is not None:
            self._waiting[number] = (ip, port, why)
            answered.set()
