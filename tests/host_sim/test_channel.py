"""The line to the station's process."""

import asyncio
import json

import pytest

from host_sim.channel import ChannelClosed, ChannelServer


def run(test):
    async def whole():
        server = ChannelServer()
        await server.start()
        try:
            async with asyncio.timeout(30):
                await test(server)
        finally:
            await server.close()

    asyncio.run(whole())


async def dial(server, hello: bytes):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(hello)
    return reader, writer


def test_the_process_with_the_nonce_gets_the_channel():
    async def test(server):
        nonce, arrival = server.expect()
        reader, writer = await dial(server, json.dumps({"hello": nonce}).encode() + b"\n")
        channel = await arrival
        channel.send({"config": {}})
        assert json.loads(await reader.readline()) == {"config": {}} and channel.sent == 1
        writer.write(b'{"log":"x"}\n')
        assert await channel.receive() == {"log": "x"}
        writer.close()
        with pytest.raises(ChannelClosed):
            await channel.receive()

    run(test)


@pytest.mark.parametrize(
    "hello", [b'{"hello":"wrong"}\n', b"[]\n", b"rubbish\n", b"\xff\xfe\n", b""]
)
def test_anybody_else_is_sent_away(hello):
    async def test(server):
        _, arrival = server.expect()
        reader, writer = await dial(server, hello)
        if not hello:
            writer.write_eof()
        assert await reader.read() == b""
        assert not arrival.done()

    run(test)


def test_a_nonce_counts_once():
    async def test(server):
        nonce, arrival = server.expect()
        line = json.dumps({"hello": nonce}).encode() + b"\n"
        await dial(server, line)
        await arrival
        reader, _ = await dial(server, line)
        assert await reader.read() == b""

    run(test)
