"""What tests hold of the footprint: a few figures, compared with tools/footprint_ceilings.csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from tools import footprint_images
from tools.footprint_search import Pool
from tools.footprint_station import IDLE, Life, Plan, least

TABLE = footprint_images.ROOT / "tools" / "footprint_ceilings.csv"
# Of heap more: what is on its way, or still on the stack, while it is measured is chance.
MARGINS = {"rom": 0.02, "heap": 0.06}
_ROUNDS = 3
ROOMY_BYTES = 128 * 1024  # a heap in which nothing is short


def quick(enough: Callable[[dict[str, int]], bool], rounds: int = _ROUNDS) -> dict[str, int]:
    """Flash, and heap with the simulator's parts: the least of several short lives, as many as it
    takes until it is enough. Raises a Failure, or Failed."""
    elf = footprint_images.firmware()
    found, built = {}, {}
    for name, dialects in footprint_images.DIALECTS.items():
        data = footprint_images.image(footprint_images.sources(dialects))
        built[name] = footprint_images.folder(name, data, elf)
        found[f"rom {name}"] = len(data)
    plans = {
        dialect: Plan(built["both"], dialect, ROOMY_BYTES, watched=True, short=True)
        for dialect in ("1.6", "2.0.1")
    }
    lives: dict[str, list[Life]] = {dialect: [] for dialect in plans}
    with Pool() as pool:
        for _ in range(rounds):
            started = {dialect: pool.live(plan) for dialect, plan in plans.items()}
            for dialect, future in started.items():
                lives[dialect].append(future.result())
                life = least(lives[dialect])
                found[f"heap idle {dialect}"] = life.moments[IDLE].used
                found[f"heap peak {dialect}"] = max(life.peaks.values())
            if enough(found):
                break
    return found


def measured(recorded: dict[str, int]) -> dict[str, int]:
    """What is to be compared with what is recorded."""
    return quick(lambda found: not grown(recorded, found))


def load(text: str) -> dict[str, int]:
    return {row["figure"]: int(row["bytes"]) for row in csv.DictReader(io.StringIO(text))}


def dump(found: dict[str, int]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("figure", "bytes"))
    writer.writerows(sorted(found.items()))
    return text.getvalue()


def grown(recorded: dict[str, int], found: dict[str, int]) -> list[str]:
    """What takes more than is recorded, by more than its margin, a line each."""
    lines = []
    for name in sorted(recorded.keys() | found.keys()):
        if name not in found or name not in recorded:
            lines.append(f"{name}: {'recorded' if name in recorded else 'measured'} only")
        elif found[name] > recorded[name] * (1 + MARGINS[name.split()[0]]):
            change = found[name] / recorded[name] - 1
            lines.append(
                f"{name}: {found[name]:,} bytes, {recorded[name]:,} are recorded: {change:+.1%}"
            )
    return lines


def hold(record: bool) -> int:
    """Compare the few figures with the recorded ones, or record them. The exit status."""
    if record:
        found = quick(lambda _: False)
        TABLE.write_text(dump(found))
        print(f"{TABLE.name}: {len(found)} figures")
        return 0
    recorded = load(TABLE.read_text()) if TABLE.exists() else {}
    lines = grown(recorded, measured(recorded))
    for line in lines:
        print(line)
    if lines:
        print("if that is wanted, record it: python tools/footprint.py --quick --record")
    return 1 if lines else 0
