"""Mounts the application's image at /rom, before anything else runs. Frozen into the firmware.

The image runs in place: a slot is a partition of an ESP32, or a segment of a STM32's flash that
the board's slots.ld names. The first slot with an image is taken. Choosing between two, and going
back to the older one, is to be added here; an update of the application never replaces this file.
"""

import sys

import vfs


def _slots():
    try:
        import romslot  # boards/common/c_esp32
    except ImportError:
        for number in range(vfs.rom_ioctl(1)):
            yield vfs.rom_ioctl(2, number)
        return
    for label in ("rom_0", "rom_1"):
        yield romslot.map(label)


def _mount():
    try:
        vfs.umount("/rom")  # what MicroPython has found by itself
    except OSError:
        pass
    for slot in _slots():
        try:
            vfs.mount(vfs.VfsRom(slot), "/rom")
        except OSError:
            continue  # nothing in it
        while "/rom" in sys.path:
            sys.path.remove("/rom")
        sys.path.insert(0, "/rom")  # no file on the file system takes a module's place
        return


try:
    _mount()
except (AttributeError, OSError):
    pass  # a firmware without ROMFS: the application is on the file system
