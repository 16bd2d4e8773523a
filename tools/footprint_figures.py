"""What tools/footprint.py has measured, beside the budgets, and as JSON. All is in bytes.

Heap is told without the simulator's parts, which are measured too and told apart; but the smallest
heap is told as the emulated board is configured, with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tools.footprint_rooms import SIMULATED, rooms
from tools.footprint_station import IDLE, Life

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
BOOT = "the boot"  # the only peak that is no message's: there is no connection yet

# An image, and the dialect that is spoken.
Case = tuple[str, str]
CASES: tuple[Case, ...] = (("1.6", "1.6"), ("2.0.1", "2.0.1"), ("both", "1.6"), ("both", "2.0.1"))

# By image; None: there is none.
ByImage = dict[str, int | None]


def called(case: Case) -> str:
    return f"{case[0]} only" if case[0] == case[1] else f"both, speaking {case[1]}"


@dataclass(frozen=True)
class Worth:
    """What a way to save does: bytes that the image and the heap would have more without it."""

    flash: int | None = None
    heap: int | None = None


@dataclass
class Figures:
    """All that was measured; heap with the simulator's parts in it.

    image_bytes: of each image; sources: bytes of each source in it; simulator: heap of its parts;
    resting: heap of what everything else stands on; lives: with the peaks; long: after many
    messages, and in which heap; smallest: the heap in which two lives went through; worth: what
    each way to save saves.
    """

    image_bytes: dict[str, int] = field(default_factory=dict)
    sources: dict[str, dict[str, int]] = field(default_factory=dict)
    simulator: dict[str, int] = field(default_factory=dict)
    resting: dict[str, int] = field(default_factory=dict)
    lives: dict[Case, Life] = field(default_factory=dict)
    long: dict[Case, tuple[int, Life]] = field(default_factory=dict)
    smallest: dict[Case, int | None] = field(default_factory=dict)
    smallest_tls: dict[Case, int | None] = field(default_factory=dict)
    worth: dict[str, Worth] = field(default_factory=dict)
    instructions: dict[str, int] = field(default_factory=dict)

    @property
    def simulator_bytes(self) -> int:
        return sum(self.simulator.values())

    def rom(self, image: str) -> int:
        """Without the simulated board."""
        return self.image_bytes[image] - rooms(self.sources[image]).get(SIMULATED, 0)

    def idle(self, case: Case) -> int:
        return self.lives[case].moments[IDLE].used - self.simulator_bytes

    def worst(self, case: Case) -> tuple[str, int]:
        """The message at which most of the heap lives at once, and how much that is."""
        peaks = self.lives[case].peaks
        name = max((name for name in peaks if name != BOOT), key=lambda name: peaks[name])
        return name, peaks[name] - self.simulator_bytes


def worse(values: dict[Case, int | None], image: str) -> int | None:
    """Of an image that speaks both dialects, with the worse one."""
    known = [value for case, value in values.items() if case[0] == image]
    whole = [value for value in known if value is not None]
    return max(whole) if whole and len(whole) == len(known) else None


def budgeted(figures: Figures) -> dict[str, ByImage]:
    """What stands beside the budgets."""
    by_case: dict[str, dict[Case, int | None]] = {
        "heap_idle_bytes": {case: figures.idle(case) for case in figures.lives},
        "heap_peak_bytes": {case: figures.worst(case)[1] for case in figures.lives},
        "heap_size_bytes": figures.smallest,
        "heap_size_tls_bytes": figures.smallest_tls,
    }
    found: dict[str, ByImage] = {"rom_bytes": {image: figures.rom(image) for image in IMAGES}}
    for name, values in by_case.items():
        found[name] = {image: worse(values, image) for image in IMAGES}
    return found


def as_json(figures: Figures) -> dict[str, Any]:
    """The schema that programs rely on, and more detail under further keys."""
    found: dict[str, Any] = dict(budgeted(figures))
    found["instructions"] = figures.instructions
    by_room = rooms(figures.sources["both"])
    found["rooms"] = {room: size for room, size in by_room.items() if room != SIMULATED}
    found["budgets"] = BUDGETS
    found["image_bytes"] = figures.image_bytes
    found["simulator_heap_bytes"] = figures.simulator
    found["resting_heap_bytes"] = figures.resting
    found["with_simulator"] = {
        called(case): {
            "moments": {name: heap.used for name, heap in life.moments.items()},
            "peaks": life.peaks,
        }
        for case, life in figures.lives.items()
    }
    found["after_messages"] = {
        called(case): {
            "heap_bytes": heap_bytes,
            **{
                name: {"free_bytes": heap.free, "largest_free_block_bytes": heap.largest}
                for name, heap in life.moments.items()
            },
        }
        for case, (heap_bytes, life) in figures.long.items()
    }
    found["worth"] = {
        name: {"flash_bytes": worth.flash, "heap_bytes": worth.heap}
        for name, worth in figures.worth.items()
    }
    return found
