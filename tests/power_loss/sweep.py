"""The power fails at every operation on the flash, and again while the station recovers.

    python -m tests.power_loss.sweep STORE SCENARIO DIALECT [OPTION=VALUE ...]
    micropython -m tests.power_loss.sweep littlefs session ocpp2.0.1 parts=one

    parts=all     of each operation, or one that follows from its number, or none
    pairs=20x5    second cuts too: 5 in the recovery after each of 20 of the cuts; or pairs=all
    seed=1        which ones
    at=3.1        only the cut in operation 3, part 1; at=3.1,0.2: and then in 0, part 2

Prints one line for a sweep, before it each failure and how to repeat it alone. Runs on both
interpreters: no pytest here.
"""

import sys

from chargepoint import modules
from chargepoint.compat import MICROPYTHON
from tests.power_loss import claims, scenarios
from tests.power_loss.recorder import cuts, distinct_parts
from tests.power_loss.stores import STORES
from tests.power_loss.world import Watched

_MOST_SHOWN = 3  # failures of a kind


class Sweep:
    """cuts: how many there have been; failures: a text for each."""

    def __init__(self, stores, scenario, dialect, parts="all", pairs="none", seed=1):
        self.stores = stores
        self.scenario = scenario
        self.dialect = dialect
        self.parts = parts
        self.pairs = pairs
        self.cuts = 0
        self.failures = []
        self._kinds = {}  # traceback without its last line -> failures
        self._random = int(seed)

    def run(self):
        """Sweep; True if nothing was lost."""
        first = self._first_life()
        if first is None:
            return False
        if self.parts != "none":
            for number, part, flash, mark in cuts(first.flash, self._choose):
                self._survive(((number, part),), flash, mark)
        if self.pairs != "none":
            self._run_pairs(first.flash)
        return not self.failures

    def run_at(self, path):
        """Only that cut, and the one in its recovery."""
        pair = self._first_life()
        for depth in range(len(path)):
            if pair is None:
                return False
            found = [cut for cut in cuts(pair.flash, _only(path[depth]))]
            if not found:
                raise ValueError("no cut %d.%d" % path[depth])
            _, _, flash, mark = found[0]
            if depth == len(path) - 1:
                self._survive(path, flash, mark)
            else:
                pair = self._recovery(path[: depth + 1], flash, mark)
        return not self.failures

    def __str__(self):
        return "%s, %s, %s: %d %scuts, failures: %d" % (
            self.scenario,
            self.dialect,
            self.stores.name,
            self.cuts,
            "second " if self.parts == "none" else "",
            len(self.failures),
        )

    # ---- lives

    def _first_life(self):
        """The story without a cut, which must be told right too; None if it is not."""
        try:
            pair = Watched(self.dialect, self.stores, self.stores.flash(), is_recorded=True)
            scenarios.ALL[self.scenario](pair)
            pair.flash.stop()
            claims.check(pair)
            assert not pair.store.damaged, "damaged without a cut: %s" % pair.store.damaged
            return pair
        except Exception as error:
            self._fail((), error)

    def _recovery(self, path, flash, mark):
        """The recorded life after a cut; None if it fails."""
        try:
            pair = Watched(self.dialect, self.stores, flash, mark, _leaves(path), True)
            scenarios.recover(pair)
            flash.stop()
            return pair
        except Exception as error:
            self._fail(path, error)

    def _survive(self, path, flash, mark):
        """The last life, with all claims."""
        self.cuts += 1
        try:
            pair = Watched(self.dialect, self.stores, flash, mark, _leaves(path))
            scenarios.recover(pair)
            scenarios.go_on(pair)
            claims.check(pair)
        except Exception as error:
            self._fail(path, error)

    def _run_pairs(self, flash):
        if self.pairs == "all":
            chosen, count = None, 0
        else:
            firsts, count = [int(number) for number in self.pairs.split("x")]
            places = [(n, p) for n, step in enumerate(flash.steps) for p in distinct_parts(step)]
            chosen = self._sample(places, firsts)
        for number, part, torn, mark in cuts(flash, chosen and _among(chosen)):
            recovery = self._recovery(((number, part),), torn, mark)
            if recovery is None:
                continue
            steps = recovery.flash.steps
            places = [(n, p) for n, step in enumerate(steps) for p in distinct_parts(step)]
            seconds = self._sample(places, count) if chosen else places
            for cut in cuts(recovery.flash, _among(seconds)):
                self._survive(((number, part), cut[:2]), cut[2], cut[3])

    # ---- inside

    def _choose(self, number, parts):
        return parts if self.parts == "all" else (parts[(number * 7 + number // 4) % len(parts)],)

    def _sample(self, places, count):
        """So many of them, by the seed."""
        chosen = []
        for _ in range(min(count, len(places))):
            self._random = (self._random * 1103515245 + 12345) & 0x7FFFFFFF
            chosen.append(places[(self._random >> 8) % len(places)])
        return chosen

    def _fail(self, path, error):
        at = ",".join(["%d.%d" % cut for cut in path]) or "none"
        self.failures.append(at)
        text = _traceback(error)
        kind = text[: text.rfind("\n", 0, -2)]  # where it was raised
        self._kinds[kind] = self._kinds.get(kind, 0) + 1
        if self._kinds[kind] <= _MOST_SHOWN:
            print("FAILED %s %s at=%s" % (self.scenario, self.dialect, at))
            print(text)


def _leaves(path):
    """Whether the cars leave while the power is off: after a third of the cuts."""
    return sum([number + part for number, part in path]) % 3 == 2


def _only(place):
    return lambda number, parts: (place[1],) if number == place[0] else ()


def _among(places):
    chosen = {}
    for number, part in places:
        chosen.setdefault(number, []).append(part)
    return lambda number, parts: sorted(set(chosen.get(number, ())))


def _traceback(error):
    if MICROPYTHON:
        import io

        text = io.StringIO()
        sys.print_exception(error, text)  # type: ignore[attr-defined]
        return text.getvalue()
    import traceback

    return "".join(traceback.format_exception(error))


def main(arguments):
    modules.keep()  # what comes and goes is the matter of other tests
    store, scenario, dialect = arguments[:3]
    options = dict([argument.split("=") for argument in arguments[3:]])
    at = options.pop("at", None)
    sweep = Sweep(STORES[store], scenario, dialect, **options)
    if at:
        path = [tuple([int(n) for n in cut.split(".")]) for cut in at.split(",")]
        sweep.run_at(tuple(path))
    else:
        sweep.run()
    if sweep.failures:
        print("repeat one: %s %s %s at=%s" % (store, scenario, dialect, sweep.failures[0]))
    print(sweep)
    return 1 if sweep.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
