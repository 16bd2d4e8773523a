"""boot.py on MicroPython with two slots of signed images and a record: which is mounted."""

import ast
from pathlib import Path

from chargepoint.ota import slots
from tests.boards.test_boot import SLOTS, boot
from tests.support import images
from tests.support.flash import Flash
from tools import build_romfs

# The partition of the record; `kept` are its sectors after the boot.
RECORD = """
class esp32:
    class Partition:
        TYPE_DATA = 1
        @staticmethod
        def find(kind, label):
            return [Device()] if (kind, label) == (1, "slots") else []
class Device:
    def ioctl(self, operation, argument):
        kept[argument * 4096 : argument * 4096 + 4096] = b"\\xff" * 4096
    def readblocks(self, block, buffer, offset):
        buffer[:] = kept[block * 4096 + offset : block * 4096 + offset + len(buffer)]
    def writeblocks(self, block, buffer, offset):
        at = block * 4096 + offset
        kept[at : at + len(buffer)] = buffer
sys.modules["esp32"] = esp32
kept = bytearray(%r)
"""
AFTER = "print(sys.modules.get('booted'), [bytes(kept[:128]), bytes(kept[4096:4224])])"


def image(name: str, **fields) -> bytes:
    code = f"def run():\n    print('runs {name}')\n".encode()
    content = build_romfs.image({"start.py": code})
    return images.header(content, **fields) + content


OLD, NEW = image("old"), image("new", counter=6)
BROKEN = images.header(b"no ROMFS") + b"no ROMFS"


def record(first: tuple, second: tuple, views=(OLD, NEW)) -> bytes:
    """The sectors of a record with these states."""
    state = slots.State()
    for number, values in ((0, first), (1, second)):
        state.slots[number].set(*values)
        state.slots[number].digest = slots.header_digest(views[number])
    flash = Flash(2)
    slots.Records(flash).save(state)
    return bytes(flash.data)


def booted(tmp_path: Path, kept: bytes, views=(OLD, NEW)) -> tuple[str, str, slots.State | None]:
    """What was said, which slot, and the newest record then."""
    said = boot(tmp_path, SLOTS % views + RECORD % kept, AFTER).splitlines()
    slot, _, copies = said[-1].partition(" ")
    flash = Flash(2)
    for number, copy in enumerate(ast.literal_eval(copies)):
        flash.data[number * 4096 : number * 4096 + 128] = copy
    return said[0], slot, slots.Records(flash).load()


def test_a_trial_is_counted_before_it_boots(tmp_path: Path):
    kept = record((slots.CONFIRMED,), (slots.TRIAL, 2))
    said, slot, state = booted(tmp_path, kept)
    assert (said, slot) == ("runs new", "1") and state.slots[1].boots == 1


def test_a_trial_whose_boots_are_used_up(tmp_path: Path):
    kept = record((slots.CONFIRMED,), (slots.TRIAL, 0))
    said, slot, state = booted(tmp_path, kept)
    assert (said, slot) == ("runs old", "0")
    assert (state.slots[1].state, state.slots[1].why) == (slots.BAD, slots.BOOTS_USED_UP)


def test_what_can_not_be_mounted(tmp_path: Path):
    kept = record((slots.CONFIRMED,), (slots.TRIAL, 2), (OLD, BROKEN))
    said, slot, state = booted(tmp_path, kept, (OLD, BROKEN))
    assert (said, slot) == ("runs old", "0")
    assert (state.slots[1].state, state.slots[1].why) == (slots.BAD, slots.NOT_MOUNTED)


def test_a_changed_slot(tmp_path: Path):
    changed = NEW[:-3] + b"\0" + NEW[-2:]
    kept = record((slots.CONFIRMED,), (slots.TRIAL, 2))
    said, slot, state = booted(tmp_path, kept, (OLD, changed))
    assert (said, slot) == ("runs old", "0") and state.slots[1].why == slots.DAMAGED


def test_no_record_and_a_record_that_can_not_be_read(tmp_path: Path):
    for kept in (b"\xff" * 8192, bytes(8192)):
        assert booted(tmp_path, kept)[:2] == ("runs new", "1")
        assert booted(tmp_path, kept, (OLD, b"\xff" * 5000))[:2] == ("runs old", "0")


def test_an_image_without_header_only_if_there_is_none_with_one(tmp_path: Path):
    bare = build_romfs.image({"start.py": b"def run():\n    print('runs bare')\n"})
    assert booted(tmp_path, b"\xff" * 8192, (bare, OLD))[:2] == ("runs old", "1")
    assert booted(tmp_path, b"\xff" * 8192, (bare, b"\xff" * 64))[:2] == ("runs bare", "None")
