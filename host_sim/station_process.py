"""The station's own process: the firmware on an interpreter, and nothing else of the simulator.

The process is the station's RAM and processor. Killing it is a power cut; when it ends by itself
it has rebooted (or failed), and the owner starts the next one on the same flash.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from host_sim.channel import Channel, ChannelClosed, ChannelServer

_LOG = logging.getLogger("host_sim")
ROOT = Path(__file__).resolve().parent.parent
MAIN = ROOT / "boards" / "host" / "main.py"
QEMU = ROOT / "host_sim" / "qemu.py"
HEAP_VARIABLE = "QEMU_HEAP_BYTES"  # environment: of the emulated board's heap
BUILT_VARIABLE = "QEMU_BUILT"  # environment: another folder with firmware.elf and app.romfs
_HELLO_S = 60  # also on a machine that is busy with other things
_PR_SET_PDEATHSIG = 1


class InterpreterError(Exception):
    """One line for the user."""


def interpreter(target: str) -> list[str]:
    """The command that runs a program on `target`. Raises InterpreterError."""
    if target == "cpython":
        return [sys.executable, "-u"]
    if target == "qemu":
        built = Path(os.environ.get(BUILT_VARIABLE) or ROOT / "build" / "qemu")
        if not (built / "app.romfs").exists():
            raise InterpreterError("--target qemu: no firmware; run `make qemu`")
        return [sys.executable, "-u", str(QEMU)]
    built = ROOT / "build" / "micropython" / "micropython"
    named = os.environ.get("MICROPYTHON")
    for candidate in (str(built), named, shutil.which("micropython")):
        if candidate and os.access(candidate, os.X_OK):
            return [candidate, "-X", "heapsize=2M"]
    raise InterpreterError(
        "--target unix: no MicroPython interpreter; run `make micropython`, "
        "or name one by MICROPYTHON="
    )


class StationProcess:
    """One life of the station, from power-up to reboot or power cut.

    on_line(object): each line from the process; on_end(reason): called once when it has ended by
    itself, with the boot reason it gave, or None if it died without one.
    """

    def __init__(
        self,
        command: list[str],
        server: ChannelServer,
        lock_fd: int,
        on_line: Callable[[dict], None],
        on_end: Callable[[str | None], None],
    ) -> None:
        self._command = command
        self._server = server
        self._lock_fd = lock_fd
        self._on_line = on_line
        self._on_end = on_end
        self._process: asyncio.subprocess.Process | None = None
        self._channel: Channel | None = None
        self._reader: asyncio.Task | None = None
        self._reason: str | None = None
        self._killed = False

    async def start(self, configure: Callable[[], dict]) -> None:
        """Run the process; `configure()` gives its configuration when it has asked for it."""
        nonce, arrival = self._server.expect()
        # fds that stay open: the lock, so that nobody else takes the flash while this one lives
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            str(MAIN),
            str(self._server.port),
            nonce,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),  # standard output belongs to the simulator
            pass_fds=(self._lock_fd,),
            preexec_fn=die_with_parent,
            umask=0o077,  # keys and passwords are on the flash
            process_group=0,  # Ctrl-C in the terminal is the simulator's to deal with
        )
        ended = asyncio.create_task(self._process.wait())
        await asyncio.wait((arrival, ended), timeout=_HELLO_S, return_when=asyncio.FIRST_COMPLETED)
        self._server.forget(nonce)
        if not arrival.done():
            arrival.cancel()
            ended.cancel()
            await self.kill()
            raise RuntimeError("the station's process did not start")
        self._channel = arrival.result()
        self._channel.send({"config": configure()})
        self._reader = asyncio.create_task(self._read())

    @property
    def sent(self) -> int:
        """How many lines the process has been sent."""
        return self._channel.sent if self._channel else 0

    def send(self, value: dict) -> None:
        if self._channel is not None:
            self._channel.send(value)

    async def ended(self, timeout_s: float) -> None:
        """Wait until the process has ended, but not longer."""
        if self._process is not None:
            await asyncio.wait((asyncio.create_task(self._process.wait()),), timeout=timeout_s)

    async def kill(self) -> None:
        """The power is cut: it never knows."""
        self._killed = True
        process = self._process
        if process is not None:
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
            await process.wait()
        if self._reader is not None:
            self._reader.cancel()
        if self._channel is not None:
            self._channel.close()

    async def _read(self) -> None:
        assert self._channel is not None and self._process is not None
        try:
            while True:
                line = await self._channel.receive()
                if "reboot" in line:
                    self._reason = line["reboot"]
                else:
                    self._take(line)
        except ChannelClosed:
            await self._process.wait()
            self._channel.close()
            if not self._killed:
                self._on_end(self._reason)

    def _take(self, line: dict) -> None:
        """A line that can't be dealt with must not end the line to a station that lives."""
        try:
            self._on_line(line)
        except Exception:
            _LOG.exception("a line of the station could not be dealt with")


def die_with_parent() -> None:
    """In the child: the kernel kills it when the simulator ends, however that happens."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):
        return  # not Linux: the end of the channel does it
