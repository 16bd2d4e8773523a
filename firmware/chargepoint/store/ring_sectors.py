"""How the journal lies in the sectors of its ring, see `ring`. Transient."""

import struct
from binascii import crc32

from ..compat import const
from . import frame
from .tape import Tape, erase, is_erased, mark

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
    data = Tape(ring, sector, 0).read(_HEADER_BYTES)
    if data[0] != _MAGIC or struct.unpack("<I", data[16:])[0] != crc32(data[:16]):
        return None
    _, version, is_copy, align, first_seq, origin, serial = struct.unpack(_HEADER, data[:16])
    if version != _VERSION or align != ring.align:
        return first_seq
    is_free = not is_erased(ring, sector, data_at(align) - align, align)
    return is_free, first_seq, origin, serial, is_copy


def first_seq(ring, index: int) -> int:
    """The lowest number that may be in that sector of the order; NO_LIMIT beyond the newest."""
    if index >= len(ring.order):
        return NO_LIMIT
    return struct.unpack("<I", Tape(ring, ring.order[index], 4).read(4))[0]


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
        release(ring, 0)
        ring.head_at = ring.tail_at


def release(ring, index: int) -> None:
    """Nothing in that sector of the order counts any longer."""
    sector = ring.order[index]
    mark(ring, sector, data_at(ring.align) - ring.align)
    ring.order = ring.order[:index] + ring.order[index + 1 :]
    ring.free.append(sector)


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
    `.payload`, `.is_told`. `.is_bad` once something was met that can't be read.
    """

    def __init__(self, ring, index: int, at: int = 0):
        self._ring = ring
        self.sector = ring.order[index]
        self._limit = first_seq(ring, index + 1)
        self.at = self.end = at or data_at(ring.align)
        self.seq = 0
        self.payload = b""
        self.is_told = self.is_bad = False

    def next(self) -> bool:
        ring = self._ring
        while True:
            self.at = self.end
            tape = Tape(ring, self.sector, self.at)
            head = tape.read(8)
            if len(head) < 8 or head[0] == 0xFF:
                return False
            magic, kind, length, number = struct.unpack("<BBHI", head)
            if magic == _ENTRY_MAGIC and number >= self._limit:
                return False  # of a sector that was being moved here, or never whole
            size = entry_bytes(ring.align, length)
            tape.at = self.at
            entry = frame.read(tape)
            if entry is not None and kind == frame.ENTRY:
                self.end = self.at + size
                self.seq, self.payload = number, entry[2]
                self.is_told = not is_erased(ring, self.sector, self.end - ring.align, ring.align)
                return True
            self.is_bad = True
            if magic != _ENTRY_MAGIC or kind != frame.ENTRY or self.at + size > ring.sector_bytes:
                return False
            self.end += size  # its length seems right: there may be more behind it

    def is_clean(self) -> bool:
        """Once `next()` was False: what follows can be programmed."""
        left = self._ring.sector_bytes - self.end
        return not self.is_bad and is_erased(self._ring, self.sector, self.end, left)
