"""vfs.rom_ioctl of a STM32 over the strict flash, as MicroPython 1.25 has it, or newer.

    vfs = RomSegments([flash, flash], is_new=False)

Where 1.25 would quietly do something else (an offset to erase from), this fails.
"""

_EINVAL = 22


class RomSegments:
    def __init__(self, flashes, is_new=False):
        self._flashes = flashes
        self._is_new = is_new

    def rom_ioctl(self, operation, segment=0, *more):
        if operation == 1:
            return len(self._flashes)
        flash = self._flashes[segment]
        if operation == 2:
            return memoryview(flash.data)
        if operation == 3:
            if not self._is_new:
                (count,) = more
                return self._erase(flash, 0, count)
            return self._erase(flash, *more) if len(more) == 2 else self._erase(flash, 0, *more)
        if operation == 4:
            at, data = more
            if at + len(data) > len(flash.data):
                return -_EINVAL
            assert len(data) % 4 == 0, "what is not a whole word is left out"
            block, offset = divmod(at, flash.sector_bytes)
            flash.writeblocks(block, data, offset)
            return 0
        if operation == 6 and self._is_new:
            return flash.sector_bytes
        return -_EINVAL

    def _erase(self, flash, at, count):
        if at + count > len(flash.data):
            return -_EINVAL
        assert at % flash.sector_bytes == 0 and count % flash.sector_bytes == 0
        for block in range(at // flash.sector_bytes, (at + count) // flash.sector_bytes):
            flash.ioctl(6, block)
        return 16
