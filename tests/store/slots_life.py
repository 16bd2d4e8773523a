"""The life of the slots in a script, beside a model of what was promised."""

from chargepoint.store.flash_slots import FlashSlots
from tests.store.cuts import flash_twin, store_twin
from tests.support.flash import Flash

NAMES = "abcde"


class Life:
    """flash: as it is; saved: what was promised, by name."""

    def __init__(self, sectors=4, sector_bytes=256, align=4, first=0):
        self.flash = Flash(first + sectors, sector_bytes, align)
        self.sectors, self.first = sectors, first
        self.saved = {}
        self.maybe = None  # (name, value) that was interrupted
        self.full = 0
        self.slots = None

    def boot(self):
        damaged = []
        self.slots = FlashSlots(self.flash, self.first, self.sectors, damaged, self.flash.align)
        # A torn first bank is told, for it can't be told from one that was lost.
        nothing = not any([value is not None for value in self.saved.values()])
        assert damaged == [] or (damaged == ["slots"] and nothing), damaged
        self.compare()

    def compare(self):
        if self.maybe is not None:
            name, value = self.maybe
            found = self.slots.load(name)
            assert found in (value, self.saved.get(name)), (name, found)
            self.saved[name] = found
            self.maybe = None
        for name in NAMES:
            assert self.slots.load(name) == self.saved.get(name), name

    def save(self, name, value):
        self.maybe = (name, value)
        if self.slots.save(name, value):
            self.saved[name] = value
        else:
            assert self.slots.failed == 28
            self.full += 1
        self.maybe = None
        assert self.slots.load(name) == self.saved.get(name)

    def delete(self, name):
        self.maybe = (name, None)
        self.slots.delete(name)
        self.maybe = None
        self.saved[name] = None

    def do(self, step):
        """(the name of one of the above, its arguments)"""
        getattr(self, step[0])(*step[1:])

    def finish(self):
        self.save("a", b"last")
        self.compare()

    def twin(self):
        twin = Life(self.sectors, self.flash.sector_bytes, self.flash.align, self.first)
        twin.flash = flash_twin(self.flash)
        twin.saved = dict(self.saved)
        twin.maybe = self.maybe
        if self.slots is not None:
            twin.slots = store_twin(self.slots, twin.flash)
        return twin
