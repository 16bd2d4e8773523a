"""One update of a station whose power fails: boots (firmware/boot.py itself), and what its
application does after each boot, on the strict flash model.

    Update(how).run()        how: accepted, used_up, late, changed, unmountable, wrong_hash

What must hold is asserted at each boot, and at the end by `check_end`.
"""

from __future__ import annotations

import copy
import sys
import types
from pathlib import Path

from chargepoint.crypto import signature
from chargepoint.ota import container, installation, slots, trial
from chargepoint.ota.updater import Places
from tests.support import images
from tests.support.flash import Flash, PowerCut
from tests.support.images import Part, do

ROOT = Path(__file__).resolve().parents[2]
BOOT = compile((ROOT / "firmware" / "boot.py").read_text(), "boot.py", "exec")
HOW = ("accepted", "used_up", "late", "changed", "unmountable", "wrong_hash")
BOOTS = 3
OLD, NEW = images.payload(1, 3000), images.payload(2, 5000)
UNMOUNTABLE = b"\0" + NEW[1:]
OLD_HEADER = images.header(OLD)
ANCIENT = images.payload(3, 7000)
ANCIENT_HEADER = images.header(ANCIENT, counter=4)
_HEADERS = {content: images.header(content, counter=6) for content in (NEW, UNMOUNTABLE)}
_known: dict = {}
_MOST_LIVES = 20


def verify(scheme, key, digest, found, salt_bytes) -> bool:
    """As signature.verify, each signature once: a sweep meets the same ones all the time."""
    asked = (scheme, bytes(digest), bytes(found))
    if asked not in _known:
        _known[asked] = signature.verify(scheme, key, digest, found, salt_bytes)
    return _known[asked]


class Update:
    """first: no record yet and nothing in the other slot, as when a station left the factory;
    else the image from before the running one is in it, confirmed once. large: sectors that are
    as large as a slot, programmed in units of 32 bytes."""

    def __init__(self, how: str, first: bool = False, large: bool = False):
        self.how = how
        size = 1 if large else 3
        self.flash = Flash(2 + 2 * size, 12288 if large else 4096, 32 if large else 4)
        self._places = [(0, 2), (2, size), (2 + size, size)]
        records, self._slots = self._parts()
        data = OLD_HEADER + OLD
        place = 2 * self.flash.sector_bytes
        self.flash.data[place : place + len(data)] = data
        if not first:
            state = slots.State()
            state.slots[0].set(slots.CONFIRMED)
            state.slots[0].digest = slots.header_digest(data)
            data = ANCIENT_HEADER + ANCIENT
            place += size * self.flash.sector_bytes
            self.flash.data[place : place + len(data)] = data
            state.slots[1].set(slots.CONFIRMED)
            state.slots[1].digest = slots.header_digest(data)
            state.counter = 5
            records.save(state)
        self.content = UNMOUNTABLE if how == "unmountable" else NEW
        self.written = 0  # of the payload; what the downloader keeps in its store
        self.is_asked = False  # the new image may boot
        self.is_confirmed = False
        self.is_back = False  # the old one has come back: the new one must not boot again
        self.is_changed = False
        self.trials = 0
        self.is_done = False
        self.flash.operations = 0

    def copy(self) -> Update:
        return copy.deepcopy(self)

    def __deepcopy__(self, memo):
        made = copy.copy(self)
        flash = self.flash
        made.flash = Flash(flash.sectors, flash.sector_bytes, flash.align)
        made.flash.data[:] = flash.data
        made.flash._programmed[:] = flash._programmed
        made.flash.operations = flash.operations
        made._slots = made._parts()[1]
        return made

    def _parts(self):
        parts = [Part(self.flash, first, count) for first, count in self._places]
        return slots.Records(parts[0]), parts[1:]

    def run(self) -> None:
        """Lives until all is done. Raises PowerCut where the flash is told to; then again."""
        for _ in range(_MOST_LIVES):
            if self.is_done:
                return
            self.live()
        raise AssertionError("not done after %d lives" % _MOST_LIVES)

    def live(self) -> None:
        """From one boot to the next reset."""
        running = self.boot()
        records, parts = self._parts()
        view = parts[running].view()
        views = [part.view() for part in parts]
        places = Places(records, parts, views, running, b"", "box", "B")
        if running == 1:
            self._run_new(places)
            return
        state = records.load()
        other = state.slots[1] if state else slots.Slot()
        if other.state == slots.WHOLE:
            self._put_on_trial(records)
        elif other.state == slots.BAD:
            self.is_back = self.is_done = True
        else:
            assert not self.is_confirmed
            self._install(records, places, view, other)

    def _run_new(self, places: Places) -> None:
        if self.how == "accepted":
            trial.confirm(places)
            self.is_confirmed = self.is_done = True
        elif self.how == "late":
            trial.give_up(places, True)
            self.is_back = True

    def _put_on_trial(self, records) -> None:
        if self.how == "changed" and not self.is_changed:
            self.is_changed = True
            self._slots[1].view()[4096 + 4321] ^= 0x40
        self.is_asked = True
        trial.put_on_trial(records, 1, BOOTS, 600)

    def _install(self, records, places, view, other) -> None:
        station = images.station(counter=trial.counter(records.load(), view))
        header = container.check(_HEADERS[self.content], station, verify)
        work = installation.Installation(places, header)
        if self.written and other.state == slots.EMPTY and records.load():
            do(work.resuming(self.written, True))
        else:
            do(work.beginning())
        self.written = work.written
        data = self.content
        if self.how == "wrong_hash":
            data = data[:4999] + b"?"
        try:
            for at in range(self.written, len(data), 300):
                do(work.writing(data[at : at + 300]))
                self.written = work.written
            do(work.completing())
            do(work.finishing())
        except container.Refused as refused:
            reason = str(refused)
            if reason == installation.TORN:  # with large sectors all is to come again
                self.written = 0
                return
            assert self.how == "wrong_hash" and reason == container.WRONG_HASH
            self.is_back = self.is_done = True

    # ---- boots

    def boot(self) -> int:
        """Which slot boot.py mounts; what must hold whenever it does."""
        mounted = boot(self._slots, Part(self.flash, 0, 2))
        data, number = bytes(mounted["image"]), mounted["slot"]
        assert (number, data) in ((0, OLD), (1, NEW)), "not a whole image: slot %r" % number
        header = bytes(self._slots[number].view()[:4096])
        assert container.check(header, images.station(), verify).digest
        if number == 1:
            assert self.is_asked, "booted before it was asked to"
            assert not self.is_back, "came back after it was given up"
            assert self.how in ("accepted", "used_up", "late"), "must not boot at all"
            self.trials += not self.is_confirmed
            assert self.trials <= BOOTS, "more trials than allowed"
        else:
            assert not self.is_confirmed, "the confirmed image did not boot"
            self.is_back = self.is_back or self.trials == BOOTS
        return number

    def check_end(self, cuts: int) -> None:
        """After all: the right one runs, and a further boot changes nothing."""
        if self.how == "accepted":
            assert self.is_confirmed or cuts >= BOOTS
        else:
            assert self.is_back and not self.is_confirmed
        before = bytes(self.flash.data)
        assert self.boot() == int(self.is_confirmed)
        assert bytes(self.flash.data) == before


def boot(parts, records) -> dict:
    """Run boot.py on these slots and the block device of the record."""
    found: dict = {}

    class VfsRom:
        def __init__(self, memory):
            if bytes(memory[:3]) != images.ROMFS:
                raise OSError(19)
            self.memory = memory

    def umount(path):
        raise OSError(22)

    def mount(filesystem, path):
        found["image"] = filesystem.memory

    class Partition:
        TYPE_DATA = 1

        @staticmethod
        def find(kind, label):
            return [records] if label == "slots" else []

    stubs = {
        "vfs": types.SimpleNamespace(VfsRom=VfsRom, mount=mount, umount=umount),
        "romslot": types.SimpleNamespace(map=lambda label: parts[int(label[-1])].view()),
        "esp32": types.SimpleNamespace(Partition=Partition),
        "slots": slots,
    }
    path = list(sys.path)
    sys.modules.update(stubs)
    try:
        exec(BOOT, {"__name__": "boot"})
        found["slot"] = sys.modules.get("booted")
    finally:
        sys.path[:] = path
        for name in (*stubs, "booted"):
            sys.modules.pop(name, None)
    return found


__all__ = ("BOOTS", "HOW", "PowerCut", "Update", "boot")
