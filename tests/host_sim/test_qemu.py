"""The emulated board's modem and channel, with a test in the board's place: real connections,
refusals, resets, and whose the bytes on the one UART are."""

import asyncio
import errno
import fcntl
import json
import os
import socket
import struct

import pytest

from chargepoint.ota import slots
from host_sim import qemu
from tools import build_romfs

PATIENCE_S = 30  # a guard against a test that hangs


class Board:
    """The board's ends of the UARTs 1, 3 and 4."""

    def __init__(self, data, control, more):
        self.data_in, self.data_out = data
        self.control_in, self.control_out = control
        self.more_in, self.more_out = more

    def order(self, line):
        self.control_out.write(line.encode() + b"\n")

    def write(self, data):
        self.data_out.write(data)

    async def told(self):
        return (await self.control_in.readline()).decode().rstrip("\n")

    async def read(self, count):
        return await self.data_in.readexactly(count)


class Server:
    """A TCP server of which each connection is (reader, writer), in the order of their making."""

    def __init__(self):
        self._made = asyncio.Queue()

    async def start(self):
        async def accept(reader, writer):
            self._made.put_nowait((reader, writer))

        self._server = await asyncio.start_server(accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def connection(self):
        return await self._made.get()

    def close(self):
        self._server.close()


def scenario(test):
    """Run `test(board, server)` with a modem between them."""

    async def body():
        data, control, more = wires = qemu.Wire(), qemu.Wire(), qemu.Wire()
        for wire in wires:
            await wire.open()
        ends = [await asyncio.open_connection(sock=wire.board_end) for wire in wires]
        modem = qemu.Modem({1: data, 4: more}, control)
        server = await Server().start()
        carriers = modem.listen(), modem.carry(data), modem.carry(more)
        tasks = [asyncio.create_task(task) for task in carriers]
        try:
            async with asyncio.timeout(PATIENCE_S):
                await test(Board(*ends), server)
        finally:
            for _, writer in ends:
                writer.close()
            server.close()
            done = await asyncio.gather(*tasks, return_exceptions=True)
            assert [error for error in done if error is not None] == []

    asyncio.run(body())


def reset(writer):
    """Close so that the other side sees a reset."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def test_a_connection_carries_bytes_both_ways_and_ends():
    async def test(board, server):
        board.order(f"open 1 1 127.0.0.1 {server.port}")
        assert await board.told() == "opened 1"
        reader, writer = await server.connection()
        board.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        writer.write(b"x" * 100_000)
        assert await board.read(100_000) == b"x" * 100_000
        writer.close()
        assert await board.told() == "closed 1 100000 0"
        board.order("close 1 5")

    scenario(test)


def test_what_the_board_wrote_before_it_closed_arrives_though_the_close_comes_first():
    async def test(board, server):
        board.order(f"open 1 1 127.0.0.1 {server.port}")
        assert await board.told() == "opened 1"
        board.order("close 1 9")
        assert await board.told() == "closed 1 0 0"
        board.write(b"good-byes")
        reader, _ = await server.connection()
        assert await reader.read() == b"good-byes"

    scenario(test)


def test_the_next_connection_gets_its_own_bytes_only():
    async def test(board, server):
        for number in (1, 2, 3):
            board.order(f"open {number} 1 127.0.0.1 {server.port}")
            assert await board.told() == f"opened {number}"
            reader, writer = await server.connection()
            board.write(b"mine%d" % number)
            assert await reader.readexactly(5) == b"mine%d" % number
            writer.close()
            assert await board.told() == f"closed {number} 0 0"
            board.write(b"late")  # it has not looked at UART 3 yet
            board.order(f"close {number} 9")

    scenario(test)


def test_a_refusal():
    async def test(board, server):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            board.order(f"open 1 1 127.0.0.1 {unused.getsockname()[1]}")
            assert await board.told() == f"refused 1 {errno.ECONNREFUSED}"
        board.order("close 1 0")
        board.order(f"open 2 1 127.0.0.1 {server.port}")
        assert await board.told() == "opened 2"
        board.write(b"x")
        reader, _ = await server.connection()
        assert await reader.readexactly(1) == b"x"

    scenario(test)


def test_a_reset_is_told_as_one():
    async def test(board, server):
        board.order(f"open 1 1 127.0.0.1 {server.port}")
        assert await board.told() == "opened 1"
        _, writer = await server.connection()
        reset(writer)
        assert await board.told() == f"closed 1 0 {errno.ECONNRESET}"
        board.write(b"into the void")
        board.order("close 1 13")
        board.order(f"open 2 1 127.0.0.1 {server.port}")
        assert await board.told() == "opened 2"
        board.write(b"x")
        reader, _ = await server.connection()
        assert await reader.readexactly(1) == b"x"

    scenario(test)


def test_a_server_that_takes_nothing_does_not_hold_up_the_next(monkeypatch):
    monkeypatch.setattr(qemu, "_CLOSE_S", 0.05)

    async def test(board, server):
        board.order(f"open 1 1 127.0.0.1 {server.port}")
        assert await board.told() == "opened 1"
        _, writer = await server.connection()
        writer.transport.pause_reading()
        much = 32 * 1024 * 1024  # more than all buffers on the way
        board.write(b"x" * much)
        board.order(f"close 1 {much}")
        assert await board.told() == "closed 1 0 0"
        board.order(f"open 2 1 127.0.0.1 {server.port}")
        assert await board.told() == "opened 2"
        board.write(b"y")
        reader, _ = await server.connection()
        assert await reader.readexactly(1) == b"y"

    scenario(test)


def test_two_connections_at_a_time_each_on_its_uart():
    async def test(board, server):
        board.order(f"open 1 1 127.0.0.1 {server.port}")
        assert await board.told() == "opened 1"
        board.order(f"open 2 4 127.0.0.1 {server.port}")
        assert await board.told() == "opened 2"
        first, second = await server.connection(), await server.connection()
        second[1].transport.pause_reading()  # which takes nothing holds up the other
        board.more_out.write(b"y" * 32 * 1024 * 1024)
        board.write(b"one")
        assert await first[0].readexactly(3) == b"one"
        first[1].write(b"for one")
        second[1].write(b"for two")
        assert await board.read(7) == b"for one"
        assert await board.more_in.readexactly(7) == b"for two"
        board.order(f"close 2 {32 * 1024 * 1024}")
        assert await board.told() == "closed 2 7 0"
        first[1].close()
        assert await board.told() == "closed 1 7 0"
        board.order("close 1 3")

    scenario(test)


def test_a_connection_that_is_given_up_before_it_is_there():
    async def test(board, server):
        board.order(f"open 1 1 127.0.0.1 {server.port}")
        board.order("close 1 0")
        said = await board.told()
        if said == "opened 1":  # it was faster
            said = await board.told()
        assert said == "closed 1 0 0"

    scenario(test)


async def _through(*lines):
    """What the host gets of these lines of a board."""
    board, host = asyncio.StreamReader(), _Kept()
    for line in lines:
        board.feed_data(json.dumps(line).encode() + b"\n")
    board.feed_eof()
    first = []
    await qemu.from_board(board, host, lambda: first.append(True))  # type: ignore[arg-type]
    assert len(first) == len(lines)
    return [json.loads(line) for line in host.lines]


class _Kept:
    def __init__(self):
        self.lines = []

    def write(self, line):
        self.lines.append(line)


def test_the_boards_lines_go_to_the_host_and_large_messages_in_one():
    lines = [
        {"log": "a"},
        {"piece": ["out", "[3,"]},
        {"evse": 1},
        {"piece": ["in", "[4]"]},
        {"piece": ["out", '"x",{}]']},
        {"piece": ["in", None]},
        {"piece": ["out", None]},
        {"piece": ["out", "[]"]},
        {"piece": ["out", None]},
    ]
    assert asyncio.run(_through(*lines)) == [
        {"log": "a"},
        {"evse": 1},
        {"message": ["in", "[4]"]},
        {"message": ["out", '[3,"x",{}]']},
        {"message": ["out", "[]"]},
    ]


def test_the_heap_is_told_with_the_state():
    def state():
        return {"state": 7, "value": {"firmware": {"version": "1"}}}

    lines = asyncio.run(_through(state(), {"heap": [5, 90]}, {"heap": [40, 55]}, state()))
    assert lines == [
        state(),
        {
            "state": 7,
            "value": {
                "firmware": {"version": "1", "heap": {"boot": 5, "used": 40, "free": 55}},
            },
        },
    ]


def test_certificates_become_an_image_that_only_their_owner_can_read(tmp_path):
    root = tmp_path / "root.pem"
    root.write_bytes(b"the root")
    config = {"tls": [str(root), None, None], "firmware": {"roots": None}}
    image = qemu.store_certificates(config, tmp_path)
    assert config["tls"] == ["/tls/0.pem", None, None]
    assert image is not None and b"the root" in image.read_bytes()
    assert image.stat().st_mode & 0o77 == 0
    line = qemu.command(tmp_path / "flash", [], 65536, image)
    assert f"loader,file={image},addr=0x21500000,force-raw=on" in line
    assert "loader,addr=0x203fff00,data=65536,data-len=4" in line


def test_without_certificates_there_is_no_image(tmp_path):
    config = {"tls": [None, None, None], "firmware": {"roots": None}}
    assert qemu.store_certificates(config, tmp_path) is None
    assert config["tls"] == [None, None, None] and not any(tmp_path.iterdir())
    assert "0x21500000" not in " ".join(qemu.command(tmp_path / "flash", [], 0))


def test_a_new_flash_has_the_image_that_was_built_and_an_old_one_stays(tmp_path, monkeypatch):
    image = tmp_path / "app.romfs"
    image.write_bytes(build_romfs.image({"main.py": b"pass"}))
    monkeypatch.setattr(qemu, "IMAGES", (tmp_path / "none", image))
    path = tmp_path / "qemu.img"
    os.close(qemu.open_flash(path))
    assert path.stat().st_size == 16 << 20
    data = path.read_bytes()
    assert slots.is_whole(data[: 1 << 20]) and data[4096:].startswith(image.read_bytes())
    rest = 4096 + image.stat().st_size
    assert data[rest : 5 << 20] == b"\xff" * ((5 << 20) - rest)
    with path.open("r+b") as file:
        file.seek(1000)
        file.write(b"kept")
    os.close(qemu.open_flash(path))
    assert path.stat().st_size == 16 << 20
    assert path.read_bytes()[1000:1004] == b"kept"


def test_a_flash_is_its_emulators_until_that_ends(tmp_path):
    path = tmp_path / "qemu.img"
    first = qemu.open_flash(path)
    with path.open("rb") as other:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(first)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize("heap", [0, 98304])
def test_the_boards_parameters(tmp_path, heap):
    line = qemu.command(tmp_path / "flash", [7, 8, 9], heap)
    for number, descriptor in enumerate((7, 8, 9), 1):
        assert f"socket,id=uart{number},fd={descriptor}" in line
    assert f"loader,addr=0x203fff00,data={heap},data-len=4" in line
