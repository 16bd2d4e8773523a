"""The image of a board runs on MicroPython: from boot.py to a station that polls its drivers.

machine and network are stand-ins that answer anything; what counts here is that all modules of the
image, compiled as for a board, import and compose on the interpreter that they are made for.
"""

import dataclasses
import json
import re
import subprocess
from pathlib import Path

import pytest

from chargepoint import VERSION
from tests.boards.test_boot import BESIDE, SLOTS
from tests.support import images
from tools import boards, build_app, build_romfs, long_names, stand_ins
from tools.portable_tests import INTERPRETER, ROOT

HARDWARE = """
import sys, os

class Part:
    def __init__(self, *given, **named):
        self.level = named.get("value") or 0
    def __getattr__(self, name):
        if name.isupper() or name == "STA_IF" or name == "PHY_LAN8720":
            return 1
        raise AttributeError(name)
    def value(self, level=None):
        if level is None:
            return self.level
        self.level = level
    def irq(self, handler, trigger, hard=False): pass
    def read_u16(self): return 0
    def freq(self, hz): pass
    def duty_u16(self, duty): pass
    def period(self): return 999
    def channel(self, *given, **named): return self
    def pulse_width(self, width): pass
    def any(self): return 0
    def readinto(self, *given): return None
    def write(self, data): return len(data)
    def flush(self): pass
    def write_readinto(self, out, into): pass
    def datetime(self, *value): return (2000, 1, 1, 6, 0, 0, 0, 0)
    def feed(self): print("fed")
    def active(self, on): pass
    def isconnected(self): return False
    def connect(self, *given): pass
    def disconnect(self): pass

Part.IN = Part.OUT = Part.PULL_UP = Part.IRQ_RISING = Part.IRQ_FALLING = 1
Part.ATTN_11DB = Part.PWM = 1

class Cpu:
    def __getattr__(self, name): return Part()

Part.cpu = Cpu()

class machine:
    Pin = ADC = PWM = UART = SPI = RTC = WDT = Timer = Part
    @staticmethod
    def reset():
        print("reset")

class network:
    WLAN = LAN = Part
    STA_IF = PHY_LAN8720 = 0

class Partition:
    TYPE_DATA = RUNNING = 1
    def get_next_update(self): return Partition("ota_1")
    def info(self): return (0, 16, 0, 8192, "ota_0", False)
    def __init__(self, label):
        self.bytes = bytearray(b"\\xff" * (131072 if label == "journal" else 8192))
    @staticmethod
    def find(kind, label):
        known = ("journal", "rom_0", "rom_1", "slots")
        return [Partition(label)] if kind == 1 and label in known else []
    def readblocks(self, block, buffer, offset):
        at = 4096 * block + offset
        buffer[:] = memoryview(self.bytes)[at:at + len(buffer)]
    def writeblocks(self, block, buffer, offset):
        at = 4096 * block + offset
        assert self.bytes[at:at + len(buffer)] == b"\\xff" * len(buffer)
        self.bytes[at:at + len(buffer)] = buffer
    def ioctl(self, request, argument):
        if request == 6:
            print("erased", argument)
            self.bytes[4096 * argument:4096 * argument + 4096] = b"\\xff" * 4096
        return {4: 32, 5: 4096}.get(request, 0)

class esp32:
    pass

esp32.Partition = Partition
import vfs as real_vfs

class vfs:
    mount, umount, VfsRom = real_vfs.mount, real_vfs.umount, real_vfs.VfsRom
    @staticmethod
    def rom_ioctl(operation, *given):
        return 2 if operation == 1 else rom["rom_%d" % given[0]] if operation == 2 else -22

sys.modules["vfs"] = vfs
sys.modules["esp32"] = esp32
sys.modules["machine"] = sys.modules["pyb"] = machine
sys.modules["network"] = network
"""
# What is frozen into its firmware says where the slots are.
STM32 = f"""
del sys.modules["romslot"]
sys.path.append({str(ROOT / "boards" / "common" / "frozen_stm32")!r})
"""
# The board is asked to end after its third pass.
END = """
import board, composed
board.FLASH = FLASH
if "nucleo144" in sys.modules:
    sys.modules["nucleo144"].FLASH = FLASH
before_wait = composed.Composed._before_wait
passes = []
def counted(self, deadline, settled):
    before_wait(self, deadline, settled)
    passes.append(1)
    if len(passes) == 3:
        updater = self.runtime.station.updater
        told = self.runtime.station.layout.firmware_version
        print("runs", updater and updater.version, told)
        self.runtime.station.reboot = "Scheduled"
composed.Composed._before_wait = counted
"""


def as_in_the_image(text: str, board: boards.Board) -> str:
    """With its short names."""
    names = long_names.read(build_app.names(board))
    short = {long: short for short, long in names.items()}
    return re.sub(r"\w+", lambda word: short.get(word[0], word[0]), text)


@pytest.mark.parametrize("name", boards.names())
def test_a_station_comes_up(name: str, tmp_path: Path):
    board = boards.load(name)
    board.chip = dataclasses.replace(board.chip, mpy="x64")  # native code for this machine
    files = {**build_app.files(board), "update_keys.bin": b"CPK\x01\x03" + images.PUBLIC}
    content = build_romfs.image(files)
    image = images.header(content, product=name, hardware="A") + content
    (tmp_path / "flash").mkdir()
    config = {**stand_ins.CONFIG, "variables": {"OCPPCommCtrlr.HeartbeatInterval": 77}}
    (tmp_path / "flash" / "station.json").write_text(json.dumps(config))
    program = tmp_path / "program.py"
    boot, main = ((ROOT / "firmware" / f"{part}.py").read_text() for part in ("boot", "main"))
    slots = f'open({str(tmp_path / "image")!r}, "rb").read()'
    (tmp_path / "image").write_bytes(image)
    text = "" if board.is_esp32 else STM32
    text = HARDWARE + (SLOTS % (b"", b"")).replace("\"rom_0\": b''", f'"rom_0": {slots}') + text
    flash = str(tmp_path / "flash")
    end = as_in_the_image(f"\nFLASH = {flash!r}\n" + END, board)
    program.write_text(text + BESIDE + boot + end + main)
    command = [str(INTERPRETER), "-X", "heapsize=4m", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    version = f"None {VERSION}" if name == "pybd_sf6" else "1.0.0 1.0.0"  # which can't be updated
    assert f"runs {version}\n" in said and "no updates" not in said, said
    assert "fed" in said and "restart: Scheduled" in said, said
    assert said.rstrip().endswith("reset"), said
    assert (tmp_path / "flash" / "store").is_dir() != board.is_esp32
    assert ("erased 0\n" in said) == board.is_esp32  # the first sector of the store
