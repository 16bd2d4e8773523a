"""The power fails at every operation of an update, in every way, and again in the recovery.

    python -m tests.ota.sweep                 all of it
    python -m tests.ota.sweep pairs=300       only so many of the second cuts of each update

Prints a line for each kind of update: cuts, and failures with the cuts that lead to them.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, field

from tests.ota.update import HOW, Update
from tests.power_loss.recorder import distinct_parts

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
    lives: int = 0  # that began differently
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.singles} cuts, {self.pairs} pairs of cuts"
            f" ({self.lives} different), failures: {len(self.failures)}"
        )


def sweep(how: str, first: bool, large: bool, pairs: int | None, seed: int = 1) -> Result:
    """pairs: how many second cuts at most, drawn at random; None: all."""
    name = f"{how}{', first' if first else ''}{', large sectors' if large else ''}"
    result = Result(name)
    lives = Lives(result)
    singles = lives.cuts("", Update(how, first, large))
    result.singles = len(singles)
    firsts = [cut for cut in singles if lives.finish(cut)]
    draw = random.Random(seed)
    for cut in firsts if pairs is None else draw.sample(firsts, len(firsts)):
        if result.pairs == pairs:
            break
        seconds = lives.cuts(cut.where, cut.update())
        for second in seconds if pairs is None else draw.sample(seconds, min(1, len(seconds))):
            result.pairs += 1
            lives.finish(second)
    return result


@dataclass
class Cut:
    """Of the power, in a part of an operation. where: "operation.part", of each cut until then."""

    where: str
    step: tuple
    part: int

    def update(self) -> Update:
        """As that leaves it. The power is back."""
        before: Update = self.step[3]
        return before.on(before.flash.torn(self.step, self.part))


class Lives:
    """What comes after a cut follows from what the flash holds and what is known outside. What
    begins as another did is not lived again, which is a third of the second cuts."""

    def __init__(self, result: Result):
        self._result = result
        self._known: set[bytes] = set()  # how they began

    def finish(self, cut: Cut) -> bool:
        """The life after it; False if that fails and was not known to."""
        update = cut.update()
        state = update.state()
        if state in self._known:
            return True
        self._known.add(state)
        return self._live(cut.where, update)

    def cuts(self, where: str, update: Update) -> list[Cut]:
        """Live on from there; all cuts in that life."""
        self._known.add(update.state())
        update.flash.record(update.copy)
        if not self._live(where or "no cut", update):
            return []
        return [
            Cut(f"{where}{where and ','}{number}.{part}", step, part)
            for number, step in enumerate(update.flash.steps)
            for part in distinct_parts(step)
        ]

    def _live(self, where: str, update: Update) -> bool:
        """Whether it goes well."""
        self._result.lives += 1
        try:
            update.run()
            update.check_end()
            return True
        except AssertionError as error:
            self._result.failures.append(f"{where}: {error}")
            return False


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
