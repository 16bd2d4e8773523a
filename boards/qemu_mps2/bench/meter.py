"""The instrument: the board's counter, under -icount one for every 40 instructions."""

# What MicroPython has and CPython has not.
# pyright: reportAttributeAccessIssue=false

import gc
import time

_INSTRUCTIONS = 40


class Meter:
    """counts: instructions by name; of what happened several times, the most.

    Each section begins right after a collection of garbage, and what measuring takes is taken off.
    """

    def __init__(self):
        self.counts = {}
        self._begin = 0
        self._own = 0
        self.begin()
        self._own = self.end()

    def begin(self) -> None:
        gc.collect()
        self._begin = time.ticks_cpu()

    def end(self) -> int:
        """Instructions since begin()."""
        ticks = time.ticks_diff(time.ticks_cpu(), self._begin)
        return ticks * _INSTRUCTIONS - self._own

    def note(self, name: str, count: int) -> None:
        self.counts[name] = max(count, self.counts.get(name, 0))

    def repeat(self, name: str, times: int, function, *arguments) -> None:
        """Count one call of the function, the mean of several that follow a first one."""
        self.note(name, self._calls(times, function, arguments) - self._calls(times, _nothing, ()))

    def _calls(self, times: int, function, arguments) -> int:
        function(*arguments)
        self.begin()
        for _ in range(times):
            function(*arguments)
        return self.end() // times


def _nothing() -> None:
    pass
