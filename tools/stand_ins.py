"""MicroPython's hardware modules for composing a board at the desk: they take note of each pin.

`composed(folder, board)` imports the board's modules with these in place of machine, network, pyb
and esp32, and makes the station. What hardware would not do (a pin that is not there, one that is
used twice, an output on an input) is noted in `Recorder.problems`; nothing is simulated.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.chips import PINS, interrupt_line

CONFIG = {
    "id": "CP-1",
    "vendor": "Vendor",
    "model": "Model",
    "serial": "1",
    "csms": [["ws://127.0.0.1:9000/ocpp", 0]],
    "ocpp": ["ocpp2.0.1", "ocpp1.6"],
    "variables": {},
    "configuration": {},
    "allow_unknown": [False, False],
    "credential": None,
    "wifi": ["network", "key"],
    "hardware": "A",
    "provisioned_s": 200000000,
}

_PARTITION_SECTORS = 32
_SEGMENT_BYTES = 65536
_LABELS = ("journal", "rom_0", "rom_1", "slots")
_SECTOR_BYTES = 4096


class Recorder:
    def __init__(self, pins: str, numbered: bool, flash: Path):
        self.pins = pins
        self.flash = flash
        self.numbered = numbered
        self.table = PINS[pins]
        self.uses: dict[Any, str] = {}
        self.parts: dict[tuple, Any] = {}
        self.lines: dict[int, Any] = {}
        self.problems: list[str] = []

    def claim(self, pin, use: str, by_board: bool = False) -> None:
        """by_board: the board itself has wired it so."""
        table = self.table
        if pin in self.uses:
            self.problems.append(f"pin {pin} is used twice: {self.uses[pin]}, {use}")
            return
        self.uses[pin] = use
        if by_board:
            return
        if pin not in table.free:
            why = table.why_not.get(pin)
            self.problems.append(f"pin {pin} ({use}): " + (f"{why}" if why else "no such pin"))
        elif use == "output" and pin in table.input_only:
            self.problems.append(f"pin {pin} is an input only, and used as an output")
        elif use == "ADC" and pin not in table.adc:
            self.problems.append(f"pin {pin} has no ADC that can be used")

    def part(self, kind: str, number, buses: dict) -> tuple:
        if (kind, number) in self.parts:
            self.problems.append(f"{kind} {number} is used twice")
        self.parts[kind, number] = True
        if not self.numbered and number not in buses:
            self.problems.append(f"{kind} {number}: the board has no such")
        return buses.get(number, ())


def modules(recorder: Recorder) -> dict[str, types.ModuleType]:
    """machine and network, pyb and vfs or esp32 and romslot; what is frozen beside boot.py."""

    class Pin:
        IN, OUT, PULL_UP, PULL_DOWN, IRQ_RISING, IRQ_FALLING = 0, 1, 2, 3, 1, 2
        cpu: Any = None

        def __init__(self, id, mode=None, pull=None, value=None):
            if isinstance(id, Pin):
                id = id.id
            elif id in recorder.table.header:
                recorder.problems.append(f"pin {id} is one of the header: take Pin.cpu.{id}")
            self.id = id
            self.level = value or 0
            self.is_output = mode == self.OUT
            if mode is not None:
                recorder.claim(id, "output" if self.is_output else "input")
            if pull is not None:
                self.level = int(pull == self.PULL_UP)
                if id in recorder.table.input_only:
                    recorder.problems.append(f"pin {id} has no pull resistor")

        def value(self, level=None):
            if level is None:
                return self.level
            assert self.is_output, f"pin {self.id} is no output"
            self.level = level
            return None

        def irq(self, handler, trigger, hard=False):
            assert not (hard and recorder.numbered), "this port has no hard interrupts"
            line = interrupt_line(recorder.pins, self.id)
            if line is not None and recorder.lines.setdefault(line, self.id) != self.id:
                other = recorder.lines[line]
                recorder.problems.append(f"pins {other} and {self.id} share an interrupt line")

    class Cpu:
        """Pin.cpu: each pin by the controller's name, where a header has the same names."""

        def __getattr__(self, name):
            pin = Pin.__new__(Pin)
            pin.id, pin.level, pin.is_output = name, 0, False
            return pin

    class Adc:
        ATTN_11DB = 3

        def __init__(self, pin, atten=None):
            recorder.claim(pin.id, "ADC")
            self.level_mv = 0
            if recorder.numbered:
                self.read_uv = lambda: self.level_mv * 1000

        def read_u16(self):
            return min(65535, self.level_mv * 65536 // 3300)

    class Pwm:
        def __init__(self, pin, freq=0, duty_u16=0):
            recorder.claim(pin.id, "output")
            self.duty = duty_u16

        def freq(self, hz):
            pass

        def duty_u16(self, duty):
            self.duty = duty

    class Uart:
        def __init__(self, id, baudrate, *, tx=None, rx=None, timeout, rxbuf):
            wired = recorder.part("UART", id, recorder.table.uarts)
            if recorder.numbered:
                recorder.claim(tx, "output")
                recorder.claim(rx, "input")
            for pin in wired:
                recorder.claim(pin, f"UART {id}", True)
            if timeout or rxbuf < 256:
                recorder.problems.append(f"UART {id}: needs timeout=0 and rxbuf=256")

        def any(self):
            return 0

        def readinto(self, buffer, count=None):
            return None

        def write(self, data):
            return len(data)

        def flush(self):
            pass

    class Spi:
        def __init__(self, id, baudrate, *, sck: Any = None, mosi: Any = None, miso: Any = None):
            wired = recorder.part("SPI", id, recorder.table.spis)
            if recorder.numbered:
                recorder.claim(sck.id, "output")
                recorder.claim(mosi.id, "output")
                recorder.claim(miso.id, "input")
            for pin in wired:
                recorder.claim(pin, f"SPI {id}", True)

        def write_readinto(self, out, into):
            into[:] = bytes(len(into))

    class Rtc:
        def datetime(self, value=None):
            return (2000, 1, 1, 6, 0, 0, 0, 0)

    class Wdt:
        def __init__(self, timeout):
            self.fed = 0

        def feed(self):
            self.fed += 1

    class Timer:
        PWM = 1

        def __init__(self, id, freq):
            self.id = id
            recorder.part("timer", id, {id: ()})

        def freq(self, hz):
            pass

        def period(self):
            return 999

        def channel(self, number, mode, pin, pulse_width):
            recorder.claim(pin.id, "output")
            if recorder.table.timers.get(pin.id) != (self.id, number):
                recorder.problems.append(
                    f"pin {pin.id} is not channel {number} of timer {self.id}"
                )
            return self

        def pulse_width(self, width):
            pass

    class Nic:
        def __init__(self, *_, **pins):
            self.up = False

        def active(self, on):
            pass

        def isconnected(self):
            return self.up

        def ifconfig(self):
            return ("10.0.0.2", "255.0.0.0", "10.0.0.1", "10.0.0.1")

        def connect(self, name, key):
            pass

        def disconnect(self):
            pass

    class Lan(Nic):
        def __init__(self, **pins):
            super().__init__()
            for pin in sorted(recorder.table.ethernet):
                recorder.claim(pin, "Ethernet", True)
            for pin in pins.values():
                if isinstance(pin, Pin):
                    recorder.claim(pin.id, "Ethernet", True)

    loader_file = recorder.flash / "otadata.partition"
    loader = {"running": "ota_0", "stays": "ota_0", "next": "", "is_tried": False}
    if loader_file.exists():
        loader = json.loads(loader_file.read_text())
        is_tried = bool(loader["next"])
        loader["running"] = loader["next"] or loader["stays"]
        loader.update(next="", is_tried=is_tried)

    def save_loader():
        loader_file.write_text(json.dumps(loader))

    if loader_file.exists():
        save_loader()

    class Partition:
        """A file beside the others of the flash. Only erased bytes can be programmed.

        Of the boot loader's: the one that was set is tried at the next boot, which is the next
        `composed`, and stays if it is marked then. What ESP-IDF would let pass is refused: to mark
        one that is not tried, to set another while one is.
        """

        TYPE_DATA = 1
        RUNNING = 1

        def __init__(self, label):
            if label == self.RUNNING:
                label = loader["running"]
            assert isinstance(label, str)
            self.label = label
            self.path = recorder.flash / f"{label}.partition"
            if not self.path.exists():
                self.path.write_bytes(b"\xff" * (_PARTITION_SECTORS * _SECTOR_BYTES))

        @classmethod
        def find(cls, kind, label):
            return [cls(label)] if kind == cls.TYPE_DATA and label in _LABELS else []

        def readblocks(self, block, buffer, offset=0):
            with self.path.open("rb") as file:
                file.seek(block * _SECTOR_BYTES + offset)
                buffer[:] = file.read(len(buffer))

        def writeblocks(self, block, buffer, offset):
            found = bytearray(len(buffer))
            self.readblocks(block, found, offset)
            assert found == b"\xff" * len(buffer), f"{self.path.name}: programmed without an erase"
            self._put(block * _SECTOR_BYTES + offset, buffer)

        def ioctl(self, request, argument):
            if request == 6:
                self._put(argument * _SECTOR_BYTES, b"\xff" * _SECTOR_BYTES)
            return {4: _PARTITION_SECTORS, 5: _SECTOR_BYTES}.get(request, 0)

        def info(self):
            return (int(self.label in _LABELS), 0, 0, self.path.stat().st_size, self.label, False)

        def get_next_update(self):
            return Partition("ota_1" if loader["running"] == "ota_0" else "ota_0")

        def set_boot(self):
            assert self.label != loader["running"] and not loader["is_tried"]
            if self.path.read_bytes()[:1] != b"\xe9":
                raise OSError(-5379, "ESP_ERR_OTA_VALIDATE_FAILED")
            loader["next"] = self.label
            save_loader()

        @classmethod
        def mark_app_valid_cancel_rollback(cls):
            assert loader["is_tried"]
            loader.update(stays=loader["running"], is_tried=False)
            save_loader()

        def _put(self, at, data):
            with self.path.open("r+b") as file:
                file.seek(at)
                file.write(data)

    def map_slot(label):
        return memoryview(Partition(label).path.read_bytes())

    segments = [memoryview(b"\xff" * _SEGMENT_BYTES) for _ in (0, 1)]

    def rom_ioctl(operation, segment=0, *more):
        """As MicroPython 1.25 on a STM32; nothing is written here."""
        return {1: 2, 2: segments[segment]}.get(operation, -22)

    contents = {
        "machine": {
            "Pin": Pin,
            "ADC": Adc,
            "PWM": Pwm,
            "UART": Uart,
            "SPI": Spi,
            "RTC": Rtc,
            "WDT": Wdt,
        },
        "slots": {"BOOT_VERSION": 1},
        "network": {"WLAN": Nic, "LAN": Lan, "STA_IF": 0, "PHY_LAN8720": 1},
    }
    if not recorder.numbered:
        del contents["machine"]["PWM"]  # not before MicroPython 1.28
        Pin.cpu = Cpu()
        contents["pyb"] = {"Timer": Timer}
        contents["vfs"] = {"rom_ioctl": rom_ioctl}
    else:
        contents["esp32"] = {"Partition": Partition}
        contents["romslot"] = {"map": map_slot}
    made = {}
    for name, content in contents.items():
        made[name] = types.ModuleType(name)
        vars(made[name]).update(content)
    return made


@contextlib.contextmanager
def composed(
    folder: Path, pins: str, numbered: bool, flash: Path, config: dict | None = None
) -> Iterator[tuple[Any, Recorder]]:
    """(the board's Composed, the recorder). flash: an empty folder that stands for the flash.

    Raises what the board's own code raises.
    """
    recorder = Recorder(pins, numbered, flash)
    common = folder.parent / "common"
    places = [folder, common, *([] if numbered else [common / "frozen_stm32"])]
    names = [path.stem for place in places for path in place.glob("*.py")]
    stood = modules(recorder)
    hidden = {name: sys.modules.pop(name) for name in [*names, *stood] if name in sys.modules}
    path = [*map(str, places), str(folder.parent.parent / "firmware")]
    sys.path[:0] = path
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.modules.update(stood)
    importlib.invalidate_caches()
    try:
        board = importlib.import_module("board")
        for name in names:
            if hasattr(sys.modules.get(name), "FLASH"):
                vars(sys.modules[name])["FLASH"] = str(flash)
        yield board.make({**CONFIG, **(config or {})}), recorder
    finally:
        sys.dont_write_bytecode = writes
        for name in [*names, *stood]:
            sys.modules.pop(name, None)
        sys.modules.update(hidden)
        for entry in path:
            sys.path.remove(entry)
