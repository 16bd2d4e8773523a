"""The way to the servers: a loopback proxy for each, which can cut, slow or freeze connections.

The station asks for a route to host and port, and connects to the proxy's port instead. The proxy
connects to the server before it gives the route: a server that is not there is then told as what
it is, and not as one that takes a connection and closes it. Bytes go through untouched, so TLS
does too. `latency_ms` is one way, in the world's time; `drop` is the
probability (0 to 1) that a connection attempt fails, and that any piece of data on its way
breaks the connection instead. `half_open` freezes the connections that are there, in both
directions and without closing them, until it is false again; new ones work.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from host_sim.clock import WorldClock

_CHUNK = 65536
_READY_S = 30  # so long a connection to a server waits for the station to come
_PIECES = 64  # on their way in one direction; beyond that the sender has to wait, as with TCP


_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(eq=False)
class _Connection:
    writers: list[asyncio.StreamWriter]
    thawed: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list[asyncio.Task] = field(default_factory=list)

    def cut(self) -> None:
        for task in self.tasks:
            task.cancel()
        for writer in self.writers:
            writer.transport.abort()


class Network:
    """All links of one station."""

    def __init__(
        self,
        clock: WorldClock,
        on_quiet: Callable[[], None] = lambda: None,
        rng: random.Random | None = None,
    ) -> None:
        self.online = True
        self.latency_ms = 0.0
        self.drop = 0.0
        self.half_open = False
        self.in_flight = 0  # pieces of data that are held back by the latency
        self._on_quiet = on_quiet  # called when none is any more
        self._clock = clock
        self._rng = rng or random.Random()
        self._servers: dict[tuple[str, int], asyncio.Server] = {}
        self._connections: set[_Connection] = set()
        self._ready: dict[tuple[str, int], list[_Streams]] = {}  # to servers, unused
        self._is_expected = False  # a connection: the way was asked for

    def set_online(self, online: bool) -> None:
        self.online = online
        if not online:
            self.cut()

    def set_half_open(self, half_open: bool) -> None:
        self.half_open = half_open
        for connection in self._connections:
            if half_open:
                connection.thawed.clear()
            else:
                connection.thawed.set()

    @property
    def is_silent(self) -> bool:
        """There are connections, none of them carries anything, and no new one is on its way."""
        thawed = [connection.thawed.is_set() for connection in self._connections]
        return bool(thawed) and not any(thawed) and not self._is_expected

    def cut(self) -> None:
        """Every present connection breaks."""
        for key in list(self._ready):
            while ready := self._take_ready(key):
                ready[1].transport.abort()
        for connection in list(self._connections):
            connection.cut()

    async def route(self, host: str, port: int) -> tuple[str, int]:
        """Where to connect for a server. Raises OSError, in words for the user, if it can't be
        reached, as while the network is down."""
        if not self.online:
            raise OSError("the network is down")
        self._is_expected = True
        key = (host, port)
        try:
            ready = await asyncio.open_connection(host, port)
        except OSError as error:
            self._is_expected = False
            raise OSError(in_words(error)) from None
        if not self.online:
            ready[1].transport.abort()
            raise OSError("the network is down")
        self._ready.setdefault(key, []).append(ready)
        asyncio.get_running_loop().call_later(_READY_S, self._forget, key, ready)
        if key not in self._servers:

            async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await self._accept(key, reader, writer)

            self._servers[key] = await asyncio.start_server(accept, "127.0.0.1", 0)
        return self._servers[key].sockets[0].getsockname()[:2]

    async def close(self) -> None:
        for server in self._servers.values():
            server.close()
        self.cut()

    def _take_ready(self, key: tuple[str, int]) -> _Streams | None:
        waiting = self._ready.get(key)
        return waiting.pop(0) if waiting else None

    def _forget(self, key: tuple[str, int], ready: _Streams) -> None:
        if ready in self._ready.get(key, ()):
            self._ready[key].remove(ready)
            ready[1].transport.abort()

    async def _delay(self, delay_s: float) -> None:
        self.in_flight += 1
        try:
            await asyncio.sleep(delay_s)
        finally:
            self.in_flight -= 1
            if not self.in_flight:
                self._on_quiet()

    async def _accept(
        self, key: tuple[str, int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._is_expected = False
        ready = self._take_ready(key)
        connection = _Connection([writer] if ready is None else [writer, ready[1]])
        if not self.online or self._rng.random() < self.drop:
            connection.cut()
            return
        connection.thawed.set()
        self._connections.add(connection)
        try:
            if ready is None:  # the station knew the way already
                # In this order, so that a cut during the connect reaches this side.
                ready = await asyncio.open_connection(*key)
                connection.writers.append(ready[1])
            server_reader, server_writer = ready
            if not self.online:
                return
            connection.tasks = [
                asyncio.create_task(self._pump(connection, reader, server_writer)),
                asyncio.create_task(self._pump(connection, server_reader, writer)),
            ]
            await asyncio.wait(connection.tasks, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass  # the station sees its connection end
        finally:
            self._connections.discard(connection)
            connection.cut()

    async def _pump(
        self, connection: _Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Carry one direction; returns when it has ended and all of it is through."""
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_PIECES)
        loop = asyncio.get_running_loop()

        async def deliver() -> None:
            while True:
                due, data = await pieces.get()
                if due > loop.time():
                    await self._delay(due - loop.time())
                await connection.thawed.wait()
                if not data:
                    return
                try:
                    writer.write(data)
                    await writer.drain()
                except OSError:
                    connection.cut()
                    return  # a queue that is full never waits, so the cut would not be noticed

        delivery = asyncio.create_task(deliver())
        connection.tasks.append(delivery)
        try:
            while True:
                await connection.thawed.wait()
                data = await reader.read(_CHUNK)
                if data and self._rng.random() < self.drop:
                    return
                delay_s = self._clock.real_s(self.latency_ms)
                await pieces.put((loop.time() + delay_s, data))
                if not data:
                    await delivery
                    return
        except OSError:
            return  # broken: the other direction ends with it
        finally:
            delivery.cancel()


def in_words(error: OSError) -> str:
    """Why a server can't be reached; of several addresses, why the first of them can't."""
    if isinstance(error, socket.gaierror):
        return error.strerror or str(error)
    number = re.search(r"\[Errno (\d+)\]", str(error))
    return os.strerror(int(number[1])) if number else str(error)
