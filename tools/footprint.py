"""`make footprint`: measure flash and heap on the emulated board, beside the budgets.

    python tools/footprint.py             everything: docs/footprint.md, build/footprint.json
    python tools/footprint.py --quick     the few figures that tests hold; --record writes them

Heap is measured in lives of a station with a server (footprint_station.py) on the images that
footprint_images.py builds. The smallest heap is found by trying; where the search begins stands in
footprint_heaps.csv, which each run writes.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    sys.path.insert(1, str(Path(__file__).resolve().parent.parent / "firmware"))

from tools import (  # noqa: E402
    build_romfs,
    footprint_ceilings,
    footprint_figures,
    footprint_images,
    footprint_page,
    footprint_probe,
    footprint_rooms,
    footprint_search,
    footprint_tls,
    footprint_worth,
    instructions,
    repack_mpy,
)
from tools.footprint_figures import CASES, KIB, Case, Figures, called  # noqa: E402
from tools.footprint_search import Pool  # noqa: E402
from tools.footprint_station import FRAMES, LIVES, Failed, Life, Plan, at_worst  # noqa: E402

ROOT = footprint_images.ROOT
PAGE = ROOT / "docs" / "footprint.md"
RESULT = ROOT / "build" / "footprint.json"
HEAPS = ROOT / "tools" / "footprint_heaps.csv"
_ROOMY_BYTES = footprint_ceilings.ROOMY_BYTES
_FRAGMENTED = 1.08  # where a search begins of which nothing is recorded: so much above the peak
_TLS_BYTES = 26 * KIB
_LONG_BYTES = 64 * KIB
_LONG_STEP_BYTES = 4 * KIB
FAILURES = (
    Failed,
    footprint_rooms.Failure,
    instructions.Failure,
    repack_mpy.Failure,
    *footprint_images.FAILURES,
)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure() -> Figures:
    """All of it. Raises one of FAILURES."""
    figures = Figures()
    say("images")
    elf = footprint_images.firmware()
    built, texts = images(figures, elf)
    figures.simulator, figures.resting = footprint_probe.measure(elf)
    with Pool() as pool:
        say("lives, for the peaks")
        plans = {c: Plan(built[c[0]], c[1], _ROOMY_BYTES, watched=True) for c in CASES}
        lives = {case: [pool.live(plan) for _ in range(LIVES)] for case, plan in plans.items()}
        figures.lives = {
            case: at_worst([future.result() for future in futures])
            for case, futures in lives.items()
        }
        say("the smallest heap")
        find_smallest(figures, pool, built)
        say(f"{FRAMES} messages")
        with ThreadPoolExecutor() as threads:
            long = {
                case: threads.submit(long_life, pool, built["both"], case[1])
                for case in CASES
                if case[0] == "both"
            }
            figures.long = {case: future.result() for case, future in long.items()}
        say("what each way to save is worth")
        figures.worth = footprint_worth.measure(pool, texts, elf)
        figures.worth |= footprint_worth.single_dialects(figures)
    say("instructions")
    figures.instructions = instructions.measure()
    return figures


def images(figures: Figures, elf: Path) -> tuple[dict[str, Path], dict[str, str]]:
    """Build them: the folders by name, and the sources of the one with both dialects."""
    folders, texts = {}, {}
    for name, dialects in footprint_images.DIALECTS.items():
        texts = footprint_images.sources(dialects)
        bodies = build_romfs.linked(texts)
        files, names = footprint_images.compiled(bodies)
        figures.sources[name] = footprint_rooms.by_source(files, bodies, names)
        figures.image_bytes[name] = sum(figures.sources[name].values())
        folders[name] = footprint_images.folder(name, build_romfs.image(files), elf)
    return folders, texts


def find_smallest(figures: Figures, pool: Pool, built: dict[str, Path]) -> None:
    """Of each image, without and with TLS."""
    recorded = footprint_search.load(HEAPS.read_text()) if HEAPS.exists() else {}
    found: dict[str, int] = {}

    def find(case: Case, tls: Path | None) -> int | None:
        name = called(case) + (", TLS" if tls else "")
        near = round(max(figures.lives[case].peaks.values()) * _FRAGMENTED)
        near = recorded.get(name) or near + (_TLS_BYTES if tls else 0)
        plan = Plan(built[case[0]], case[1], 0, tls=tls)
        least = footprint_search.search(pool, plan, near, lambda text: say(f"  {name}: {text}"))
        if least is not None:
            found[name] = least
        return least

    with tempfile.TemporaryDirectory(prefix="ocpp-footprint-") as folder:
        footprint_tls.make(Path(folder))
        with ThreadPoolExecutor(2 * len(CASES)) as threads:
            plain = {case: threads.submit(find, case, None) for case in CASES}
            secure = {case: threads.submit(find, case, Path(folder)) for case in CASES}
            figures.smallest = {case: future.result() for case, future in plain.items()}
            figures.smallest_tls = {case: future.result() for case, future in secure.items()}
    HEAPS.write_text(footprint_search.dump(found))


def long_life(pool: Pool, built: Path, dialect: str) -> tuple[int, Life]:
    """A life with many messages: in which heap it went through, and the life."""
    plan = Plan(built, dialect, _LONG_BYTES, frames=FRAMES)
    while True:
        try:
            return plan.heap_bytes, pool.live(plan).result()
        except Failed as failed:
            say(f"  {dialect}: {plan.heap_bytes:,} bytes: {failed}")
            if plan.heap_bytes >= _ROOMY_BYTES:
                raise
        plan = dataclasses.replace(plan, heap_bytes=plan.heap_bytes + _LONG_STEP_BYTES)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Measure flash and heap in the emulator.")
    parser.add_argument("--quick", action="store_true", help="only the figures that tests hold")
    parser.add_argument("--record", action="store_true", help="with --quick: write them")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    try:
        if options.quick:
            return footprint_ceilings.hold(options.record)
        figures = measure()
    except FAILURES as failure:
        print(f"footprint: {failure}", file=sys.stderr)
        return 1
    RESULT.write_text(json.dumps(footprint_figures.as_json(figures), indent=1) + "\n")
    PAGE.write_text(footprint_page.page(figures))
    print(footprint_page.page(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
