"""The proxy between station and server: cut, slow, lossy and frozen."""

import asyncio
import random

import pytest

from host_sim.clock import WorldClock
from host_sim.network import Network, _Connection

PATIENCE_S = 30


class Echo:
    """A server that gives back what it gets, and notes when a connection ends."""

    async def __aenter__(self):
        self.ended = asyncio.Event()
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def serve(self, reader, writer):
        try:
            while data := await reader.read(1000):
                writer.write(data)
        except OSError:
            pass
        finally:
            self.ended.set()
            writer.close()


def scenario(test):
    """Run with an echo server and a network; nothing in it may take for ever."""

    async def run():
        network = Network(WorldClock(1), rng=random.Random(1))
        async with Echo() as echo:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await test(network, echo)
            finally:
                await network.close()

    asyncio.run(run())


async def connect(network, echo):
    return await asyncio.open_connection(*await network.route("127.0.0.1", echo.port))


async def gone(reader) -> bool:
    try:
        return await reader.read(1) == b""
    except OSError:
        return True


def test_bytes_go_through_both_ways_and_the_end_too():
    async def test(network, echo):
        reader, writer = await connect(network, echo)
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        writer.close()
        await echo.ended.wait()

    scenario(test)


def test_a_network_that_goes_down_cuts_and_refuses():
    async def test(network, echo):
        address = await network.route("127.0.0.1", echo.port)
        reader, writer = await connect(network, echo)
        writer.write(b"x")
        await reader.readexactly(1)
        network.set_online(False)
        assert await gone(reader)
        with pytest.raises(OSError):
            await network.route("127.0.0.1", echo.port)
        reader, _ = await asyncio.open_connection(*address)  # one that knew the way already
        assert await gone(reader)
        network.set_online(True)
        reader, writer = await connect(network, echo)
        writer.write(b"y")
        assert await reader.readexactly(1) == b"y"

    scenario(test)


def test_a_half_open_connection_is_silent_and_goes_on_later():
    async def test(network, echo):
        reader, writer = await connect(network, echo)
        writer.write(b"1")
        await reader.readexactly(1)
        network.set_half_open(True)
        writer.write(b"2")
        waiting = asyncio.create_task(reader.readexactly(1))
        other_reader, other_writer = await connect(network, echo)  # a new one works
        other_writer.write(b"3")
        assert await other_reader.readexactly(1) == b"3"
        assert not waiting.done() and not echo.ended.is_set()
        assert not network.is_silent
        network.set_half_open(True)  # the new one too
        assert network.is_silent
        network.set_half_open(False)
        assert await waiting == b"2" and not network.is_silent
        network.set_half_open(True)
        assert network.is_silent
        await network.route("127.0.0.1", echo.port)  # the next one is on its way
        assert not network.is_silent

    scenario(test)


def test_latency_holds_each_piece_back_for_its_time():
    async def test(network, echo):
        quiet = []
        network._on_quiet = lambda: quiet.append(network.in_flight)
        network.latency_ms = 20
        loop = asyncio.get_running_loop()
        reader, writer = await connect(network, echo)
        start = loop.time()
        writer.write(b"slow")
        assert await reader.readexactly(4) == b"slow"
        assert loop.time() - start >= 0.04  # there and back
        assert quiet and network.in_flight == 0

    scenario(test)


def test_a_lossy_network_breaks_connections():
    async def test(network, echo):
        network.drop = 1
        reader, writer = await connect(network, echo)
        assert await gone(reader)
        network.drop = 0
        reader, writer = await connect(network, echo)
        writer.write(b"x")
        await reader.readexactly(1)
        network.drop = 1
        writer.write(b"y")
        assert await gone(reader)

    scenario(test)


def test_there_is_no_route_to_a_server_that_is_not_there():
    async def test(network, echo):
        address = await network.route("127.0.0.1", echo.port)
        await asyncio.open_connection(*address)  # takes the connection that came with the route
        echo.server.close()
        await echo.server.wait_closed()
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(OSError, match="^Connection refused$"):
                await network.route(host, echo.port)
        assert not network._is_expected
        reader, _ = await asyncio.open_connection(*address)  # one that knew the way already
        assert await gone(reader)

    scenario(test)


def test_a_route_that_nobody_takes_leaves_no_connection(monkeypatch):
    monkeypatch.setattr("host_sim.network._READY_S", 0)

    async def test(network, echo):
        await network.route("127.0.0.1", echo.port)
        await echo.ended.wait()
        echo.ended.clear()
        monkeypatch.setattr("host_sim.network._READY_S", PATIENCE_S)
        await network.route("127.0.0.1", echo.port)
        network.set_online(False)
        await echo.ended.wait()

    scenario(test)


class Flood:
    """A reader that never runs dry and a writer that takes what it is given, or breaks."""

    def __init__(self, error=None):
        self.taken = self.written = 0
        self.full = asyncio.Event()
        self.error = error
        self.transport = self

    async def read(self, limit):
        self.taken += 1
        await asyncio.sleep(0)
        return b"x" * limit

    def write(self, data):
        self.written += 1

    async def drain(self):
        await self.full.wait()
        if self.error is not None:
            raise self.error

    def abort(self):
        pass


def pumped(flood, turns):
    """Let a flood run for so many turns of the loop."""

    async def run():
        network = Network(WorldClock(1))
        connection = _Connection([flood])
        connection.thawed.set()
        pump = asyncio.create_task(network._pump(connection, flood, flood))
        connection.tasks = [pump]
        for _ in range(turns):
            await asyncio.sleep(0)
        if flood.error is not None:
            flood.full.set()
            for _ in range(turns):
                await asyncio.sleep(0)
        pump.cancel()
        await asyncio.wait([pump])

    asyncio.run(run())


def test_a_flood_waits_outside_while_the_receiver_does_not_take_it():
    flood = Flood()
    pumped(flood, 2000)
    assert flood.written == 1 and 1 < flood.taken <= 70


def test_nothing_is_written_to_a_connection_that_has_broken():
    flood = Flood(ConnectionResetError())
    pumped(flood, 2000)
    assert flood.written == 1
