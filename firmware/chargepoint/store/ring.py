"""The journal on raw flash: a ring of sectors, written through once each before one is erased.

    sector   b"\x5a" version u8, is a copy u8, align u8, first_seq u32, origin u32, serial u32,
             crc32; one unit, programmed when nothing in the sector counts any longer; entries
    entry    as in frame.py, up to a whole unit; one unit, programmed when it is acknowledged

Numbers are little endian, `align` is the flash's unit. An entry counts once its checksum, which
comes last, is there, and while its number is below the first of the next sector. So what was torn,
and what an interrupted move has left behind the entries of a sector, counts for nothing. An
acknowledgement needs no room.

The sectors in use are in the order of `first_seq`. A copy is written before its header is; it
takes the place of the sector that began with `origin` and has a lower `serial`. One sector is
always free for that. A newer firmware's format has another version; its sectors are reported and
left as they are.

Nothing in memory grows with the number of entries. `ring_boot` finds all this at the start,
`ring_edit` makes room.
"""

from .. import modules
from ..compat import cold, const

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from collections.abc import Callable

_SECTOR_BYTES = const(5)  # ioctl
_ENOSPC = const(28)
_BUFFER_BYTES = const(64)  # of tape.py
_HEADER_BYTES = const(96)  # of a sector at most, with the unit that follows it


class RingJournal:
    """On `sectors` sectors of the block device from `first` on; see `files.FileJournal`.

    align: the unit in which the flash is programmed, in bytes. What can't be read is told to the
    list `damaged`. All attributes are for the modules `ring_*` too.
    """

    def __init__(self, device, first: int, sectors: int, damaged: list, align: int = 4):
        if sectors < 3 or first + sectors > 256 or _BUFFER_BYTES % align:
            raise ValueError("no ring on %d sectors with units of %d" % (sectors, align))
        self.device = device
        self.sector_bytes = device.ioctl(_SECTOR_BYTES, 0)
        self.align = align
        self.order = bytearray()  # the sectors in use, oldest first
        self.free = bytearray()  # the others, in the order in which they are taken
        self.serial = 0  # of the next header
        self.next_seq = 1
        self.tail_at = self.sector_bytes  # where the next entry goes in the newest sector
        self.head_at = 0  # nothing waits before it in the oldest
        self.waiting = 0
        self.edit_seq = 0  # where the pass of `edit` goes on
        self.ready = 0  # sectors that are erased ahead, see `ahead`
        self.is_live: "Callable" = bool  # () -> whether nothing may be erased now; bool() is False
        modules.use("store.ring_boot").recover(self, first, sectors, damaged)
        modules.release()

    @cold
    def append(self, *parts) -> int:
        """Journal an entry, the parts joined; it is safe when this returns its sequence number.

        Raises OSError(28) if there is no room for it, ValueError if it fits into no sector.
        """
        ring = modules.use("store.ring_sectors")
        size = ring.entry_bytes(self.align, sum([len(part) for part in parts]))
        if size > self.sector_bytes - ring.data_at(self.align):
            raise ValueError("entry of %d bytes is too long for a sector" % size)
        if self.tail_at + size > self.sector_bytes:
            if self._spare() < 1:
                raise OSError(_ENOSPC)
            ring.open_newest(self, self.next_seq)
        at, seq = self.tail_at, self.next_seq
        self.tail_at = self.sector_bytes  # if this fails nothing is programmed over it
        self.tail_at = ring.write_entry(self, self.order[-1], at, seq, *parts)
        self.next_seq = seq + 1
        if not self.waiting and len(self.order) == 1:
            self.head_at = at
        self.waiting += 1
        return seq

    @cold
    def acknowledge(self, seq: int) -> None:
        """The entry `seq`, which is the head, and all before it need not be kept any longer."""
        ring = modules.use("store.ring_sectors")
        while self.waiting:
            walk = ring.Walk(self, 0, self.head_at)
            while walk.next():
                if walk.seq > seq:
                    return
                if not walk.is_told:
                    ring.mark_told(self, walk)
                    self.waiting -= 1
                self.head_at = walk.end
                if not self.waiting:
                    break
            if len(self.order) == 1:
                return
            self.head_at = 0
            ring.release(self, 0)

    def head(self):
        """(seq, payload) of the oldest entry that waits, or None."""
        return self._read_head() if self.waiting else None

    @cold
    def records(self):
        """Each waiting (seq, payload), oldest first; nothing may be changed meanwhile."""
        ring = modules.use("store.ring_sectors")
        at = self.head_at
        for index in range(len(self.order)):
            walk = ring.Walk(self, index, at)
            at = 0
            while walk.next():
                if not walk.is_told:
                    yield walk.seq, walk.payload

    def count(self) -> int:
        return self.waiting

    def room(self) -> int:
        """Bytes of entries up to an eighth of a sector, each with 12 + 2 * align bytes around it,
        that can be appended for sure."""
        tail = self.sector_bytes - self.tail_at
        sectors = self._spare()
        if sectors < 1:
            return tail
        eighth = self.sector_bytes // 8
        return max(0, tail - eighth) + sectors * (self.sector_bytes - eighth - _HEADER_BYTES)

    @cold
    def edit(self, change) -> bool:
        """One step of a pass over what waits but the head; it looks at one sector.

        change(payload) gives the payload that is to be kept, the same object if it stays as it
        is, or None. True while the pass has more to do; the newest sector is not looked at. Power
        may fail anywhere in it: then each entry is there, as it was or as it was changed.
        """
        if self.is_live():  # what is erased is for what comes
            return False
        return modules.use("store.ring_edit").step(self, change)

    def _spare(self) -> int:
        """How many sectors can be begun; one is always free."""
        count = len(self.free) - 1
        if self.is_live():
            for n in range(count):
                if not self.ready >> self.free[n] & 1:
                    return n
        return count

    @cold
    def _read_head(self):
        for entry in self.records():
            return entry
        raise OSError("the oldest entry of the journal is gone from the flash")
