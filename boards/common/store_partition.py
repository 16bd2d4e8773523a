"""The store of an ESP32: the partition `journal`, raw."""

# What MicroPython has and CPython has not.
# pyright: reportMissingImports=false

import os

from esp32 import Partition

from chargepoint.store.flash_store import FlashStore


def open_store(flash: str) -> FlashStore:
    """flash: the folder of the file system, where an earlier image may have left its files.

    Raises OSError where the flash has another table of partitions.
    """
    found = Partition.find(Partition.TYPE_DATA, label="journal")
    if not found:
        raise OSError("no partition is named journal: write the whole flash with make flash")
    return FlashStore(found[0], os.urandom, old=flash + "/store")
