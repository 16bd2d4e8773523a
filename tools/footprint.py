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
import contextlib
import csv
import dataclasses
import io
import json
import logging
import os
import sys
import tempfile
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    sys.path.insert(1, str(Path(__file__).resolve().parent.parent / "firmware"))

from tools import (  # noqa: E402
    build_qemu,
    footprint_images,
    footprint_probe,
    footprint_table,
    footprint_tls,
    footprint_worth,
    instructions,
)
from tools.footprint_station import FRAMES, Failed, Life, Plan, live  # noqa: E402
from tools.footprint_table import CASES, Figures  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "footprint.md"
RESULT = ROOT / "build" / "footprint.json"
CEILINGS = ROOT / "tools" / "footprint_ceilings.csv"
MARGIN = 0.02
_ROOMY_BYTES = 128 * 1024  # a heap in which nothing is short
STEP_BYTES = 2 * 1024
_STEPS = 24  # at most, up from where the search begins
_FRAGMENTED = 1.15  # where it begins: so much above the peak
_TLS_BYTES = 26 * 1024


class Failure(Exception):
    """One line for the user."""


def lived(plan: Plan) -> Life:
    with tempfile.TemporaryDirectory(prefix="ocpp-footprint-") as folder:
        return asyncio.run(live(plan, Path(folder)))


def smallest(plan: Plan, near_bytes: int) -> int | None:
    """The smallest heap, in steps, in which a life goes through twice while in one step less it
    does not; None if none up to the bound is enough. It is looked for from near_bytes on."""
    steps = near_bytes // STEP_BYTES
    end = steps + _STEPS
    if goes_through(plan, steps):
        while goes_through(plan, steps - 1):
            steps -= 1
    else:
        steps += 1
    while steps <= end:
        if goes_through(plan, steps) and goes_through(plan, steps):  # once is not enough
            return steps * STEP_BYTES
        steps += 1
    return None


def goes_through(plan: Plan, steps: int) -> bool:
    """Whether a life does in a heap of so many steps. What the board prints is not shown."""
    heap_bytes = steps * STEP_BYTES
    why = "enough"
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        try:
            lived(dataclasses.replace(plan, heap_bytes=heap_bytes))
        except Failed as failed:
            why = str(failed)
    say(f"  {heap_bytes:,} bytes: {why}")
    return why == "enough"


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


def measure(all_ways: bool) -> Figures:
    """All of it. Raises a Failure of its own or of what it calls, or Failed."""
    figures = Figures()
    elf = footprint_images.firmware()
    folders = images(figures, elf)
    figures.alone = {name: footprint_images.alone(t) for name, t in figures.texts.items()}
    figures.simulator = footprint_probe.measure(elf)
    for case in CASES:
        say(f"the peaks of {' speaking '.join(case)}")
        figures.lives[case] = lived(Plan(folders[case[0]], case[1], _ROOMY_BYTES, watched=True))
    figures.long_heap_bytes = build_qemu.HEAP_BYTES
    for case in [case for case in CASES if case[0] == "both"]:
        say(f"{FRAMES} messages of {' speaking '.join(case)}")
        plan = Plan(folders[case[0]], case[1], figures.long_heap_bytes, frames=FRAMES)
        figures.long[case] = lived(plan)
    with tempfile.TemporaryDirectory(prefix="ocpp-footprint-") as certificates:
        footprint_tls.make(Path(certificates))
        find_smallest(figures, folders, Path(certificates))
    say("what each way to save is worth")
    figures.worth = worth(figures, folders, elf, all_ways)
    say("instructions")
    figures.instructions = instructions.measure()
    return figures


def find_smallest(figures: Figures, folders: dict[str, Path], certificates: Path) -> None:
    """Of each image without and with TLS; begin where a figure that is known already points."""
    more = _TLS_BYTES
    for case in CASES:
        image, dialect = case
        near = round(max(figures.lives[case].peaks.values()) * _FRAGMENTED)
        near = figures.smallest.get((dialect, dialect)) or near
        plan = Plan(folders[image], dialect, 0)
        say(f"the smallest heap of {' speaking '.join(case)}")
        least = figures.smallest[case] = smallest(plan, near)
        if least is None:
            figures.smallest_tls[case] = None
            continue
        say("  with TLS")
        plan = dataclasses.replace(plan, tls=certificates)
        with_tls = figures.smallest_tls[case] = smallest(plan, least + more)
        more = (with_tls or least + more) - least


def worth(figures: Figures, folders: dict[str, Path], elf: Path, all_ways: bool) -> dict[str, str]:
    """What each way to save is worth; the slow ones only if all are wanted."""
    found = footprint_worth.image_ways(figures.texts, figures.image_bytes)
    found |= footprint_worth.table_ways(figures.texts["both"], elf)
    if not all_ways:
        return found

    def idle(built: Path) -> int:
        life = lived(Plan(built, "2.0.1", _ROOMY_BYTES, short=True))
        return life.moments["idle after all"].used

    usual = idle(folders["both"])
    path = "chargepoint/modules.py"
    text = footprint_worth.keep_transient((ROOT / "firmware" / path).read_text())
    texts = footprint_images.sources(footprint_images.DIALECTS["both"], {path: text})
    kept = footprint_images.folder("kept", footprint_images.image(texts), elf)
    found["modules that go after their message"] = footprint_worth.heap(idle(kept), usual)
    data = (folders["both"] / "app.romfs").read_bytes()
    nameless = footprint_images.firmware(with_names=False)
    other = footprint_images.folder("nameless", data, nameless)
    found["names that the firmware carries"] = footprint_worth.heap(idle(other), usual)
    return found


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
        figures = measure(options.all)
    except (Failure, Failed, instructions.Failure, *footprint_images.FAILURES) as failure:
        print(f"footprint: {failure}", file=sys.stderr)
        return 1
    RESULT.write_text(json.dumps(footprint_table.as_json(figures), indent=1) + "\n")
    PAGE.write_text(footprint_table.page(figures))
    print(footprint_table.page(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
