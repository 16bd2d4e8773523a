"""The station's process for `--target qemu`: an emulated microcontroller and its modem.

    python host_sim/qemu.py - PORT NONCE

To the simulator it is a station process like any other. UART 1, 3 and 4 are the modem, in the
protocol that boards/qemu_mps2/frozen/socket.py describes; UART 2 is the channel; UART 0 is the
console, on standard output. The flash is a file in the folder the configuration names. Whoever
kills this process has cut the power: QEMU dies with it, and what was written to the flash stays.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    _ROOT = Path(__file__).resolve().parent.parent
    sys.path[:0] = [str(_ROOT), str(_ROOT / "firmware")]

from host_sim.clock import monotonic_ms
from host_sim.station_process import BUILT_VARIABLE, HEAP_VARIABLE, die_with_parent
from tools import qemu_image
from tools.get_arm_toolchain import emulator

ROOT = Path(__file__).resolve().parent.parent
CONSOLE_VARIABLE = "QEMU_CONSOLE"  # environment: QEMU's -serial for UART 0, as pty
WATCH_VARIABLE = "QEMU_WATCH_HEAP"  # environment: the board counts what lives (c/heap.c)
BUILT = Path(os.environ.get(BUILT_VARIABLE) or ROOT / "build" / "qemu")
FIRMWARE = BUILT / "firmware.elf"
IMAGES = (BUILT / "app.img", BUILT / "app.romfs")  # the first that is there
_FLASH_AT = 0x21000000
_PARAMETERS_AT = 0x203FFF00
_LINE_LIMIT = 4 * 1024 * 1024
_CHUNK = 1024
_BUFFER = 4096  # what the modem takes from the board before it can pass it on
_SEND_BUFFER = 4 * 1024 * 1024  # of the socket, not of the board; the system may give less
_CLOSE_S = 2
_END_S = 2


def command(
    flash: Path, uarts: list[int], heap_bytes: int, certificates: Path | None = None
) -> list[str]:
    """QEMU's command line. uarts: file descriptors of the UARTs 1 to 4; heap_bytes 0: default;
    certificates: an image of them."""
    seed = secrets.randbits(64)
    watch = bool(os.environ.get(WATCH_VARIABLE))
    parameters = (heap_bytes, seed & 0xFFFFFFFF, seed >> 32, int(time.time()), int(watch))
    machine = "mps2-an385,memory-backend=flash"
    backend = (
        f"memory-backend-file,id=flash,size={qemu_image.FLASH_BYTES},mem-path={flash},share=on"
    )
    line = [emulator(), "-machine", machine, "-object", backend, "-nic", "user,restrict=on"]
    line += ["-display", "none", "-monitor", "none", "-semihosting"]
    line += ["-serial", os.environ.get(CONSOLE_VARIABLE) or "stdio"]
    for number, descriptor in enumerate(uarts, 1):
        line += ["-chardev", f"socket,id=uart{number},fd={descriptor}"]
        line += ["-serial", f"chardev:uart{number}"]
    line += ["-kernel", str(FIRMWARE)]
    if certificates is not None:
        address = _FLASH_AT + qemu_image.CERTIFICATES_AT
        line += ["-device", f"loader,file={certificates},addr={address:#x},force-raw=on"]
    for n, value in enumerate(parameters):
        line += ["-device", f"loader,addr={_PARAMETERS_AT + 4 * n:#x},data={value},data-len=4"]
    return line


class Wire:
    """The host's end of one UART."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def __init__(self, limit: int = _LINE_LIMIT) -> None:
        self._end, self.board_end = socket.socketpair()
        # QEMU writes byte by byte, and each takes the place of some hundred: else the board waits.
        self.board_end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self._limit = limit

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection(sock=self._end, limit=self._limit)
        self.writer.transport.set_write_buffer_limits(high=1, low=0)


class _Connection:
    """One TCP connection of the board."""

    def __init__(self, data: Wire) -> None:
        self.data = data
        self.writer: asyncio.StreamWriter | None = None
        self.task: asyncio.Task | None = None
        self.delivered = 0  # bytes to the board
        self.taken = 0  # bytes from the board
        self.written: int | None = None  # what it had written when it closed
        self.is_over = False  # and the board has been told


class Modem:
    """Makes the connections that the board asks for. data: by the number of the UART."""

    def __init__(self, data: dict[int, Wire], control: Wire) -> None:
        self._data = data
        self._control = control
        self._connections: dict[int, _Connection] = {}
        # Whose bytes come from each UART, in this order.
        self._writing: dict[Wire, deque[_Connection]] = {wire: deque() for wire in data.values()}
        self._waiting: set[asyncio.Task] = set()

    async def listen(self) -> None:
        """Take the board's orders until it ends."""
        while line := (await self._control.reader.readline()).split():
            number = int(line[1])
            if line[0] == b"open":
                wire = self._data[int(line[2])]
                connection = self._connections[number] = _Connection(wire)
                self._writing[wire].append(connection)
                connection.task = asyncio.create_task(
                    self._connect(number, connection, line[3].decode(), int(line[4]))
                )
            else:
                self._close(number, self._connections.pop(number), int(line[2]))

    async def carry(self, wire: Wire) -> None:
        """Take the bytes that the board writes to a UART to where they belong."""
        writing = self._writing[wire]
        while data := await wire.reader.read(_CHUNK):
            while data:
                while writing[0].taken == writing[0].written:
                    writing.popleft()
                connection = writing[0]
                count = len(data)
                if connection.written is not None:
                    count = min(count, connection.written - connection.taken)
                connection.taken += count
                piece, data = data[:count], data[count:]
                if connection.writer is not None and not connection.writer.is_closing():
                    connection.writer.write(piece)
                    with contextlib.suppress(OSError):
                        await connection.writer.drain()

    def _say(self, line: str) -> None:
        self._control.writer.write(line.encode() + b"\n")

    async def _connect(self, number: int, connection: _Connection, host: str, port: int) -> None:
        try:
            reader, connection.writer = await asyncio.open_connection(host, port)
        except OSError as error:
            connection.is_over = True
            connection.written = 0
            self._say(f"refused {number} {error.errno or errno.EHOSTUNREACH}")
            return
        connection.writer.transport.set_write_buffer_limits(high=1, low=0)
        self._say(f"opened {number}")
        why = 0
        try:
            while data := await reader.read(_CHUNK):
                connection.delivered += len(data)
                connection.data.writer.write(data)
                await connection.data.writer.drain()
        except OSError as error:
            why = error.errno or errno.ECONNRESET
        self._over(number, connection, why)

    def _over(self, number: int, connection: _Connection, why: int) -> None:
        if not connection.is_over:
            connection.is_over = True
            self._say(f"closed {number} {connection.delivered} {why}")

    def _close(self, number: int, connection: _Connection, written: int) -> None:
        if connection.task is not None:
            connection.task.cancel()
        connection.written = written
        self._over(number, connection, 0)
        task = asyncio.create_task(self._finish(connection))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _finish(self, connection: _Connection) -> None:
        """Close when all that the board had written is through, or nobody takes it."""
        if connection.writer is None:
            return
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(_CLOSE_S):
                while connection.taken < (connection.written or 0):
                    await asyncio.sleep(0.01)
                connection.writer.close()
                await connection.writer.wait_closed()
        connection.writer.transport.abort()


async def from_board(
    reader: asyncio.StreamReader, host: asyncio.StreamWriter, on_first: Callable[[], None]
) -> None:
    """The board's lines to the host until it ends: large messages are put together, and the heap
    that it tells goes into `firmware` of the state, as bytes used at power-up, used now and free.
    The first line says that it listens.
    """
    pieces: dict[str, list[str]] = {"in": [], "out": []}
    at_boot = heap = None
    while line := await reader.readline():
        on_first()
        if line.startswith(b'{"heap"'):
            heap = json.loads(line)["heap"]
            at_boot = at_boot or heap[0]
            continue
        if heap is not None and line.startswith(b'{"state"'):
            state = json.loads(line)
            told = {"boot": at_boot, "used": heap[0], "free": heap[1]}
            state["value"]["firmware"]["heap"] = told
            line = json.dumps(state).encode() + b"\n"
        elif line.startswith(b'{"piece"'):
            direction, piece = json.loads(line)["piece"]
            if piece is not None:
                pieces[direction].append(piece)
                continue
            line = json.dumps({"message": [direction, "".join(pieces[direction])]}).encode()
            line += b"\n"
            pieces[direction].clear()
        host.write(line)


async def to_board(host: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The host's lines to the board, until the host ends."""
    while line := await host.readline():
        writer.write(line)
        await writer.drain()


async def _to_its_end(lines: Coroutine[Any, Any, None]) -> None:
    """A board that ends while a line is on its way to it resets the connection."""
    with contextlib.suppress(ConnectionResetError):
        await lines


def store_certificates(config: dict, folder: Path) -> Path | None:
    """Make an image of the certificates that the configuration names; it then names those."""
    paths = [path and Path(path) for path in (*config["tls"], config["firmware"]["roots"])]
    files = {f"{n}.pem": path.read_bytes() for n, path in enumerate(paths) if path}
    if not files:
        return None
    from tools import build_romfs

    image = folder / "certificates.romfs"
    image.touch(0o600)
    image.write_bytes(build_romfs.image(files))
    *config["tls"], config["firmware"]["roots"] = [
        path and f"/tls/{n}.pem" for n, path in enumerate(paths)
    ]
    return image


def open_flash(path: Path) -> int:
    """A descriptor that holds the flash: another emulator on it must have ended. A new one is as
    it leaves the factory, with the image that was built."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    if os.fstat(descriptor).st_size != qemu_image.FLASH_BYTES:  # which it has in the end
        found = [image for image in IMAGES if image.exists()]
        os.pwrite(descriptor, qemu_image.flash(found[0].read_bytes() if found else b""), 0)
        os.truncate(descriptor, qemu_image.FLASH_BYTES)
    return descriptor


async def run(port: int, nonce: str) -> int:
    host_reader, host = await asyncio.open_connection("127.0.0.1", port, limit=_LINE_LIMIT)
    host.write(json.dumps({"hello": nonce}).encode() + b"\n")
    line = json.loads(await host_reader.readline())
    config = line["config"]
    flash = Path(config["flash"]) / "qemu.img"
    certificates = store_certificates(config, flash.parent)
    config["flash"] = "/flash"
    lock = open_flash(flash)
    data, channel, control, more = wires = [Wire(_BUFFER), Wire(), Wire(), Wire(_BUFFER)]
    descriptors = [wire.board_end.fileno() for wire in wires]
    heap_bytes = int(os.environ.get(HEAP_VARIABLE, "0"))
    emulated = subprocess.Popen(
        command(flash, descriptors, heap_bytes, certificates),
        stdin=subprocess.DEVNULL,
        pass_fds=(*descriptors, lock),
        preexec_fn=die_with_parent,
    )
    for wire in wires:
        wire.board_end.close()
        await wire.open()
    modem = Modem({1: data, 4: more}, control)
    listening = asyncio.Event()
    answers = asyncio.create_task(_to_its_end(from_board(channel.reader, host, listening.set)))
    carriers = (modem.listen(), modem.carry(data), modem.carry(more))
    others = [asyncio.create_task(_to_its_end(task)) for task in carriers]

    async def order() -> None:
        await listening.wait()  # for the time that it is told must be the time when it hears it
        config["clock"]["elapsed_ms"] = monotonic_ms() - config["clock"]["tick_ms"]
        channel.writer.write(json.dumps(line).encode() + b"\n")
        await to_board(host_reader, channel.writer)

    orders = asyncio.create_task(_to_its_end(order()))
    await asyncio.wait((answers, orders, *others), return_when=asyncio.FIRST_COMPLETED)
    if not orders.done():  # the board has ended, and what it said last is on its way
        await asyncio.wait((answers,), timeout=_END_S)
        await host.drain()
    emulated.kill()
    emulated.wait()
    for task in (answers, orders, *others):
        if task.done() and not task.cancelled():
            task.result()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(run(int(sys.argv[2]), sys.argv[3])))
