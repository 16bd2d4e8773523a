"""A NOR flash that is stricter than flash, and whose power can fail in the middle of an operation.

    flash = Flash(sectors=8)
    flash.cut_after(operations, part)    # or never
    ... the store works on it until PowerCut ...
    flash.power_up()

It is a block device by MicroPython's interface, a block being a sector: `writeblocks(n, buf)`
erases the sector and programs it, with an offset it programs only. A byte is programmed once
between two erases, at a multiple of `align` bytes and in multiples of it, never beyond the sector;
anything else is an error of the store, not of the flash. After the cut each operation fails.
Runs on both interpreters: no pytest here.
"""

from chargepoint.compat import micropython

_COUNT, _SIZE, _ERASE = 4, 5, 6  # ioctl
_INIT, _DEINIT, _SYNC = 1, 2, 3
# How much of the operation that is cut is done: for a program nothing, one unit, half, all but one
# unit; for an erase nothing, the first half, the second half, all of it in doubt.
PARTS = 4


class PowerCut(Exception):
    """The power has failed: nothing of the station runs any more."""


class Flash:
    """operations: how many programs and erases there have been; erases: of each sector."""

    def __init__(self, sectors=8, sector_bytes=4096, align=1):
        self.sectors = sectors
        self.sector_bytes = sector_bytes
        self.align = align
        self.data = bytearray(b"\xff" * (sectors * sector_bytes))
        self._view = memoryview(self.data)
        self._programmed = bytearray(len(self.data))  # 1: not erased since, even if it is 0xff
        self.erases = [0] * sectors
        self.operations = 0
        self._cut_at = -1
        self._part = 0
        self._off = False

    def cut_after(self, operations, part=0):
        """The power fails in the operation that follows so many; part: see PARTS."""
        self._cut_at = self.operations + operations
        self._part = part

    def power_up(self):
        """The power is back, and stays."""
        self._off = False
        self._cut_at = -1

    # ---- the block device

    @micropython.native
    def readblocks(self, block, buffer, offset=0):
        # A file system reads thousands of times at a boot: no calls in here.
        if self._off:
            raise PowerCut()
        size, count = self.sector_bytes, len(buffer)
        assert 0 <= offset <= size - count and block >= 0, "beyond the sector"
        at = block * size + offset
        buffer[:] = self._view[at : at + count]

    def writeblocks(self, block, buffer, offset=None):
        if offset is None:
            assert len(buffer) % self.sector_bytes == 0, "whole sectors only"
            for n in range(len(buffer) // self.sector_bytes):
                self._erase(block + n)
            for n in range(len(buffer) // self.sector_bytes):
                at = n * self.sector_bytes
                self._program(block + n, memoryview(buffer)[at : at + self.sector_bytes], 0)
        else:
            self._program(block, buffer, offset)

    def ioctl(self, operation, argument):
        if operation == _COUNT:
            return self.sectors
        if operation == _SIZE:
            return self.sector_bytes
        if operation == _ERASE:
            self._erase(argument)
            return 0
        assert operation in (_INIT, _DEINIT, _SYNC), "ioctl %d" % operation
        return 0

    # ---- inside

    def _check(self):
        if self._off:
            raise PowerCut()

    def _place(self, block, offset, count):
        assert 0 <= block < self.sectors, "no sector %d" % block
        assert 0 <= offset and offset + count <= self.sector_bytes, "beyond the sector"
        return block * self.sector_bytes + offset

    def _is_cut(self):
        """Count an operation; True if the power fails in it."""
        self._check()
        self.operations += 1
        if self.operations - 1 == self._cut_at:
            self._off = True
        return self._off

    def _program(self, block, buffer, offset):
        count = len(buffer)
        at = self._place(block, offset, count)
        assert count and offset % self.align == 0 and count % self.align == 0, (
            "not aligned: %d bytes at %d" % (count, offset)
        )
        assert self._programmed[at : at + count] == bytes(count), "programmed without an erase"
        is_cut = self._is_cut()
        if is_cut:
            unit = self.align
            half = count // unit // 2 * unit
            count = (0, unit, half, count - unit)[self._part]
        self.data[at : at + count] = memoryview(buffer)[:count]
        self._programmed[at : at + count] = b"\x01" * count
        if is_cut:
            raise PowerCut()

    def _erase(self, block):
        at = self._place(block, 0, 0)
        size = self.sector_bytes
        is_cut = self._is_cut()
        if not is_cut:
            self.erases[block] += 1
            self.data[at : at + size] = b"\xff" * size
            self._programmed[at : at + size] = bytes(size)
            return
        half = size // 2
        if self._part == 1:
            self.data[at : at + half] = b"\xff" * half
        elif self._part == 2:
            self.data[at + half : at + size] = b"\xff" * half
        elif self._part == 3:  # each bit is on its way: what is read is neither
            for n in range(at, at + size):
                self.data[n] |= n * 37 & 0xFF
        if self._part:  # whatever it reads as, it can't be programmed before a whole erase
            self._programmed[at : at + size] = b"\x01" * size
        raise PowerCut()
