"""What was counted: instructions by name."""

# What MicroPython has and CPython has not.
# pyright: reportMissingImports=false

import counter


class Meter:
    """counts: instructions by name; of what happened several times, the most.

    Each section begins with a heap without garbage (c/counter.c), and no collection comes in
    between. What measuring takes is taken off.
    """

    def __init__(self):
        self.counts = {}
        self.begin, self.lap = counter.begin, counter.lap
        self.begin()
        self._own = counter.end()

    def end(self) -> int:
        """Instructions since begin()."""
        return counter.end() - self._own

    def note(self, name: str, count: int) -> None:
        self.counts[name] = max(count, self.counts.get(name, 0))

    def repeat(self, name: str, times: int, function, *arguments) -> None:
        """Count one call of the function, the mean of several that follow a first one."""
        self.note(name, self._calls(times, function, arguments) - self._calls(times, _nothing, ()))

    def once(self, name: str, function, *arguments) -> None:
        """Count one call, the first: of a function that takes so long that what it brings in does
        not show."""
        self.begin()
        function(*arguments)
        self.note(name, self.end())

    def _calls(self, times: int, function, arguments) -> int:
        function(*arguments)
        self.begin()
        for _ in range(times):
            function(*arguments)
        return self.end() // times


class NoMeter:
    """Stands in its place while the world warms up."""

    def begin(self) -> None:
        pass

    def end(self) -> int:
        return 0

    def note(self, name: str, count: int) -> None:
        pass

    def repeat(self, name: str, times: int, function, *arguments) -> None:
        pass

    def once(self, name: str, function, *arguments) -> None:
        pass


def _nothing() -> None:
    pass
