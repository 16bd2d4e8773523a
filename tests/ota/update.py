"""One update of a station whose power fails: boots (firmware/boot.py itself), and what its
application does after each boot, with the real updater, on the strict flash model.

    Update(how).run()

The links to the server break, too. What must hold is asserted at each boot, and at the end by
`check_end`.
"""

from __future__ import annotations

import copy
import hashlib
import sys
import types
from contextlib import contextmanager
from pathlib import Path

from chargepoint.crypto import signature
from chargepoint.crypto.steps import finish
from chargepoint.ota import container, download, installation, receiving, slots, sources
from chargepoint.ota.updater import Places, Updater
from chargepoint.store.flash_slots import FlashSlots
from tests.power_loss.recorder import Recorder
from tests.support import images
from tests.support.images import Part

ROOT = Path(__file__).resolve().parents[2]
BOOT = compile((ROOT / "firmware" / "boot.py").read_text(), "boot.py", "exec")
# What becomes of it. replaced: another request comes while the first downloads; other_file: the
# server has another file when the download goes on; changed: a bit of the slot, after it was
# verified; late: not accepted in time.
HOW = (
    "accepted",
    "replaced",
    "other_file",
    "used_up",
    "late",
    "changed",
    "unmountable",
    "wrong_hash",
)
GOOD = ("accepted", "replaced", "other_file")
BOOTS = 3
LOCATION = "http://files/app.img"
OLD, NEW = images.payload(1, 3000), images.payload(2, 5000)
UNMOUNTABLE = b"\0" + NEW[1:]
OLD_HEADER = images.header(OLD)
ANCIENT = images.payload(3, 7000)
ANCIENT_HEADER = images.header(ANCIENT, counter=4)
OTHER = images.payload(4, 6000)
KEYS = b"CPK\x01\x03" + images.PUBLIC
_HEADERS = {content: images.header(content, counter=6) for content in (NEW, UNMOUNTABLE)}
_OTHER_FILE = images.header(OTHER, counter=7) + OTHER
_SAVE_BYTES = 1500  # between two notes of the progress; else there would be none
_PHASE = "firmware"  # where the application keeps what it is at
_known: dict = {}
_MOST_LIVES = 20


def verify(scheme, key, digest, found, salt_bytes) -> bool:
    """As signature.verify, each signature once: a sweep meets the same ones all the time."""
    asked = (scheme, bytes(digest), bytes(found))
    if asked not in _known:
        _known[asked] = signature.verify(scheme, key, digest, found, salt_bytes)
    return _known[asked]


class Source:
    """The server, as `sources` give it to the download. Breaks off where it is told to."""

    def __init__(self, content: bytes, end: int | None, has_ranges: bool):
        self.content = content
        self.phase = "file"
        self.start = 0
        self.total = len(content)
        self._end = len(content) if end is None else end
        self._breaks = end is not None
        self._has_ranges = has_ranges

    async def open(self, first: int, last: int | None) -> bool:
        self.start = self._place = first if self._has_ranges else 0
        self._last = len(self.content)
        if last is not None and self._has_ranges:
            self._last = last + 1
        return True

    async def read(self) -> bytes:
        if self._place >= self._end and self._breaks:
            raise OSError(104)
        piece = self.content[self._place : min(self._place + 300, self._last, self._end)]
        self._place += len(piece)
        return piece

    def close(self) -> None:
        pass


class Store:
    def __init__(self, part):
        self.slots = FlashSlots(part, 0, 2, [], part.flash.align)


class Update:
    """first: no record yet and nothing in the other slot, as when a station left the factory;
    else the image from before the running one is in it, confirmed once. large: sectors that are
    as large as a slot, programmed in units of 32 bytes, and a server that knows no ranges."""

    def __init__(self, how: str, first: bool = False, large: bool = False):
        self.how = how
        self.large = large
        size = 1 if large else 3
        self.flash = Recorder(4 + 2 * size, 12288 if large else 4096, 32 if large else 4)
        self._places = [(0, 2), (2, size), (2 + size, size), (2 + 2 * size, 2)]
        record, self._slots, _ = self._parts()
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
            slots.Records(record).save(state)
        content = UNMOUNTABLE if how == "unmountable" else NEW
        self.file = _HEADERS[content] + content
        if how == "wrong_hash":
            self.file = self.file[:9000] + b"?" + self.file[9001:]
        self.breaks = (4000, 8000) if how in GOOD else (7000,)
        self.attempts = 0  # that the server has seen
        self.is_asked = False  # the new image may boot
        self.is_confirmed = False
        self.is_back = False  # the old one has come back: the new one must not boot again
        self.is_changed = False
        self.trials = 0
        self.is_done = False

    def copy(self) -> Update:
        return self.on(self.flash.copy())

    def on(self, flash: Recorder) -> Update:
        """A copy of what is known outside, with another flash."""
        made = copy.copy(self)
        made.flash = flash
        made._slots = made._parts()[1]
        return made

    def state(self) -> bytes:
        """All that decides what will happen, but for what does not change."""
        outside = (self.attempts, self.trials, self.is_asked, self.is_confirmed)
        outside += (self.is_back, self.is_changed, self.is_done)
        digest = hashlib.blake2b(repr(outside).encode(), digest_size=16)
        digest.update(self.flash.data)
        digest.update(self.flash._programmed)
        return digest.digest()

    def _parts(self):
        parts = [Part(self.flash, first, count) for first, count in self._places]
        return parts[0], parts[1:3], parts[3]

    def run(self) -> None:
        """Live until all is done."""
        for _ in range(_MOST_LIVES):
            if self.is_done:
                return
            self.live()
        raise AssertionError("not done after %d lives" % _MOST_LIVES)

    def live(self) -> None:
        """From one boot to the next reset."""
        running = self.boot()
        record, parts, store = self._parts()
        views = [part.view() for part in parts]
        places = Places(record, parts, views, running, KEYS, "box", "B")
        updater = Updater(places, Store(store), None, (None, None, None), boots=BOOTS)
        updater.verify = verify
        phases = updater.store.slots
        phase = phases.load(_PHASE) or b"asked"
        if running == 1:
            self._try(updater)
        elif phase == b"rebooted":
            assert updater.fell_back is not None
            self.is_back = self.is_done = True
        else:
            assert not self.is_confirmed
            while phase in (b"asked", b"fetching"):
                phase = self._fetch(updater, phase)
                phases.save(_PHASE, phase)
            self._install(updater)

    def _try(self, updater: Updater) -> None:
        if self.how in GOOD:
            updater.confirm()
            self.is_confirmed = self.is_done = True
        elif self.how == "late":
            updater.give_up(True)
            self.is_back = True

    def _fetch(self, updater: Updater, phase: bytes) -> bytes:
        """One attempt; the phase after it."""
        is_first = phase == b"asked"
        if is_first:
            updater.store.slots.save(_PHASE, b"fetching")
        self.attempts += 1
        end = self.breaks[self.attempts - 1] if self.attempts <= len(self.breaks) else None
        is_other = self.how in ("replaced", "other_file") and self.attempts == 1
        source = Source(_OTHER_FILE if is_other else self.file, end, not self.large)
        with served_by(source):
            fresh = is_first or (self.how == "replaced" and self.attempts == 2)
            run_alone(download.attempt(updater, LOCATION, fresh))
        self.flash.readblocks(0, bytearray(1))  # nothing goes on without power
        news = updater.take()
        assert news
        if news[0] == "failed":
            assert end is not None and news[2], news
            return b"fetching"
        assert news[1] == slots.sha256(source.content).digest()
        return b"fetched"

    def _install(self, updater: Updater) -> None:
        self.is_asked = True
        why = finish(self._changing(updater) if self.how == "changed" else updater.install())
        if why is None:
            updater.store.slots.save(_PHASE, b"rebooted")
        elif why == installation.TORN:  # with large sectors all is to come again
            assert self.large
            updater.store.slots.save(_PHASE, b"asked")
        else:
            known = ("boots used up", "deadline passed", "damaged", "not mounted")
            assert why in known or (why, self.how) == (container.WRONG_HASH, "wrong_hash"), why
            self.is_back = self.is_done = True

    def _changing(self, updater: Updater):
        """The installation; a bit of the slot changes as soon as it was verified."""
        steps = updater.install()
        while True:
            state = updater.places.records.load()
            if state and state.slots[1].state == slots.WHOLE and not self.is_changed:
                self.is_changed = True
                self._slots[1].view()[4096 + 4321] ^= 0x40
            try:
                yield next(steps)
            except StopIteration as end:
                return end.value

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
            assert self.how in (*GOOD, "used_up", "late"), "must not boot at all"
            self.trials += not self.is_confirmed
            assert self.trials <= BOOTS, "more trials than allowed"
        else:
            assert not self.is_confirmed, "the confirmed image did not boot"
            self.is_back = self.is_back or self.trials == BOOTS
        return number

    def check_end(self) -> None:
        """After all: the right one runs, and a further boot changes nothing."""
        if self.how in GOOD:
            assert self.is_confirmed  # which takes fewer cuts than it has boots
        else:
            assert self.is_back and not self.is_confirmed
        before = bytes(self.flash.data)
        assert self.boot() == int(self.is_confirmed)
        assert bytes(self.flash.data) == before


@contextmanager
def served_by(source: Source):
    """Downloads come from there, and note their progress often."""
    right = sources.source, receiving._SAVE_BYTES
    sources.source = lambda network, tls_files, location: source
    receiving._SAVE_BYTES = _SAVE_BYTES
    try:
        yield
    finally:
        sources.source, receiving._SAVE_BYTES = right


def run_alone(coroutine) -> None:
    """To its end, without a loop."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration:
        pass


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


__all__ = ("BOOTS", "HOW", "Update", "boot")
