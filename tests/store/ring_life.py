"""A journal's life in a script, beside a model of what was promised."""

from chargepoint.store.ring import RingJournal
from tests.store.cuts import flash_twin, store_twin
from tests.support.flash import Flash


def changed(payload):
    """What the passes of these tests make of an entry: dropped, shortened, or as it was."""
    kind = payload[0] % 5
    if kind == 0:
        return None
    if kind == 1:
        return payload[: (len(payload) + 1) // 2]
    return payload


def same(payload):
    return payload


class Life:
    """flash: as it is; promised: [[seq, payload]] that wait, by the journal's word."""

    def __init__(self, sectors=5, sector_bytes=256, align=4, first=0):
        self.flash = Flash(first + sectors, sector_bytes, align)
        self.sectors, self.first = sectors, first
        self.promised = []
        self.maybe = None  # what the interrupted operation would have changed
        self.last_seq = 0
        self.boots = 0
        self.damage = 0  # boots that told it
        self.full = 0
        self.is_torn = False
        self.journal = None

    def boot(self):
        """Raises PowerCut; checks what is there against what was promised."""
        damaged = []
        self.journal = RingJournal(self.flash, self.first, self.sectors, damaged, self.flash.align)
        self.boots += 1
        self.damage += len(damaged)
        assert damaged in ([], ["journal"])
        # A torn end is told at each boot until a sector follows it.
        self.is_torn = self.is_torn or self.maybe == "append"
        assert not damaged or self.is_torn, self.maybe
        self.compare()

    def compare(self):
        found = [[seq, bytes(payload)] for seq, payload in self.journal.records()]
        if self.maybe == "append" and len(found) == len(self.promised) + 1:
            self.promised.append(found[-1])
            self.last_seq = found[-1][0]
        elif self.maybe == "acknowledge":
            while len(self.promised) > len(found):
                del self.promised[0]
        elif self.maybe == "edit":
            self._follow(found)
        assert found == self.promised, (found, self.promised, self.maybe)
        assert self.journal.count() == len(found)
        head = self.journal.head()
        assert head == (tuple(found[0]) if found else None), head
        self.maybe = None

    def _follow(self, found):
        """Of what a pass may change each is as it was, or as it was changed."""
        expected = []
        left = list(found)
        for n, (seq, payload) in enumerate(self.promised):
            if left and left[0][0] == seq:
                allowed = [payload] if n == 0 else [payload, changed(payload)]
                assert left[0][1] in allowed
                expected.append(left.pop(0))
            else:
                assert n and changed(payload) is None, "lost %d" % seq
        assert not left, left
        self.promised = expected

    # ---- what the caller does

    def append(self, payload):
        self.maybe = "append"
        room = self.journal.room()
        try:
            seq = self.journal.append(payload[:1], payload[1:])
        except OSError as error:
            assert error.args[0] == 28
            assert room < len(payload) + 12 + 2 * self.flash.align
            self.maybe = None
            self.full += 1
            return False
        assert seq > self.last_seq
        self.maybe = None
        self.is_torn = False
        self.last_seq = seq
        self.promised.append([seq, bytes(payload)])
        return True

    def acknowledge(self, number=1):
        """So many of the oldest."""
        number = min(number, len(self.promised))
        if number:
            self.maybe = "acknowledge"
            self.journal.acknowledge(self.promised[number - 1][0])
            self.promised = self.promised[number:]
            self.maybe = None

    def edit(self):
        """One step with a change."""
        self.maybe = "edit"
        more = self.journal.edit(changed)
        self._follow([[seq, bytes(payload)] for seq, payload in self.journal.records()])
        self.maybe = None
        return more

    def edit_all(self):
        while self.edit():
            pass

    def pack(self):
        self.maybe = "same"
        while self.journal.edit(same):
            pass
        self.maybe = None
        self.compare()

    def do(self, step):
        """(the name of one of the above, its arguments)"""
        getattr(self, step[0])(*step[1:])

    def finish(self):
        """Whatever happened, all is told in order, and there is room again."""
        while self.promised:
            self.acknowledge()
        for n in range(3):
            assert self.append(bytes([n]) * 20)
        self.compare()
        self.acknowledge(3)

    def twin(self):
        twin = Life(self.sectors, self.flash.sector_bytes, self.flash.align, self.first)
        twin.flash = flash_twin(self.flash)
        twin.promised = list(self.promised)
        twin.maybe, twin.last_seq, twin.is_torn = self.maybe, self.last_seq, self.is_torn
        if self.journal is not None:
            twin.journal = store_twin(self.journal, twin.flash)
        return twin
