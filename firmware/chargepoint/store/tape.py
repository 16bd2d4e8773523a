"""A place in the sectors of raw flash that moves on as a file's does. Transient.

`region` is whoever has the sectors: `.device` (readblocks, writeblocks, ioctl), `.sector_bytes`,
`.align`, the bytes of the unit in which the flash is programmed, and `.ready`, a bit for each
sector that was erased ahead.
"""

import struct
from binascii import crc32

from ..compat import const

_BUFFER_BYTES = const(64)
_ERASE = const(6)  # ioctl


class Tape:
    """Reads from that place on, or programs what is erased there.

    It ends with the sector; or, with `end`, before that one, and then it erases each sector into
    whose first byte it writes.
    """

    def __init__(self, region, sector: int, at: int, end: int = 0):
        self._region = region
        self._sector_bytes = region.sector_bytes
        self._end = end
        self.sector = sector
        self.at = at
        self._buffer = bytearray()
        self._used = 0  # bytes of the buffer that wait to be programmed

    def read(self, count: int) -> bytes:
        data = bytearray(max(0, min(count, self.left())))
        view, done = memoryview(data), 0
        while done < len(data):
            self._turn()
            part = view[done : done + self._sector_bytes - self.at]
            self._region.device.readblocks(self.sector, part, self.at)
            self.at += len(part)
            done += len(part)
        return bytes(data)

    def left(self) -> int:
        """Bytes to the end."""
        more = self._end - self.sector - 1 if self._end else 0
        return self._sector_bytes * (1 + more) - self.at

    def write(self, data) -> None:
        buffer = self._buffer = self._buffer or bytearray(_BUFFER_BYTES)
        view = memoryview(data)
        while view:
            count = min(len(view), _BUFFER_BYTES - self._used)
            buffer[self._used : self._used + count] = view[:count]
            self._used += count
            view = view[count:]
            if self._used == _BUFFER_BYTES:
                self._program()

    def close(self) -> None:
        """Program what was written, up to a whole unit."""
        while self._used % self._region.align:
            self.write(b"\xff")
        if self._used:
            self._program()

    def _program(self) -> None:
        view = memoryview(self._buffer)[: self._used]
        while view:
            self._turn()
            if self._end and self.at == 0:
                erase(self._region, self.sector)
            part = view[: min(len(view), self._sector_bytes - self.at)]
            self._region.device.writeblocks(self.sector, part, self.at)
            self.at += len(part)
            view = view[len(part) :]
        self._used = 0

    def _turn(self) -> None:
        if self.at == self._sector_bytes and self._end:
            self.sector += 1
            self.at = 0


def is_erased(region, sector: int, at: int, count: int) -> bool:
    tape = Tape(region, sector, at)
    while count > 0:
        data = tape.read(min(count, _BUFFER_BYTES))
        if data != b"\xff" * len(data):
            return False
        count -= _BUFFER_BYTES
    return True


def is_marked(region, sector: int, at: int) -> bool:
    """Whether `mark` has programmed that unit, or begun to; one flipped bit is no mark."""
    unit = Tape(region, sector, at).read(region.align)
    return bin(int.from_bytes(unit, "little")).count("1") < 8 * region.align - 1


def find(region, sector: int, at: int, value: int) -> int:
    """The next unit from there on that begins with that byte; the sector's end if none does."""
    tape = Tape(region, sector, at)
    while tape.left() > 0:
        start = tape.at
        piece = tape.read(_BUFFER_BYTES)
        for n in range(0, len(piece), region.align):
            if piece[n] == value:
                return start + n
    return region.sector_bytes


def header(region, sector: int, count: int):
    """The bytes with which a sector begins, the last four of which are their checksum; None if
    they are none. One bit that has flipped is set right: a whole sector hangs on it."""
    data = bytearray(Tape(region, sector, 0).read(count))
    if data[0] == 0xFF:
        return None
    for bit in range(8 * count):
        if _is_whole(data):
            return data
        data[bit >> 3] ^= 1 << (bit & 7)
        if _is_whole(data):
            return data
        data[bit >> 3] ^= 1 << (bit & 7)
    return None


def _is_whole(data) -> bool:
    return struct.unpack("<I", data[-4:])[0] == crc32(data[:-4])


def erase(region, sector: int) -> None:
    bit = 1 << sector
    if not region.ready & bit:
        region.device.ioctl(_ERASE, sector)
    region.ready &= ~bit


def mark(region, sector: int, at: int) -> None:
    """Program the one unit there: it is erased no more."""
    region.device.writeblocks(sector, bytes(region.align), at)
