"""The slots of an ESP32: the partitions rom_0 and rom_1; their record: the partition slots."""

# What MicroPython has and CPython has not, and the C module of our firmware.
# pyright: reportMissingImports=false

import romslot
from esp32 import Partition
from updates import updater

_LABELS = ("rom_0", "rom_1")


def open_updater(station, network, tls_files, hardware, is_idle):
    """is_idle: not asked; a sector of 4 KiB is erased at a time."""
    devices = [_partition(label) for label in _LABELS]
    views = [romslot.map(label) for label in _LABELS]
    record = _partition("slots")
    return updater(station, network, tls_files, hardware, record, devices, views)


def _partition(label: str):
    found = Partition.find(Partition.TYPE_DATA, label=label)
    return found[0] if found else None
