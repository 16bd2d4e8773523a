"""The slots of a STM32 and their record, for boot.py: two ROMFS segments (slots.ld), two files.

The record is in files because no sector of the flash that Python can write is left for it. They
are on littlefs, which loses neither of them when the power fails.
"""

import os

import vfs

_FOLDER = "/flash/"
_ERASE = 6  # ioctl


def map(label):
    """The slot in place. Raises OSError if there is none."""
    number = ("rom_0", "rom_1").index(label)
    if number >= vfs.rom_ioctl(1):
        raise OSError(2)
    return vfs.rom_ioctl(2, number)


def records():
    return Files(_FOLDER)


class Files:
    """Two sectors, each a file that is not there when the sector is empty."""

    def __init__(self, folder):
        self._folder = folder

    def readblocks(self, block, buffer, offset=0):
        buffer[:] = b"\xff" * len(buffer)
        try:
            with open(self._name(block), "rb") as file:
                file.seek(offset)
                data = file.read(len(buffer))
        except OSError:
            return
        buffer[: len(data)] = data

    def writeblocks(self, block, data, offset=0):
        """Of an empty one, from its beginning."""
        with open(self._name(block), "wb") as file:
            file.write(data)

    def ioctl(self, operation, block):
        if operation == _ERASE:
            try:
                os.remove(self._name(block))
            except OSError as error:
                if error.args[0] != 2:
                    raise
        return 0

    def _name(self, block):
        return self._folder + "slots_%d" % block
