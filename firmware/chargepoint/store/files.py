"""The store on a file system: for the simulator, and for boards without a raw flash partition.

A slot is two files that take turns, each with a sequence number and a checksum, so that a torn
write leaves the older value. The journal is one file of framed entries, appended and synced; an
acknowledgement is appended too. Once nothing waits, or dead entries outweigh the living ones, it
is written anew beside the old one and renamed over it.
"""

import os
from array import array
from binascii import hexlify

from ..compat import cold, const
from . import file_access, frame

_COMPACT_BYTES = const(16384)


class FileStore:
    """`slots` and `journal` below the folder `path`, which exists.

    random_bytes: n -> n bytes. `boot_count` grows by one each time; `nonce` stays for the store's
    life. `damaged` lists what could not be read, for the station to report.
    """

    def __init__(self, path: str, random_bytes):
        self.damaged = []
        self.slots = FileSlots(path, self.damaged)
        self.journal = FileJournal(path + "/journal", self.damaged)
        saved = self.slots.load("boot")
        if saved is None:
            saved = hexlify(random_bytes(4)) + b" 0"
        nonce, boot_count = saved.split()
        self.nonce = nonce.decode()
        self.boot_count = int(boot_count) + 1
        self.slots.save("boot", b"%s %d" % (nonce, self.boot_count))


class FileSlots:
    """Small state by name; `save` replaces it as a whole or not at all."""

    def __init__(self, path: str, damaged: list):
        self._path = path
        self._damaged = damaged

    @cold
    def load(self, name: str):
        """The bytes last saved whole, or None."""
        newest = self._newest(name)
        return newest[1] if newest else None

    @cold
    def save(self, name: str, data: bytes) -> None:
        newest = self._newest(name)
        number = newest[0] + 1 if newest else 0
        with open(self._file(name, number), "wb") as file:
            frame.write(file, frame.SLOT, number, data)
            file_access.sync(file)

    @cold
    def delete(self, name: str) -> None:
        for number in (0, 1):
            if file_access.exists(self._file(name, number)):
                os.remove(self._file(name, number))

    @cold
    def _newest(self, name: str):
        newest = None
        damaged = 0
        for number in (0, 1):
            if file_access.exists(self._file(name, number)):
                with open(self._file(name, number), "rb") as file:
                    entry = frame.read(file)
                if entry is None:
                    damaged += 1
                elif newest is None or entry[1] > newest[0]:
                    newest = entry[1:]
        if damaged and newest is None and name not in self._damaged:
            self._damaged.append(name)
        return newest

    @cold
    def _file(self, name: str, number: int) -> str:
        return "%s/%s.%d" % (self._path, name, number & 1)


class FileJournal:
    """Entries in order until they are acknowledged; sequence numbers never come again."""

    def __init__(self, path: str, damaged: list):
        self._path = path
        self._waiting = array("I")  # of each its sequence number and its place in the file
        self._next_seq = self._size = 0
        self._load(damaged)

    @cold
    def _load(self, damaged: list) -> None:
        if not file_access.exists(self._path):
            return
        with open(self._path, "rb") as file:
            entry = frame.read(file)
            while entry is not None:
                kind, number, payload = entry
                if kind == frame.ENTRY:
                    self._keep(number, self._size)
                    self._next_seq = max(self._next_seq, number + 1)
                elif kind == frame.ACKNOWLEDGED:
                    self._forget(number)
                elif kind == frame.HEADER:
                    self._next_seq = number
                self._size += frame.OVERHEAD + len(payload)
                entry = frame.read(file)
            end = file.seek(0, 2)
        if self._size < end:
            damaged.append("journal")  # a torn last entry: it was never promised to anyone
            self._rewrite()

    @cold
    def append(self, *parts) -> int:
        """Journal an entry, the parts joined; it is safe when this returns its sequence number."""
        seq, at = self._next_seq, self._size
        self._append(frame.ENTRY, seq, *parts)
        self._keep(seq, at)
        self._next_seq = seq + 1
        return seq

    @cold
    def acknowledge(self, seq: int) -> None:
        """The entry need not be kept any longer."""
        self._append(frame.ACKNOWLEDGED, seq)
        self._forget(seq)
        if self._size > _COMPACT_BYTES * (1 + self.count() // 64):
            self._rewrite()

    def head(self):
        """(seq, payload) of the oldest entry that waits, or None."""
        return self._entry(0) if self._waiting else None

    @cold
    def records(self):
        """Each waiting (seq, payload), oldest first; none may be acknowledged meanwhile."""
        for number in range(self.count()):
            yield self._entry(number)

    def count(self) -> int:
        return len(self._waiting) // 2

    @cold
    def _entry(self, number: int):
        """(seq, payload) of that one of those that wait."""
        with open(self._path, "rb") as file:
            file.seek(self._waiting[2 * number + 1])
            entry = frame.read(file)
        if entry is None:
            seq = self._waiting[2 * number]
            raise OSError("journal entry %d is gone from the flash" % seq)
        return entry[1:]

    @cold
    def _keep(self, seq: int, at: int) -> None:
        self._waiting.append(seq)
        self._waiting.append(at)

    @cold
    def _append(self, kind: int, number: int, *parts) -> None:
        with open(self._path, "ab") as file:
            size = frame.write(file, kind, number, *parts)
            file_access.sync(file)
        self._size += size

    @cold
    def _forget(self, seq: int) -> None:
        waiting = self._waiting
        for at in range(0, len(waiting), 2):
            if waiting[at] == seq:
                self._waiting = waiting[:at] + waiting[at + 2 :]
                return

    @cold
    def _rewrite(self) -> None:
        kept = array("I")
        with open(self._path + ".new", "wb") as file:
            size = frame.write(file, frame.HEADER, self._next_seq)
            for number in range(self.count()):
                seq, payload = self._entry(number)
                kept.append(seq)
                kept.append(size)
                size += frame.write(file, frame.ENTRY, seq, payload)
            file_access.sync(file)
        os.rename(self._path + ".new", self._path)
        self._waiting, self._size = kept, size
