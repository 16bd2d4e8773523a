"""What tools/footprint.py has measured, as a page and as JSON, beside the budgets.

All is in bytes. Heap is told without the simulator's part, which is measured too and told apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tools.footprint_images import SIMULATED, rooms
from tools.footprint_station import FRAMES, Life

KIB = 1024
IMAGES = ("1.6", "2.0.1", "both")
# kB are 1000 bytes; but the whole heap is what a board's configuration says, in KiB.
BUDGETS = {
    "rom_bytes": dict(zip(IMAGES, (90_000, 130_000, 160_000), strict=True)),
    "heap_idle_bytes": dict(zip(IMAGES, (24_000, 28_000, 30_000), strict=True)),
    "heap_peak_bytes": dict(zip(IMAGES, (40_000, 50_000, 50_000), strict=True)),
    "heap_size_bytes": dict.fromkeys(IMAGES, 64 * KIB),
    "heap_size_tls_bytes": dict.fromkeys(IMAGES, 100 * KIB),
}
_CALLED = {
    "rom_bytes": "application in ROMFS, all blocks",
    "heap_idle_bytes": "GC heap, idle online, two EVSEs",
    "heap_peak_bytes": "GC heap, peak of any message",
    "heap_size_bytes": "whole GC heap that it runs in, without TLS",
    "heap_size_tls_bytes": "the same with TLS",
}
IDLE = "idle, online"
_BOOT = ("the boot", "the first connection")  # no message of the list, but told too
_MISSING = "not measured"

# An image, and the dialect that is spoken.
Case = tuple[str, str]
CASES: tuple[Case, ...] = (("1.6", "1.6"), ("2.0.1", "2.0.1"), ("both", "1.6"), ("both", "2.0.1"))


@dataclass
class Figures:
    """All that was measured; heap with the simulator's part in it.

    image_bytes: of each image; texts: their sources; alone: of the .mpy of each source, by image;
    simulator: heap of its parts; lives: with the peaks; long: after many messages, in
    `long_heap_bytes`; smallest: the heap in which a life went through, also with TLS; worth: what
    each way to save saves.
    """

    image_bytes: dict[str, int] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    alone: dict[str, dict[str, int]] = field(default_factory=dict)
    simulator: dict[str, int] = field(default_factory=dict)
    lives: dict[Case, Life] = field(default_factory=dict)
    long: dict[Case, Life] = field(default_factory=dict)
    long_heap_bytes: int = 0
    smallest: dict[Case, int | None] = field(default_factory=dict)
    smallest_tls: dict[Case, int | None] = field(default_factory=dict)
    worth: dict[str, str] = field(default_factory=dict)
    instructions: dict[str, int] = field(default_factory=dict)

    @property
    def simulator_bytes(self) -> int:
        return sum(self.simulator.values())

    def rom(self, image: str) -> int:
        """Without the simulated board, as its sources are compiled alone."""
        return self.image_bytes[image] - rooms(self.alone[image]).get(SIMULATED, 0)

    def idle(self, case: Case) -> int:
        return self.lives[case].moments[IDLE].used - self.simulator_bytes

    def peak(self, case: Case) -> int:
        peaks = self.lives[case].peaks
        most = max(most for name, most in peaks.items() if name not in _BOOT)
        return most - self.simulator_bytes


def budgeted(figures: Figures) -> dict[str, dict[str, int | None]]:
    """What stands beside the budgets; of an image with both dialects the worse one."""
    by_case = {
        "heap_idle_bytes": {case: figures.idle(case) for case in figures.lives},
        "heap_peak_bytes": {case: figures.peak(case) for case in figures.lives},
        "heap_size_bytes": figures.smallest,
        "heap_size_tls_bytes": figures.smallest_tls,
    }
    found: dict[str, dict[str, int | None]] = {
        "rom_bytes": {image: figures.rom(image) for image in IMAGES}
    }
    for name, values in by_case.items():
        found[name] = {}
        for image in IMAGES:
            known = [value for case, value in values.items() if case[0] == image]
            whole = [value for value in known if value is not None]
            found[name][image] = max(whole) if whole and len(whole) == len(known) else None
    return found


def as_json(figures: Figures) -> dict[str, Any]:
    """The schema that programs rely on, and more detail under further keys."""
    found: dict[str, Any] = dict(budgeted(figures))
    found["instructions"] = figures.instructions
    found["rooms"] = {
        room: size for room, size in rooms(figures.alone["both"]).items() if room != SIMULATED
    }
    found["budgets"] = BUDGETS
    found["image_bytes"] = figures.image_bytes
    found["simulator_heap_bytes"] = figures.simulator
    found["with_simulator"] = {
        " speaking ".join(case): {
            "moments": {name: heap.used for name, heap in life.moments.items()},
            "peaks": life.peaks,
        }
        for case, life in figures.lives.items()
    }
    found["after_messages"] = {
        " speaking ".join(case): {
            "heap_bytes": figures.long_heap_bytes,
            **{
                name: {"free_bytes": heap.free, "largest_free_block_bytes": heap.largest}
                for name, heap in life.moments.items()
            },
        }
        for case, life in figures.long.items()
    }
    found["worth"] = figures.worth
    return found


def against(measured: int | None, budget: int) -> str:
    """A cell: what was measured, and how far over or under the budget it is."""
    if measured is None:
        return f"{_MISSING}, {budget:,}"
    change = round(100 * (measured / budget - 1))
    over = measured > budget
    text = f"{measured:,} of {budget:,}: {change:+d} %"
    return f"**{text}**" if over else text


def page(figures: Figures) -> str:
    """docs/footprint.md."""
    parts = [_HEAD, _budget_table(figures), *_misses(figures), _HEAP]
    parts += [_heap_table(figures), _PEAKS, _peak_table(figures), _LONG, _long_table(figures)]
    parts += [_ROM, _room_table(figures), _FILES, _file_table(figures)]
    if figures.worth:
        parts += [_WORTH, _table(("way", "what it is worth"), list(figures.worth.items()))]
    if figures.instructions:
        rows = [(name, f"{count:,}") for name, count in sorted(figures.instructions.items())]
        parts += [_INSTRUCTIONS, _table(("what", "instructions"), rows)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _budget_table(figures: Figures) -> str:
    rows = []
    for name, values in budgeted(figures).items():
        cells = [against(values[image], BUDGETS[name][image]) for image in IMAGES]
        rows.append((_CALLED[name], *cells))
    return _table(("budget", "1.6 only", "2.0.1 only", "both"), rows)


def _misses(figures: Figures) -> list[str]:
    lines = []
    for name, values in budgeted(figures).items():
        for image in IMAGES:
            value, budget = values[image], BUDGETS[name][image]
            if value is not None and value > budget:
                called = f"{_CALLED[name]}, {image}"
                lines.append(f"- {called}: {value - budget:,} bytes over the budget.")
    return ["Not met:\n\n" + "\n".join(lines), _WHY] if lines else []


def _called(case: Case) -> str:
    return f"{case[0]} only" if case[0] == case[1] else f"both, speaking {case[1]}"


def _by_case(figures: Figures, values: dict[Case, dict[str, int]]) -> list[tuple[str, ...]]:
    names = list(dict.fromkeys(name for found in values.values() for name in found))
    less = figures.simulator_bytes
    rows: list[tuple[str, ...]] = []
    for name in names:
        cells = [values[case].get(name) for case in values]
        rows.append((name, *("" if cell is None else f"{cell - less:,}" for cell in cells)))
    return rows


def _heap_table(figures: Figures) -> str:
    values = {
        case: {name: heap.used for name, heap in life.moments.items()}
        for case, life in figures.lives.items()
    }
    rows = _by_case(figures, values)
    for name, size in figures.simulator.items():
        rows.append((f"beside it: {name}", *(f"{size:,}" for _ in values)))
    return _table(("heap in use", *map(_called, values)), rows)


def _peak_table(figures: Figures) -> str:
    values = {case: life.peaks for case, life in figures.lives.items()}
    return _table(("most at once", *map(_called, values)), _by_case(figures, values))


def _long_table(figures: Figures) -> str:
    rows = [
        (f"{_called(case)}, {name}", f"{heap.free:,}", f"{heap.largest:,}")
        for case, life in figures.long.items()
        for name, heap in life.moments.items()
    ]
    head = (f"in a heap of {figures.long_heap_bytes:,} bytes", "free", "largest free block")
    return _table(head, rows)


def _room_table(figures: Figures) -> str:
    by_image = {image: rooms(figures.alone[image]) for image in IMAGES}
    rows: list[tuple[str, ...]] = []
    for room in by_image["both"]:
        cells = [by_image[image].get(room) for image in IMAGES]
        rows.append((room, *("" if cell is None else f"{cell:,}" for cell in cells)))
    saved = [figures.image_bytes[i] - sum(figures.alone[i].values()) for i in IMAGES]
    rows.append(("linking, and the image's directory", *(f"{cell:+,}" for cell in saved)))
    rows.append(("the whole image", *(f"{figures.image_bytes[i]:,}" for i in IMAGES)))
    return _table(("room", "1.6 only", "2.0.1 only", "both"), rows)


def _file_table(figures: Figures) -> str:
    files = figures.alone["both"]
    wanted = ("chargepoint/station/", "chargepoint/profiles/", "chargepoint/device_model/")
    rows = [
        (path.removeprefix("chargepoint/"), f"{size:,}")
        for path, size in sorted(files.items())
        if path.startswith(wanted) and not path.endswith("/__init__.py") or "ocpp" in path
    ]
    return _table(("source", "bytes"), rows)


_HEAD = """\
# Footprint

Written by `make footprint`, which measures all of it anew on the emulated Cortex-M3; what it
found is in `build/footprint.json` too. Bytes; a kB of the budgets is 1000 bytes, but a whole heap
is told in KiB (65,536 bytes are 64 KiB). Over a budget is bold.
"""
_WHY = """\
Most of the heap at rest is definitions: each function, method and class of a resident module, and
the table of a module's names. What would bring it down further: fewer resident functions, more
blocks that come and go with their message, and code that is frozen into the firmware, which takes
no heap for its definitions but ties the application to the firmware.
"""
_HEAP = """\
## Heap at rest

After a collection, in the life of a station with two EVSEs. It has the interpreter, asyncio and
the file system in it, and the receive buffer of the link. It does not have the simulator's part:
the drivers of simulated hardware (a real board has real ones in their place) and the board's end
of the line to the simulator. Their heap is measured on the board, alone, and taken off; add it to
have what the emulated board shows.
"""
_PEAKS = """\
## Heap at the worst moments

The most that lived at once, without garbage, to 256 bytes (`boards/qemu_mps2/c/heap.c`), also
without the simulator's part. "As long as can be" is a request of exactly the receive limit, 4096
bytes. There is no local list and no smart charging yet: the station parses such a request and
refuses it with NotSupported. So these two rows say what a longest request takes, and not what
SendLocalList and SetChargingProfile will take.
"""
_LONG = f"""\
## Fragmentation

A whole life, and then {FRAMES} messages both ways, of seven kinds that a server sends every day.
"""
_ROM = """\
## Flash

Each source is compiled alone, as the image of that build has it: with nothing that the build
can't use. In the image they are linked to a few modules, which saves some. The budget stands
against the image without the simulated board.
"""
_FILES = """\
Functional blocks, profiles, schemas and the device model in the image with both dialects:
"""
_WORTH = "## What the ways to save are worth"
_INSTRUCTIONS = """\
## Instructions

Of each common message both ways and of its parts, counted by the emulator (`make instructions`
compares them with the recorded ones).
"""
