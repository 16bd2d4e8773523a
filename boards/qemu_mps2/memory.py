"""What the flash of the emulated board is used for."""

# What MicroPython has and CPython has not.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

import os

import romslot

from chargepoint.ota.updater import Places
from chargepoint.store.flash_store import FlashStore

_PRODUCT = "qemu_mps2"
_HARDWARE = "A"


def open_store(config: dict) -> FlashStore:
    return FlashStore(romslot.store(), os.urandom)


def open_slots(config: dict):
    """None if the image has no header: then it can't be updated."""
    try:
        import booted
    except ImportError:
        return None
    labels = "rom_0", "rom_1"
    return Places(
        romslot.records(),
        [romslot.device(label) for label in labels],
        [romslot.map(label) for label in labels],
        booted,
        _read("/rom/update_keys.bin"),
        _PRODUCT,
        _HARDWARE,
    )


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
