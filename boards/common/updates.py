"""The updater of a board, put together from its slots.

Where there can be none, one line on the console says why, and UpdateFirmware is NotSupported.
"""

import sys

import image

from chargepoint import modules
from chargepoint.ota.updater import Places, Updater

KEYS = "/rom/update_keys.bin"


def updater(station, network, tls_files, hardware, record, devices, views, system=None):
    """hardware: the revision, as station.json has it; record: block device of two sectors, None if
    there is none; devices, views: of both slots, system: see Places."""
    problem = None
    running = sys.modules.get("booted")  # boot.py's, the number of a slot
    if running is None:
        problem = "the running image has no header"
    elif not hardware:
        problem = "station.json has no hardware revision"
    elif record is None:
        problem = "there is no place for the record of the slots"
    if problem is not None:
        print("no updates:", problem)
        return None
    keys, version = _keys(), _boot_version()
    places = Places(
        record, devices, views, running, keys, image.PRODUCT, hardware, version, system
    )

    def subprotocol():
        return None if station.profile is None else station.profile.SUBPROTOCOL

    made = Updater(places, station.store, network, tls_files, subprotocol)
    modules.release()
    if not keys:
        print("no updates: the image has no update_keys.bin")
        if made.trial_s is None:  # one on trial gives itself up
            return None
    return made


def _boot_version() -> int:
    """Of the firmware, which an update of the application does not replace."""
    import slots  # pyright: ignore[reportMissingImports]

    del sys.modules["slots"]
    return slots.BOOT_VERSION


def _keys():
    try:
        with open(KEYS, "rb") as file:
            return file.read()
    except OSError:
        return b""
