"""The power fails at every operation of an update, in every way, and again in the recovery.

    python -m tests.ota.sweep                 all of it
    python -m tests.ota.sweep pairs=300       only so many of the second cuts of each update

Prints a line for each kind of update: cuts, and failures with the cuts that lead to them.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, field

from tests.ota.update import HOW, PowerCut, Update
from tests.support.flash import PARTS

# What becomes of the update, whether it is the first one, whether sectors are as large as slots.
KINDS = [
    (how, first, large)
    for how in HOW
    for first in (False, True)
    for large in (False, True)
    if how in ("accepted", "used_up") or not first
]


@dataclass
class Result:
    name: str
    singles: int = 0
    pairs: int = 0
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.singles} cuts, {self.pairs} pairs of cuts,"
            f" failures: {len(self.failures)}"
        )


def sweep(how: str, first: bool, large: bool, pairs: int | None, seed: int = 1) -> Result:
    """pairs: how many second cuts at most, drawn at random; None: all."""
    name = f"{how}{', first' if first else ''}{', large sectors' if large else ''}"
    result = Result(name)
    start = Update(how, first, large)
    whole = start.copy()
    _finish(whole, result, 0, "no cut")
    recoveries = []
    for at in range(whole.flash.operations):
        for part, update in enumerate(_cuts(start, at)):
            result.singles += 1
            operations = update.flash.operations
            after = update.copy()
            if _finish(after, result, 1, f"{at}.{part}"):
                count = after.flash.operations - operations
                recoveries.append((f"{at}.{part}", update, count))
    points = [(n, at) for n, (_, _, count) in enumerate(recoveries) for at in range(count)]
    if pairs is not None and pairs < len(points) * PARTS:
        points = random.Random(seed).sample(points, pairs // PARTS)
    for n, at in points:
        where, update, _ = recoveries[n]
        for part, second in enumerate(_cuts(update, at)):
            result.pairs += 1
            _finish(second, result, 2, f"{where},{at}.{part}")
    return result


def _cuts(start: Update, at: int) -> list[Update]:
    """Copies whose power has failed there, in each way, and is back."""
    first = start.copy()
    first.flash.cut_after(at)
    try:
        first.run()
    except PowerCut:
        pass
    else:
        raise AssertionError("the power did not fail")
    updates = [first]
    for part in range(1, PARTS):
        update = first.copy()
        update.flash.cut_again(part)
        updates.append(update)
    for update in updates:
        update.flash.power_up()
    return updates


def _finish(update: Update, result: Result, cuts: int, where: str) -> bool:
    """Whether it goes well."""
    try:
        update.run()
        update.check_end(cuts)
    except AssertionError as error:
        result.failures.append(f"{where}: {error}")
        return False
    return True


def main(arguments: list[str]) -> int:
    pairs = None
    for argument in arguments:
        if argument.startswith("pairs="):
            pairs = int(argument[6:])
    failures = 0
    for kind in KINDS:
        result = sweep(*kind, pairs=pairs)
        failures += len(result.failures)
        for failure in result.failures[:5]:
            print(failure)
        print(result, flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
