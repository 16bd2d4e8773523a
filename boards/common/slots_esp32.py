"""The slots of an ESP32: the partitions rom_0 and rom_1 of the application, whose record is in the
partition slots, and those of the boot loader for the whole firmware, ota_0 and ota_1."""

import romslot
from esp32 import Partition
from updates import updater

from chargepoint.compat import const

_LABELS = ("rom_0", "rom_1")
_LABEL = const(4)  # in Partition.info()


def open_updater(station, network, tls_files, hardware, is_idle):
    """is_idle: not asked; a sector of 4 KiB is erased at a time."""
    devices = [_partition(label) for label in _LABELS]
    views = [romslot.map(label) for label in _LABELS]
    record, system = _partition("slots"), System(station.store.slots)
    return updater(station, network, tls_files, hardware, record, devices, views, system)


def _partition(label: str):
    found = Partition.find(Partition.TYPE_DATA, label=label)
    return found[0] if found else None


class System:
    """places.system, see ota.system. The boot loader's roll-back is on in MicroPython's own
    options for ESP-IDF (sdkconfig.base)."""

    def __init__(self, slots):
        running = Partition(Partition.RUNNING)
        self.device = running.get_next_update()
        self.running = running.info()[_LABEL]
        self.target = self.device.info()[_LABEL]
        self.slots = slots

    def boot(self) -> None:
        self.device.set_boot()

    def keep(self) -> None:
        Partition.mark_app_valid_cancel_rollback()
