"""mpremote against the emulated board's serial port: what flash.py and provision.py do with a
board that has MicroPython on it, and the application that they put on its file system."""

import contextlib
import hashlib
import json
import os
import socket
import subprocess
import threading
import tty
from pathlib import Path

import pytest

from host_sim import qemu
from host_sim.station_process import HEAP_VARIABLE
from tests.scenarios import stage
from tests.scenarios.stage import Stage, whole
from tests.tools import made_certificates
from tools import boards, build_qemu, flash, provision

pytestmark = pytest.mark.usefixtures("emulated")
NO_IMAGE = bytes(4)
HEAP_BYTES = 512 * 1024
PATIENCE_S = 60
STATION = """
[station]
id = "CP-1"
csms = ["wss://csms/ocpp"]
"""
LISTENS = b'{"heap"'  # what the simulated station says first, on UART 2


class Board:
    """An emulated board that is on: `port` is its console, `lives` the exit status of each."""

    def __init__(self, folder: Path) -> None:
        self.image = folder / "flash" / "qemu.img"
        self.image.parent.mkdir()
        os.close(qemu.open_flash(self.image))
        self._console, self._port = os.openpty()
        tty.setraw(self._port)
        self.port = os.ttyname(self._port)
        self.lives: list[int] = []
        self.channel = b""  # what UART 2 has said, in the life that goes on
        self._is_on = True
        self._emulated: subprocess.Popen | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while self._is_on:
            wires = [socket.socketpair() for _ in range(3)]
            descriptors = [board_end.fileno() for _, board_end in wires]
            line = qemu.command(self.image, descriptors, HEAP_BYTES)
            with self._changed:
                self.channel = b""
                self._emulated = subprocess.Popen(
                    line, stdin=self._console, stdout=self._console, pass_fds=descriptors
                )
            for _, board_end in wires:
                board_end.close()
            channel = wires[1][0]
            while data := self._said(channel):
                with self._changed:
                    self.channel += data
                    self._changed.notify_all()
            status = self._emulated.wait()
            for host_end, _ in wires:
                host_end.close()
            with self._changed:
                self.lives.append(status)
                self._changed.notify_all()

    @staticmethod
    def _said(channel: socket.socket) -> bytes:
        with contextlib.suppress(ConnectionResetError):
            return channel.recv(1024)
        return b""

    def wait_for(self, predicate, what: str) -> None:
        with self._changed:
            assert self._changed.wait_for(predicate, PATIENCE_S), what

    def off(self) -> None:
        if not self._is_on:
            return
        self._is_on = False
        assert self._emulated is not None
        self._emulated.kill()
        self._thread.join()
        os.close(self._console)
        os.close(self._port)

    def remote(self, *words: str) -> str:
        """What a command of mpremote prints."""
        done = provision.call(["connect", self.port, *words], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def board(tmp_path: Path, monkeypatch):
    """One with MicroPython only."""
    (tmp_path / "none").write_bytes(NO_IMAGE)
    monkeypatch.setattr(qemu, "IMAGES", (tmp_path / "none",))
    monkeypatch.setattr(provision, "LONGEST_S", PATIENCE_S)
    board = Board(tmp_path)
    yield board
    board.off()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with the application as files for a file system, of one dialect."""
    folder = tmp_path / "made"
    modules = build_qemu.build_image(("ocpp201",), [], folder / "app.romfs")
    for name, data in modules.items():
        path = folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / "files"


def test_a_new_board_has_a_console_and_an_empty_file_system(board: Board):
    text = board.remote("exec", "import os, sys; print(sys.platform, os.getcwd(), os.listdir())")
    assert text == "qemu /flash []\n"


def test_a_failure_on_the_board_is_one(board: Board):
    with pytest.raises(boards.Failure, match="mpremote failed"):
        provision.run(["mpremote", "connect", board.port, "exec", "1 / 0"], dry_run=False)


def test_provisioned_through_the_port(board: Board, tmp_path: Path):
    """As an ESP32 is: the station, its certificates, and a reset."""
    (tmp_path / "station.toml").write_text(STATION)
    certificates = made_certificates.write(tmp_path)
    esp32 = boards.load("esp32_poe")
    station = provision.content(esp32, tmp_path / "station.toml", files=certificates)
    provision.provision(esp32, board.port, station, certificates, False)
    board.wait_for(lambda: board.lives == [0], "the reset")
    assert json.loads(board.remote("fs", "cat", ":station.json")) == station
    for name, path in zip(("root", "certificate", "key"), certificates, strict=True):
        assert board.remote("fs", "cat", f":/flash/tls/{name}").encode() == path.read_bytes()


def test_the_application_on_the_file_system(
    board: Board, files: Path, tmp_path: Path, monkeypatch, capfd
):
    """As on a board whose firmware has no ROMFS: it starts after a reset, and charges."""
    stm32 = boards.load("nucleo_h743zi")
    for command in flash.files_commands(stm32, board.port, files):
        provision.run(command, dry_run=False)
    there = board.remote("fs", "sha256sum", ":/flash/cp/__init__.mpy").split()
    data = (files / "cp" / "__init__.mpy").read_bytes()
    assert hashlib.sha256(data).hexdigest() in there
    board.remote("reset")
    board.wait_for(lambda: board.channel.startswith(LISTENS), "the station")
    board.remote("exec", "pass")  # also while the station runs: Ctrl-C ends it
    board.off()

    async def scenario(s: Stage):
        await s.charge()
        await s.clock(61)
        await s.unplug()
        whole(await s.ended(), 0, (await s.evse())["energy_wh"])

    built, state = tmp_path / "built", tmp_path
    built.mkdir()
    (built / "app.romfs").write_bytes(NO_IMAGE)
    (built / "firmware.elf").symlink_to(qemu.FIRMWARE)
    monkeypatch.setenv(qemu.BUILT_VARIABLE, str(built))
    monkeypatch.setenv(HEAP_VARIABLE, str(HEAP_BYTES))
    stage.play("qemu", "2.0.1", scenario, capfd, "--state-dir", str(state))
