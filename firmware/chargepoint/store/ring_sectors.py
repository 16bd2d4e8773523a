"""How the journal lies in the sectors of its ring, see `ring`. Transient."""

import struct
from binascii import crc32

from ..compat import const
from . import frame
from . import tape as tapes
from .tape import Tape, erase, is_erased, is_marked, mark

_MAGIC = const(0x5A)
_VERSION = const(1)
_HEADER = "<BBBBIII"
_HEADER_BYTES = const(20)
_ENTRY_MAGIC = const(0xA5)
NO_LIMIT = const(0xFFFFFFFF)


def data_at(align: int) -> int:
    """Where the first entry begins: behind the header and the unit that marks a free sector."""
    return (_HEADER_BYTES + align - 1) // align * align + align


def entry_bytes(align: int, length: int) -> int:
    """Of an entry with that payload: the frame, and the unit that says it is acknowledged."""
    return (frame.OVERHEAD + length + align - 1) // align * align + align


def header(ring, sector: int):
    """(is free, first_seq, origin, serial, is a copy), None if there is no header, or for one of
    a format that is not known here its first_seq."""
    data = tapes.header(ring, sector, _HEADER_BYTES)
    if data is None or data[0] != _MAGIC:
        return None
    _, version, is_copy, align, first_seq, origin, serial = struct.unpack(_HEADER, data[:16])
    if version != _VERSION or align != ring.align:
        return first_seq
    is_free = is_marked(ring, sector, data_at(align) - align)
    return is_free, first_seq, origin, serial, is_copy


def first_seq(ring, index: int) -> int:
    """The lowest number that may be in that sector of the order; NO_LIMIT beyond the newest."""
    if index >= len(ring.order):
        return NO_LIMIT
    head = header(ring, ring.order[index])
    if not isinstance(head, tuple):
        raise OSError("a sector of the journal is gone from the flash")
    return head[1]


def write_header(ring, sector: int, seq: int, origin: int, is_copy: bool) -> None:
    head = (_MAGIC, _VERSION, is_copy, ring.align, seq, origin, ring.serial)
    data = struct.pack(_HEADER, *head)
    tape = Tape(ring, sector, 0)
    tape.write(data)
    tape.write(struct.pack("<I", crc32(data)))
    tape.close()
    ring.serial += 1


def open_newest(ring, seq: int) -> None:
    """Begin a sector whose numbers are from `seq` on."""
    sector = ring.free[0]
    erase(ring, sector)
    write_header(ring, sector, seq, seq, False)
    ring.free = ring.free[1:]
    ring.order.append(sector)
    ring.tail_at = data_at(ring.align)
    if not ring.waiting and len(ring.order) > 1:  # the newest until now is told
        ring.head_at = ring.tail_at
        release(ring, 0)


def release(ring, index: int) -> None:
    """Nothing in that sector of the order counts any longer.

    If it can't be marked that is no loss: at the next start it is found out again.
    """
    sector = ring.order[index]
    ring.order = ring.order[:index] + ring.order[index + 1 :]
    ring.free.append(sector)
    try:
        mark(ring, sector, data_at(ring.align) - ring.align)
    except OSError:
        pass  # whatever is written next is refused, too


def write_entry(ring, sector: int, at: int, seq: int, *parts) -> int:
    """Program an entry there; where the next one may begin."""
    tape = Tape(ring, sector, at)
    frame.write(tape, frame.ENTRY, seq, *parts)
    tape.close()
    return tape.at + ring.align


def mark_told(ring, walk) -> None:
    """The entry that the walk is at is acknowledged."""
    mark(ring, walk.sector, walk.end - ring.align)


class Walk:
    """One entry after the other of a sector, those below `limit`.

    After `next()`: `.at` and `.end`, where the entry begins and what follows it; `.seq`,
    `.payload`, `.is_told`. `.is_bad` once something was met that can't be read, and `.lost_bytes`
    of it that were passed over: the next whole entry counts again.
    """

    def __init__(self, ring, index: int, at: int = 0):
        self._ring = ring
        self.sector = ring.order[index]
        self._limit = first_seq(ring, index + 1)
        self.at = self.end = at or data_at(ring.align)
        self.seq = -1
        self.lost_bytes = 0
        self.payload = b""
        self.is_told = self.is_bad = False

    def next(self) -> bool:
        ring, at = self._ring, self.end
        while at + frame.OVERHEAD <= ring.sector_bytes:
            tape = Tape(ring, self.sector, at)
            magic, kind, length, number = struct.unpack("<BBHI", tape.read(8))
            if magic == 0xFF and at == self.end:
                return False
            tape.at = at
            if frame.read(tape) is None:
                # Where no number is missing it is what a move that was cut off has left.
                self.is_bad = self.is_bad or self.seq + 1 < self._limit
            elif kind == frame.ENTRY and self.seq < number < self._limit:
                self.lost_bytes += at - self.end
                self.at, self.end = at, at + entry_bytes(ring.align, length)
                tape.at = at + 8
                self.seq, self.payload = number, tape.read(length)
                self.is_told = is_marked(ring, self.sector, self.end - ring.align)
                return True
            at = tapes.find(ring, self.sector, at + ring.align, _ENTRY_MAGIC)
        return False

    def is_clean(self) -> bool:
        """Once `next()` was False: what follows can be programmed."""
        left = self._ring.sector_bytes - self.end
        return not self.is_bad and is_erased(self._ring, self.sector, self.end, left)
