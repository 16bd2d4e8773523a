"""`make footprint`: measure flash and heap on the emulated board, beside the budgets.

    python tools/footprint.py             everything: docs/footprint.md, build/footprint.json
    python tools/footprint.py --all       what each way to save is worth, too (builds a firmware)
    python tools/footprint.py --quick     the few figures that tests hold; --record writes them

Heap is measured in lives of a station with a server (footprint_station.py) on the images that
footprint_images.py builds. The smallest heap is found by trying, in steps of 2 KiB.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import json
import logging
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    sys.path.insert(1, str(Path(__file__).resolve().parent.parent / "firmware"))

from tools import (  # noqa: E402
    build_qemu,
    footprint_images,
    footprint_probe,
    footprint_table,
    instructions,
)
from tools.footprint_station import FRAMES, Failed, Life, Plan, live  # noqa: E402
from tools.footprint_table import CASES, Case, Figures  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "footprint.md"
RESULT = ROOT / "build" / "footprint.json"
CEILINGS = ROOT / "tools" / "footprint_ceilings.csv"
MARGIN = 0.02
_ROOMY_BYTES = 128 * 1024  # a heap in which nothing is short
_STEP_BYTES = 2 * 1024
_STEPS = 20  # above the peak


class Failure(Exception):
    """One line for the user."""


def lived(plan: Plan) -> Life:
    with tempfile.TemporaryDirectory(prefix="ocpp-footprint-") as folder:
        return asyncio.run(live(plan, Path(folder)))


def smallest(built: Path, dialect: str, from_bytes: int) -> int | None:
    """The smallest heap in which a life goes through, twice; None if none up to the bound does."""
    first = from_bytes // _STEP_BYTES * _STEP_BYTES
    for heap_bytes in range(first, first + _STEPS * _STEP_BYTES, _STEP_BYTES):
        try:
            for _ in range(2):
                lived(Plan(built, dialect, heap_bytes))
        except Failed as failed:
            say(f"  {dialect}: {heap_bytes:,} bytes are not enough: {failed}")
            continue
        return heap_bytes
    return None


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def images(figures: Figures, elf: Path) -> dict[str, Path]:
    """Build them; the folders by name."""
    folders = {}
    for name, dialects in footprint_images.DIALECTS.items():
        texts = footprint_images.sources(dialects)
        data = footprint_images.image(texts)
        figures.image_bytes[name] = len(data)
        figures.texts[name] = texts
        folders[name] = footprint_images.folder(name, data, elf)
    return folders


def measure(cases: Iterable[Case] = CASES) -> Figures:
    """All of it. Raises a Failure of its own or of what it calls, or Failed."""
    figures = Figures()
    elf = footprint_images.firmware()
    folders = images(figures, elf)
    figures.alone = {name: footprint_images.alone(t) for name, t in figures.texts.items()}
    figures.simulator = footprint_probe.measure(elf)
    cases = tuple(cases)
    for case in cases:
        say(f"the peaks of {' speaking '.join(case)}")
        figures.lives[case] = lived(Plan(folders[case[0]], case[1], _ROOMY_BYTES, watched=True))
    figures.long_heap_bytes = build_qemu.HEAP_BYTES
    for case in [case for case in cases if case[0] == "both"]:
        say(f"{FRAMES} messages of {' speaking '.join(case)}")
        plan = Plan(folders[case[0]], case[1], figures.long_heap_bytes, frames=FRAMES)
        figures.long[case] = lived(plan)
    for case in cases:
        say(f"the smallest heap of {' speaking '.join(case)}")
        least = max(figures.lives[case].peaks.values())
        figures.smallest[case] = smallest(folders[case[0]], case[1], least)
    say("instructions")
    figures.instructions = instructions.measure()
    return figures


def quick() -> dict[str, int]:
    """What tests hold: flash, and heap with the simulator's part, of a short life."""
    figures = Figures()
    folders = images(figures, footprint_images.firmware())
    found = {f"rom {name}": size for name, size in figures.image_bytes.items()}
    for dialect in ("1.6", "2.0.1"):
        life = lived(Plan(folders["both"], dialect, _ROOMY_BYTES, watched=True, short=True))
        found[f"heap idle {dialect}"] = life.moments[footprint_table.IDLE].used
        found[f"heap peak {dialect}"] = max(life.peaks.values())
    return found


def load(text: str) -> dict[str, int]:
    return {row["figure"]: int(row["bytes"]) for row in csv.DictReader(io.StringIO(text))}


def dump(found: dict[str, int]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("figure", "bytes"))
    writer.writerows(sorted(found.items()))
    return text.getvalue()


def grown(recorded: dict[str, int], found: dict[str, int]) -> list[str]:
    """What takes more than is recorded, by more than the margin, a line each."""
    lines = []
    for name in sorted(recorded.keys() | found.keys()):
        if name not in found or name not in recorded:
            lines.append(f"{name}: {'recorded' if name in recorded else 'measured'} only")
        elif found[name] > recorded[name] * (1 + MARGIN):
            change = found[name] / recorded[name] - 1
            lines.append(
                f"{name}: {found[name]:,} bytes, {recorded[name]:,} are recorded: {change:+.1%}"
            )
    return lines


def hold(record: bool) -> int:
    """Compare the few figures with the recorded ones, or record them."""
    found = quick()
    if record:
        CEILINGS.write_text(dump(found))
        print(f"{CEILINGS.relative_to(ROOT)}: {len(found)} figures")
        return 0
    lines = grown(load(CEILINGS.read_text()), found)
    for line in lines:
        print(line)
    if lines:
        print("if that is wanted, record it: python tools/footprint.py --quick --record")
    return 1 if lines else 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Measure flash and heap in the emulator.")
    parser.add_argument("--all", action="store_true", help="what each way to save is worth, too")
    parser.add_argument("--quick", action="store_true", help="only the figures that tests hold")
    parser.add_argument("--record", action="store_true", help="with --quick: write them")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    try:
        if options.quick:
            return hold(options.record)
        figures = measure()
    except (Failure, Failed, instructions.Failure, *footprint_images.FAILURES) as failure:
        print(f"footprint: {failure}", file=sys.stderr)
        return 1
    RESULT.write_text(json.dumps(footprint_table.as_json(figures), indent=1) + "\n")
    PAGE.write_text(footprint_table.page(figures))
    print(footprint_table.page(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
