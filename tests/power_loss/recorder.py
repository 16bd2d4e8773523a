"""A flash that keeps every operation, so that the power can fail in each of them afterwards.

    flash = Recorder(sectors=8)
    flash.record(mark)            # mark(): what is known outside, right before an operation
    ... the station works on it ...
    for number, part, torn, mark in cuts(flash): ...

What happens up to an operation is the same whether or not the power fails in it, so the station
runs once, and `torn` is the flash as that cut would have left it. Bytes are torn one by one,
whatever the device programs at a time.
"""

from tests.support.flash import Flash, PowerCut


class Recorder(Flash):
    """steps: (sector, offset or -1 for an erase, bytes, mark) of each operation recorded."""

    def __init__(self, sectors=8, sector_bytes=4096, align=1):
        super().__init__(sectors, sector_bytes, align)
        self.steps = []
        self.began = None
        self._mark = None

    def record(self, mark):
        self.began = self.copy()
        self.steps = []
        self._mark = mark

    def stop(self):
        """What happens from now on is not kept."""
        self._mark = None

    def copy(self):
        other = Recorder(self.sectors, self.sector_bytes, self.align)
        other.data[:] = self.data
        other._programmed[:] = self._programmed
        return other

    def repeat(self, step):
        """Do an operation as it was done when it was recorded."""
        sector, offset, data, _ = step
        if offset < 0:
            self._erase(sector)
        else:
            self._program(sector, data, offset)

    def torn(self, step, part):
        """A copy on which the power has failed in that part of an operation."""
        flash = self.copy()
        flash.align = 1
        flash.cut_after(0, part)
        try:
            flash.repeat(step)
        except PowerCut:
            flash.power_up()
        flash.align = self.align
        return flash

    def _program(self, block, buffer, offset):
        if self._mark is not None:
            self.steps.append((block, offset, bytes(buffer), self._mark()))
        super()._program(block, buffer, offset)

    def _erase(self, block):
        if self._mark is not None:
            self.steps.append((block, -1, b"", self._mark()))
        super()._erase(block)


def cuts(flash, choose=None):
    """(number, part, the torn flash, mark) of each cut; choose(number, parts): those to be cut."""
    base = flash.began.copy()
    for number, step in enumerate(flash.steps):
        parts = distinct_parts(step)
        for part in parts if choose is None else choose(number, parts):
            yield number, part, base.torn(step, part), step[3]
        base.repeat(step)


def distinct_parts(step):
    """The parts of an operation that leave different bytes: a short program has less of them."""
    if step[1] < 0:
        return (0, 1, 2, 3)
    count = len(step[2])
    if count < 3:
        return (0, 1)
    return (0, 1, 3) if count == 3 else (0, 1, 2, 3)
