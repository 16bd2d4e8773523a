"""Where in the flash what is; boot.py asks for the slots and their record.

sectors     of 4096 bytes
0           slot rom_0, 1 MiB
256         slot rom_1, 1 MiB
512         the record of the slots, 2 sectors
528         the store, 128 KiB
1024        the file system, 1 MiB
1280        the certificates, a ROMFS image of 64 KiB at most, put there by the host
"""

# What MicroPython has and CPython has not.
# pyright: reportMissingImports=false

import nor

_SLOTS = {"rom_0": 0, "rom_1": 256}
_SLOT_SECTORS = 256


def map(label):
    """The slot in place."""
    return nor.view(_SLOTS[label], _SLOT_SECTORS)


def device(label):
    """The slot as a block device."""
    return nor.Flash(_SLOTS[label], _SLOT_SECTORS)


def records():
    return nor.Flash(512, 2)


def store():
    return nor.Flash(528, 32)


def files():
    return nor.Flash(1024, 256)


def certificates():
    return nor.view(1280, 16)
