"""The store on a file system: for the simulator, and for boards without a raw flash partition.

A slot is two files that take turns, each with a sequence number and a checksum, so that a torn
write leaves the older value. The journal is one file of framed entries, appended and synced; an
acknowledgement is appended too. Once more than 16 kB of it are dead it is written anew beside the
old one and renamed over it. A newer firmware that changes the format gives the header a payload;
this one then reports the journal, leaves it as it is and keeps another beside it.
"""

import os
from binascii import hexlify
from struct import unpack

from ..compat import cold, const
from . import file_access, frame

_LIMIT_BYTES = const(65536)
_DEAD_BYTES = const(16384)
_ENOSPC = const(28)
_GONE = "an entry of the journal is gone from the flash"


class FileStore:
    """`slots` and `journal` below the folder `path`, which exists.

    random_bytes: n -> n bytes. `boot_count` grows by one each time; `nonce` stays for the store's
    life. `damaged` lists what could not be read, for the station to report. limit_bytes: of the
    journal.
    """

    def __init__(self, path: str, random_bytes, limit_bytes: int = _LIMIT_BYTES):
        self.damaged = []
        self.slots = FileSlots(path, self.damaged)
        self.journal = FileJournal(path + "/journal", self.damaged, limit_bytes)
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
        # What can't be read may be a newer firmware's: it is not the first to be written over.
        number = newest[0] + 1 if newest else int(file_access.exists(self._file(name, 0)))
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
                if entry is None or entry[0] != frame.SLOT:
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
    """Entries in order until they are acknowledged; sequence numbers never come again.

    limit_bytes: what the entries that wait may take, and the header. The file grows beyond it by
    what is acknowledged, up to `_DEAD_BYTES`, and while it is written anew it is there twice.
    """

    def __init__(self, path: str, damaged: list, limit_bytes: int = _LIMIT_BYTES):
        self._path = path
        self._limit_bytes = limit_bytes
        self._next_seq = self._count = 0
        self._head_at = self._size = 0  # places in the file
        self._waiting_bytes = 0
        self._torn = False  # what follows `_size` in the file is no entry
        self._load(damaged)

    @cold
    def _load(self, damaged: list) -> None:
        if file_access.exists(self._path + ".new"):  # the power failed while it was written
            os.remove(self._path + ".new")
        if not file_access.exists(self._path):
            return
        acknowledged = -1
        newer = False
        with open(self._path, "rb") as file:
            entry = frame.read(file)
            while entry is not None:
                kind, number, payload = entry
                if kind == frame.ENTRY:
                    self._next_seq = max(self._next_seq, number + 1)
                elif kind == frame.ACKNOWLEDGED:
                    acknowledged = max(acknowledged, number)
                elif kind == frame.HEADER and not payload:
                    self._next_seq = max(self._next_seq, number)
                else:
                    newer = True
                self._size += frame.OVERHEAD + len(payload)
                entry = frame.read(file)
            end = file.seek(0, 2)
        if self._size < end or newer:
            damaged.append("journal")  # a torn last entry: it was never promised to anyone
        if newer:  # it stays for the firmware that knows it; its numbers are not used again
            self._path += "1"
            self._next_seq += end
            self._size = 0
            self._load(damaged)
            return
        self._torn = self._size < end
        self._find_head(0, acknowledged)

    @cold
    def _find_head(self, at: int, acknowledged: int) -> None:
        """Count what waits from that place on."""
        self._count = self._waiting_bytes = 0
        with open(self._path, "rb") as file:
            while at < self._size:
                kind, length, number = self._head_of(file, at)
                if kind == frame.ENTRY and number > acknowledged:
                    if not self._count:
                        self._head_at = at
                    self._count += 1
                    self._waiting_bytes += frame.OVERHEAD + length
                at += frame.OVERHEAD + length

    @cold
    def append(self, *parts) -> int:
        """Journal an entry, the parts joined; it is safe when this returns its sequence number.

        Raises OSError(28) if there is no room for it.
        """
        if sum([len(part) for part in parts]) + frame.OVERHEAD > self.room():
            raise OSError(_ENOSPC)
        seq, at = self._next_seq, self._append(frame.ENTRY, self._next_seq, *parts)
        if not self._count:
            self._head_at = at
        self._count += 1
        self._waiting_bytes += self._size - at
        self._next_seq = seq + 1
        return seq

    @cold
    def acknowledge(self, seq: int) -> None:
        """The entry `seq`, which is the head, and all before it need not be kept any longer."""
        if not self._count:
            return
        self._append(frame.ACKNOWLEDGED, seq)
        with open(self._path, "rb") as file:
            at = self._head_at
            while self._count:
                kind, length, number = self._head_of(file, at)
                if kind == frame.ENTRY:
                    if number > seq:
                        break
                    self._count -= 1
                    self._waiting_bytes -= frame.OVERHEAD + length
                at += frame.OVERHEAD + length
            self._head_at = at
        if self._size - self._waiting_bytes > _DEAD_BYTES:
            self._rewrite(None)

    def head(self):
        """(seq, payload) of the oldest entry that waits, or None."""
        return self._read_head() if self._count else None

    @cold
    def records(self):
        """Each waiting (seq, payload), oldest first; nothing may be changed meanwhile."""
        at = self._head_at
        left = self._count
        if not left:  # nor need there be a file
            return
        with open(self._path, "rb") as file:
            while left:
                file.seek(at)
                entry = frame.read(file)
                if entry is None:
                    raise OSError(_GONE)
                at += frame.OVERHEAD + len(entry[2])
                if entry[0] == frame.ENTRY:
                    left -= 1
                    yield entry[1:]

    def count(self) -> int:
        return self._count

    def room(self) -> int:
        """Bytes that can be appended for sure, each entry with frame.OVERHEAD."""
        return max(0, self._limit_bytes - self._waiting_bytes - frame.OVERHEAD)

    @cold
    def edit(self, change) -> bool:
        """A pass over what waits but the head: change(payload) gives what stays of it, or None.

        True while the pass has more to do; here one step does it all.
        """
        if self._count > 1:
            self._rewrite(change)
        return False

    @cold
    def _read_head(self):
        with open(self._path, "rb") as file:
            at = self._head_at
            while True:
                kind, length, _ = self._head_of(file, at)
                if kind == frame.ENTRY:
                    break
                at += frame.OVERHEAD + length
            file.seek(at)
            entry = frame.read(file)
        if entry is None:
            raise OSError(_GONE)
        return entry[1:]

    @cold
    def _head_of(self, file, at: int):
        """(kind, length, number) of the entry at that place of the file."""
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            raise OSError(_GONE)
        return unpack("<xBHI", head)

    @cold
    def _append(self, kind: int, number: int, *parts) -> int:
        """The place of what was appended."""
        if self._torn:
            self._rewrite(None)
        at = self._size
        self._torn = True  # until it is there as a whole
        with open(self._path, "ab") as file:
            self._size += frame.write(file, kind, number, *parts)
            file_access.sync(file)
        self._torn = False
        return at

    @cold
    def _rewrite(self, change) -> None:
        """Write what waits beside the old file, as `change` gives it, and take its place."""
        count = 0
        with open(self._path + ".new", "wb") as file:
            size = frame.write(file, frame.HEADER, self._next_seq)
            for seq, payload in self.records():
                if count and change is not None:
                    payload = change(payload)
                if payload is not None:
                    count += 1
                    size += frame.write(file, frame.ENTRY, seq, payload)
            file_access.sync(file)
        os.rename(self._path + ".new", self._path)
        self._count, self._size, self._head_at = count, size, frame.OVERHEAD
        self._waiting_bytes = size - frame.OVERHEAD
        self._torn = False
