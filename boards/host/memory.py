"""What the simulated station's flash is used for: a folder of the state directory.

The store is files. The images are in the folder `images` there, if the simulator has put them
there: `a` and `b`, a slot each, and `record`.
"""

import os
from binascii import unhexlify
from os import urandom

from chargepoint import modules
from chargepoint.ota.updater import Places
from chargepoint.store.files import FileStore

_SECTOR_BYTES = 4096
_UNIT_BYTES = 4
_COUNT, _SIZE, _ERASE = 4, 5, 6  # ioctl
_UPKEEP = (1, 2, 3)  # begin, end, sync


def open_store(config: dict) -> FileStore:
    return FileStore(config["flash"], urandom)


def open_slots(config: dict):
    """Decide which image boots, as boot.py does; None without any."""
    folder = config["flash"] + "/images/"
    try:
        os.stat(folder + "record")
    except OSError:
        return None
    slots = modules.use("ota.slots")
    devices = Device(folder + "a"), Device(folder + "b")
    views = View(devices[0]), View(devices[1])
    record = Device(folder + "record")
    records = slots.Records(record)
    state = records.load()
    running, changed = slots.decide(state, views)
    if running is None:
        return None
    if state is not None and changed:
        records.save(state)
    firmware = config["firmware"]
    return Places(
        record,
        devices,
        views,
        running,
        unhexlify(firmware["keys"]),
        firmware["product"],
        firmware["hardware"],
    )


class Device:
    """A file as strict flash: only what is erased is programmed, and in whole units."""

    def __init__(self, path: str):
        self._file = open(path, "r+b")
        self.size = self._file.seek(0, 2)

    def readblocks(self, block: int, buffer, offset: int = 0) -> None:
        buffer[:] = self.read(self._place(block, offset, len(buffer)), len(buffer))

    def writeblocks(self, block: int, buffer, offset=None) -> None:
        count = len(buffer)
        if offset is None:
            for n in range(count // _SECTOR_BYTES):
                self._erase(block + n)
        at = self._place(block, offset or 0, count)
        assert count and at % _UNIT_BYTES == 0 and count % _UNIT_BYTES == 0, "no whole units"
        assert self.read(at, count) == b"\xff" * count, "programmed without an erase"
        self._write(at, buffer)

    def ioctl(self, request: int, argument: int) -> int:
        if request == _COUNT:
            return self.size // _SECTOR_BYTES
        if request == _SIZE:
            return _SECTOR_BYTES
        if request == _ERASE:
            self._erase(argument)
        else:
            assert request in _UPKEEP, "ioctl %d" % request
        return 0

    def read(self, at: int, count: int) -> bytes:
        self._file.seek(at)
        return self._file.read(count)

    def _erase(self, block: int) -> None:
        self._write(self._place(block, 0, _SECTOR_BYTES), b"\xff" * _SECTOR_BYTES)

    def _write(self, at: int, data) -> None:
        self._file.seek(at)
        self._file.write(data)
        self._file.flush()

    def _place(self, block: int, offset: int, count: int) -> int:
        at = block * _SECTOR_BYTES + offset
        assert block >= 0 and offset >= 0 and at + count <= self.size, "outside the flash"
        assert not offset or offset + count <= _SECTOR_BYTES, "beyond the sector"
        return at


class View:
    """A slot as bytes, each read when it is asked for."""

    def __init__(self, device: Device):
        self._device = device

    def __len__(self) -> int:
        return self._device.size

    def __getitem__(self, part: slice) -> bytes:
        start = part.start or 0
        end = self._device.size if part.stop is None else min(part.stop, self._device.size)
        return self._device.read(start, max(0, end - start))
