"""The slots of a STM32: two ROMFS segments of its internal flash (slots.ld); their record: files.

An erase stops the controller, or at least the application, which runs from the same flash, for as
long as it takes: so a slot is erased only while no contactor is closed. Else it is OSError(EBUSY),
and the download fails and can be tried again.
"""

import romslot
import vfs
from updates import updater

from chargepoint.compat import const

_BLOCK_COUNT = const(4)  # ioctl of a block device
_SECTOR_BYTES = const(5)
_ERASE = const(6)
_PREPARE = const(3)  # rom_ioctl
_WRITE = const(4)
_LEAST_ERASED = const(6)  # not before MicroPython 1.28
_EBUSY = const(16)


def open_updater(station, network, tls_files, hardware, is_idle):
    views = [romslot.map("rom_0"), romslot.map("rom_1")]
    devices = [Segment(n, views[n], is_idle) for n in (0, 1)]
    return updater(station, network, tls_files, hardware, romslot.records(), devices, views)


class Segment:
    """A slot as a block device. Before MicroPython 1.28 only all of it can be erased, so it is one
    sector then."""

    def __init__(self, number: int, view, is_idle):
        self._number = number
        self._view = view
        self._is_idle = is_idle
        size = vfs.rom_ioctl(_LEAST_ERASED, number)
        self._is_one = size <= 0
        self._sector_bytes = len(view) if self._is_one else size

    def readblocks(self, block: int, buffer, offset: int = 0) -> None:
        at = block * self._sector_bytes + offset
        buffer[:] = self._view[at : at + len(buffer)]

    def writeblocks(self, block: int, data, offset: int = 0) -> None:
        at = block * self._sector_bytes + offset
        _done(vfs.rom_ioctl(_WRITE, self._number, at, data))

    def ioctl(self, operation: int, argument: int) -> int:
        if operation == _SECTOR_BYTES:
            return self._sector_bytes
        if operation == _BLOCK_COUNT:
            return len(self._view) // self._sector_bytes
        if operation == _ERASE:
            if not self._is_idle():
                raise OSError(_EBUSY)
            size = self._sector_bytes
            if self._is_one:
                _done(vfs.rom_ioctl(_PREPARE, self._number, size))
            else:
                _done(vfs.rom_ioctl(_PREPARE, self._number, argument * size, size))
        return 0


def _done(result: int) -> None:
    if result < 0:
        raise OSError(-result)
