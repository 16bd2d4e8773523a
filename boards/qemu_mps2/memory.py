"""What the flash of the emulated board is used for."""

# What MicroPython has and CPython has not.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

import os

import romslot

from chargepoint.store.flash_store import FlashStore


def open_store(config: dict) -> FlashStore:
    return FlashStore(romslot.store(), os.urandom)
