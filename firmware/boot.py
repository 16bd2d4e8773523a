"""Mounts the application's image at /rom, before anything else runs. Frozen into the firmware.

The image runs in place: a slot is a partition of an ESP32, or a segment of a STM32's flash that
the board's slots.ld names. Which of the two is taken the table of `slots` says, frozen beside it
(chargepoint/ota/slots.py); an image without header, as `make flash` writes it, only if no slot has
one with it. An update of the application never replaces these files.
"""

import sys

import slots  # pyright: ignore[reportMissingImports]
import vfs


def _views():
    """Both slots in memory, None for one that is not there."""
    try:
        import romslot  # boards/common/c_esp32
    except ImportError:
        count = vfs.rom_ioctl(1)
        return [vfs.rom_ioctl(2, number) if number < count else None for number in (0, 1)]
    views = []
    for label in ("rom_0", "rom_1"):
        try:
            views.append(romslot.map(label))
        except OSError:
            views.append(None)
    return views


def _records():
    """Of the board's romslot or the partition `slots`; None on a board without."""
    try:
        from romslot import records  # pyright: ignore[reportAttributeAccessIssue]

        return slots.Records(records())
    except ImportError:
        pass
    try:
        from esp32 import Partition  # pyright: ignore[reportMissingImports]
    except ImportError:
        return None
    found = Partition.find(Partition.TYPE_DATA, label="slots")
    return slots.Records(found[0]) if found else None


def _mount(image):
    vfs.mount(vfs.VfsRom(image), "/rom")
    while "/rom" in sys.path:
        sys.path.remove("/rom")
    sys.path.insert(0, "/rom")  # no file on the file system takes a module's place


def _boot():
    try:
        vfs.umount("/rom")  # what MicroPython has found by itself
    except OSError:
        pass
    views, records = _views(), _records()
    state = records.load() if records else None
    refused = []
    is_told = True  # the record says all that is known
    while True:
        number, changed = slots.decide(state, views, refused)
        if records and state and (changed or not is_told):
            try:
                records.save(state)
                is_told = True
            except OSError as error:
                print("slots:", error)
                if number is not None and state.slots[number].state == slots.TRIAL:
                    refused.append(number)  # a trial that can't be counted would have no end
                    continue
        if number is None:
            break
        try:
            _mount(slots.payload(views[number]))
        except OSError:
            slots.not_mounted(state, number)
            refused.append(number)
            is_told = False
            continue
        sys.modules["booted"] = number  # for the application: `import booted`
        return
    for view in views:
        try:
            _mount(view)
            return
        except (OSError, TypeError):
            continue  # nothing in it


try:
    _boot()
except (AttributeError, OSError):
    pass  # a firmware without ROMFS: the application is on the file system
# main.py runs in the same module: nothing of this may stay in memory.
del sys.modules["slots"]
for _name in ("slots", "_views", "_records", "_mount", "_boot"):
    del globals()[_name]
