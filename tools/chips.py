"""What the tools know of chips and of the pins that a kind of board brings out.

Sources: the chips' data sheets, MicroPython's pin tables and board definitions, the boards'
schematics.
"""

from __future__ import annotations

from dataclasses import dataclass, field

KB = 1024


@dataclass(frozen=True)
class Chip:
    port: str  # MicroPython's
    mpy: str  # architecture, as mpy-cross -march
    title: str  # as esptool calls it, without package and revision
    bootloader: int = 0  # offset in flash


CHIPS = {
    "esp32": Chip("esp32", "xtensawin", "ESP32", 0x1000),
    "esp32s3": Chip("esp32", "xtensawin", "ESP32-S3", 0),
    "stm32f767": Chip("stm32", "armv7emdp", "STM32F767"),
    "stm32h743": Chip("stm32", "armv7emdp", "STM32H743"),
}


@dataclass(frozen=True)
class Pins:
    """Pins are numbers on ESP32, names on STM32."""

    free: frozenset  # may be used
    why_not: dict  # pin -> what it has another use for
    input_only: frozenset = frozenset()
    adc: frozenset = frozenset()
    ethernet: frozenset = frozenset()  # taken as soon as there is a LAN
    uarts: dict = field(default_factory=dict)  # id -> pins; empty: any pins
    spis: dict = field(default_factory=dict)
    timers: dict = field(default_factory=dict)  # pin -> (timer, channel)
    header: frozenset = frozenset()  # names that mean a pin of the header, not of the controller


def _reasons(**groups) -> dict:
    return {pin: why.replace("_", " ") for why, pins in groups.items() for pin in pins}


_ESP32 = Pins(
    free=frozenset((4, 5, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 25, 26, 27, 32, 33))
    | frozenset((34, 35, 36, 39)),
    why_not=_reasons(
        flash=(6, 7, 8, 9, 10, 11), console=(1, 3), read_at_reset_to_choose_how_to_boot=(0, 2, 12)
    ),
    input_only=frozenset((34, 35, 36, 39)),
    adc=frozenset((32, 33, 34, 35, 36, 39)),  # ADC2 does not go with Wi-Fi
    ethernet=frozenset((19, 21, 22, 25, 26, 27)),
)
_ESP32S3 = Pins(
    free=frozenset(range(1, 19)) - {3} | frozenset((21, 38, 39, 40, 41, 42, 47, 48)),
    why_not=_reasons(
        flash=range(26, 33),
        eight_bit_flash_or_PSRAM=range(33, 38),
        USB=(19, 20),
        console=(43, 44),
        read_at_reset_to_choose_how_to_boot=(0, 3, 45, 46),
    ),
    adc=frozenset(range(1, 11)) - {3},
)
_NUCLEO_TAKEN = _reasons(
    console=("D8", "D9"),
    debugger=("A13", "A14"),
    USB=("A8", "A9", "A10", "A11", "A12"),
    crystal=("C14", "C15"),
    button=("C13",),
    not_in_MicroPythons_list_of_both_boards="D10 F11 F12 F13 G4 G5 G8 G9 G10 G12 G15".split(),
)
_NUCLEO144 = Pins(
    free=frozenset(f"{port}{n}" for port in "ABCDEFG" for n in range(16)) - set(_NUCLEO_TAKEN),
    why_not=_NUCLEO_TAKEN,
    adc=frozenset("A0 A3 A4 A5 A6 B0 B1 C0".split()),
    ethernet=frozenset("C1 A2 A1 A7 C4 C5 G11 G13 B13".split()),
    uarts={2: ("D5", "D6"), 6: ("C6", "C7"), 7: ("F7", "F6"), 8: ("E1", "E0")},
    spis={3: ("B3", "B4", "B5")},
    timers={"D12": (4, 1), "D13": (4, 2), "E9": (1, 1), "A3": (2, 4)},
    header=frozenset([f"A{n}" for n in range(9)] + [f"D{n}" for n in range(73)]),
)
_PYBD = Pins(
    free=frozenset([f"X{n}" for n in range(1, 13)] + [f"Y{n}" for n in range(1, 13)])
    | {"LED_RED", "LED_GREEN", "LED_BLUE"},
    why_not={},
    adc=frozenset("X1 X2 X3 X4 X5 X6 X7 X8 X11 X12 Y7 Y8 Y11 Y12".split()),
    uarts={1: ("Y1", "Y2"), 2: ("X3", "X4"), 3: ("Y9", "Y10"), 4: ("X1", "X2")},
    spis={1: ("X6", "X7", "X8"), 2: ("Y6", "Y7", "Y8")},
    timers={"X1": (2, 1), "X2": (2, 2), "X3": (2, 3), "X4": (2, 4), "X7": (3, 1), "X8": (3, 2)},
)

# The pins that each interrupt line of the STM32 can serve: one of a number at a time.
PYBD_LINES = dict(
    zip(
        "X1 X2 X3 X4 X5 X6 X7 X8 X9 X10 X11 X12 Y1 Y2 Y3 Y4 Y5 Y6 Y7 Y8 Y9 Y10 Y11 Y12".split(),
        (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 4, 5, 9, 10, 4, 5, 12, 13, 2, 3, 10, 11, 0, 1),
        strict=True,
    )
)

PINS = {"esp32": _ESP32, "esp32s3": _ESP32S3, "nucleo144": _NUCLEO144, "pybd": _PYBD}


def interrupt_line(pins: str, pin) -> int | None:
    """The number of the interrupt line of a STM32's pin; None where each pin has its own."""
    if pins == "pybd":
        return PYBD_LINES.get(pin)
    if isinstance(pin, str):
        return int(pin[1:])
    return None
