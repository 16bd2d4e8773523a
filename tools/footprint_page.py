"""The tables of docs/footprint.md, of what tools/footprint.py has measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tools import footprint_texts as texts
from tools.footprint_figures import BUDGETS, IDLE, IMAGES, Case, Figures, budgeted, called
from tools.footprint_probe import DEFINITIONS, INTERPRETER
from tools.footprint_rooms import SIMULATED, rooms

CALLED = {
    "rom_bytes": "application in ROMFS, all blocks",
    "heap_idle_bytes": "GC heap, idle online, two EVSEs",
    "heap_peak_bytes": "GC heap, peak of any message",
    "heap_size_bytes": "whole GC heap that it runs in, without TLS",
    "heap_size_tls_bytes": "the same with TLS",
}
_COLUMNS = {"1.6": "1.6 only", "2.0.1": "2.0.1 only", "both": "both"}
_LARGEST = 4  # rooms that are named

Row = tuple[str, ...]


def page(figures: Figures) -> str:
    parts = [texts.HEAD, budget_table(figures), texts.BUDGETS, *misses(figures), texts.HEAP]
    parts += [
        heap_table(figures),
        texts.PEAKS,
        peak_table(figures),
        texts.LONG,
        long_table(figures),
    ]
    parts += [texts.ROM, room_table(figures), texts.WORTH, worth_table(figures)]
    rows = [(name, f"{count:,}") for name, count in sorted(figures.instructions.items())]
    parts += [texts.INSTRUCTIONS, table(("what", "instructions"), rows)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def table(head: Row, rows: Sequence[Row]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


# ---- budgets


def against(measured: int | None, budget: int) -> str:
    """A cell: what was measured, and how far over or under the budget it is."""
    if measured is None:
        return f"**none was enough, {budget:,}**"
    change = 100 * (measured / budget - 1)
    far = f"{abs(measured - budget):,} {'over' if measured > budget else 'under'}"
    text = f"{measured:,} of {budget:,} ({change:+.1f} %, {far})"
    return f"**{text}**" if measured > budget else text


def budget_table(figures: Figures) -> str:
    found = budgeted(figures)
    rows = [
        (CALLED[name], *(against(values[image], BUDGETS[name][image]) for image in IMAGES))
        for name, values in found.items()
    ]
    for name in ("heap_size_bytes", "heap_size_tls_bytes"):
        cells = [found[name][image] for image in IMAGES]
        less = figures.simulator_bytes
        told = ["" if cell is None else f"{cell - less:,}" for cell in cells]
        rows.append((f"{CALLED[name]}, less the simulator's parts", *told))
    return table(("budget", *_COLUMNS.values()), rows)


def misses(figures: Figures) -> list[str]:
    """What is over its budget: by how much, why, and what would get there."""
    parts = []
    for name, values in budgeted(figures).items():
        lines = []
        for image in IMAGES:
            value, budget = values[image], BUDGETS[name][image]
            if value is None:
                lines.append(f"- {_COLUMNS[image]}: no heap that was tried is enough.")
            elif value > budget:
                by = f"{value - budget:,} bytes ({value / budget - 1:.1%})"
                lines.append(f"- {_COLUMNS[image]}: over by {by}.{_why(figures, name, image)}")
        if lines:
            parts.append(
                f"### Over: {CALLED[name]}\n\n" + "\n".join(lines) + f"\n\n{texts.WAY[name]}"
            )
    return parts or ["All budgets are met."]


def _why(figures: Figures, name: str, image: str) -> str:
    """What the bytes are, for a line of misses()."""
    return {
        "rom_bytes": _why_rom,
        "heap_idle_bytes": _why_idle,
        "heap_peak_bytes": _why_peak,
        "heap_size_bytes": _why_size,
        "heap_size_tls_bytes": _why_tls,
    }[name](figures, image)


def _why_rom(figures: Figures, image: str) -> str:
    by_room = rooms(figures.sources[image])
    by_room.pop(SIMULATED, None)
    largest = sorted(by_room, key=lambda room: -by_room[room])[:_LARGEST]
    return f" The largest rooms: {', '.join(f'{room} {by_room[room]:,}' for room in largest)}."


def _why_idle(figures: Figures, image: str) -> str:
    case = _worst_case(figures, image, figures.idle)
    known = figures.resting
    rest = figures.idle(case) - sum(known.values())
    return (
        f" {known[INTERPRETER]:,} are the interpreter's, asyncio's and the file system's,"
        f" {known[DEFINITIONS]:,} the definitions that are always in memory, and {rest:,} the"
        " dialect, the station's objects, its variables and the link's buffers."
    )


def _why_peak(figures: Figures, image: str) -> str:
    case = _worst_case(figures, image, lambda case: figures.worst(case)[1])
    name, most = figures.worst(case)
    return f" At: {name} ({called(case)}), {most - figures.idle(case):,} more than idle."


def _why_size(figures: Figures, image: str) -> str:
    def most(case: Case) -> int:
        return figures.worst(case)[1] + figures.simulator_bytes

    case = _worst_case(figures, image, lambda case: figures.smallest[case] or 0)
    more = (figures.smallest[case] or 0) - most(case)
    return (
        f" {most(case):,} live at once at the worst message, {figures.simulator_bytes:,} of them"
        f" the simulator's; {more:,} more are needed because what is free lies in pieces."
    )


def _why_tls(figures: Figures, image: str) -> str:
    case = _worst_case(figures, image, lambda case: figures.smallest_tls[case] or 0)
    more = (figures.smallest_tls[case] or 0) - (figures.smallest[case] or 0)
    return f" TLS takes {more:,} more."


def _worst_case(figures: Figures, image: str, value: Callable[[Case], int]) -> Case:
    return max((case for case in figures.lives if case[0] == image), key=value)


# ---- heap


def _by_case(figures: Figures, values: dict[Case, dict[str, int]]) -> list[Row]:
    names = list(dict.fromkeys(name for found in values.values() for name in found))
    less = figures.simulator_bytes
    rows: list[Row] = []
    for name in names:
        cells = [values[case].get(name) for case in values]
        rows.append((name, *("" if cell is None else f"{cell - less:,}" for cell in cells)))
    return rows


def heap_table(figures: Figures) -> str:
    values = {
        case: {name: heap.used for name, heap in life.moments.items()}
        for case, life in figures.lives.items()
    }
    rows = _by_case(figures, values)
    for name, size in figures.resting.items():
        rows.append((f"in each of them: {name}", *(f"{size:,}" for _ in values)))
    for name, size in figures.simulator.items():
        rows.append((f"taken off, the simulator's: {name}", *(f"{size:,}" for _ in values)))
    whole = [f"{life.moments[IDLE].used:,}" for life in figures.lives.values()]
    rows.append((f"{IDLE}, with the simulator's parts", *whole))
    return table(("heap in use", *map(called, values)), rows)


def peak_table(figures: Figures) -> str:
    values = {case: life.peaks for case, life in figures.lives.items()}
    return table(("most at once", *map(called, values)), _by_case(figures, values))


def long_table(figures: Figures) -> str:
    rows = [
        (f"{called(case)}, {name}", f"{heap_bytes:,}", f"{heap.free:,}", f"{heap.largest:,}")
        for case, (heap_bytes, life) in figures.long.items()
        for name, heap in life.moments.items()
    ]
    return table(("moment", "whole heap", "free", "largest free block"), rows)


# ---- flash, and ways to save


def room_table(figures: Figures) -> str:
    by_image = {image: rooms(figures.sources[image]) for image in IMAGES}
    names = list(dict.fromkeys(room for found in by_image.values() for room in found))
    names.sort(key=lambda room: (room == SIMULATED, room))
    rows: list[Row] = []
    for room in names:
        cells = [by_image[image].get(room) for image in IMAGES]
        rows.append((room, *("" if cell is None else f"{cell:,}" for cell in cells)))
    rows.append(("the whole image", *(f"{figures.image_bytes[image]:,}" for image in IMAGES)))
    return table(("room", *_COLUMNS.values()), rows)


def worth_table(figures: Figures) -> str:
    rows = [
        (name, *("" if value is None else f"{value:,}" for value in (worth.flash, worth.heap)))
        for name, worth in figures.worth.items()
    ]
    return table(("way", "flash saved", "heap saved"), rows)
