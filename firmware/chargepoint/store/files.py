"""The store on a file system: for the simulator, and for boards without a raw flash partition.

A slot is two files that take turns, each with a sequence number and a checksum, so that a torn
write leaves the older value. Behind the value stands the slot's name, so that a file in another's
place is no value; an older firmware reads over it, and what that has written has none.

The journal is one file of framed entries, appended and synced; an acknowledgement is appended too.
Once more than 16 kB of it are dead it is written anew beside the old one and renamed over it. A
newer firmware that changes the format gives the header a payload; this one then reports the
journal, leaves it as it is and keeps another beside it. Behind bytes that can't be read the next
whole entry counts again; they are kept in `journal.bad`.
"""

import os
from binascii import crc32, hexlify
from struct import pack, unpack

from ..compat import cold, const
from . import file_access, frame

_LIMIT_BYTES = const(65536)
_DEAD_BYTES = const(16384)
_ENOSPC = const(28)
_MAGIC = const(0xA5)  # of frame.py
_PIECE_BYTES = const(256)
_ASIDE_BYTES = const(4096)


class FileStore:
    """`slots` and `journal` below the folder `path`, which exists.

    random_bytes: n -> n bytes. `boot_count` grows by one each time; `nonce` stays for the store's
    life. `damaged` lists what could not be read, for the station to report. limit_bytes: of the
    journal. It opens, too, where nothing can be written.
    """

    def __init__(self, path: str, random_bytes, limit_bytes: int = _LIMIT_BYTES):
        self.damaged = []
        self.slots = FileSlots(path, self.damaged)
        self.journal = FileJournal(path + "/journal", self.damaged, limit_bytes)
        saved = self.slots.load("boot")
        nonce, _, boot_count = (saved or b"").partition(b" ")
        if not boot_count.isdigit():
            if saved is not None:  # another slot's file, from before they knew their names
                self.damaged.append("boot")
            nonce, boot_count = b"", b"0"
        if not nonce or self.journal.forgot:
            nonce = hexlify(random_bytes(4))
        self.nonce = nonce.decode()
        self.boot_count = int(boot_count) + 1
        if not self.slots.save("boot", b"%s %d" % (nonce, self.boot_count)):
            self.boot_count = frame.uncounted(self.boot_count, random_bytes)


class FileSlots:
    """Small state by name; `save` replaces it as a whole or not at all.

    failed: the errno of the last change that could not be written, 0 after one that was.
    """

    def __init__(self, path: str, damaged: list):
        self.failed = 0
        self._path = path
        self._damaged = damaged

    @cold
    def load(self, name: str):
        """The bytes last saved whole, or None."""
        newest = self._newest(name)
        return newest[1] if newest else None

    @cold
    def save(self, name: str, data: bytes) -> bool:
        """False if it can't be written; then the older value stays."""
        newest = self._newest(name)
        # What can't be read may be a newer firmware's: it is not the first to be written over.
        number = newest[0] + 1 if newest else int(file_access.exists(self._file(name, 0)))
        self.failed = 0
        try:
            with open(self._file(name, number), "wb") as file:
                frame.write(file, frame.SLOT, number, data)
                frame.write(file, frame.NAME, number, name.encode())
                file_access.sync(file)
        except OSError as error:
            self.failed = error.args[0]
        return not self.failed

    @cold
    def delete(self, name: str) -> bool:
        """False if it can't be written."""
        for number in (0, 1):
            if file_access.exists(self._file(name, number)):
                try:
                    os.remove(self._file(name, number))
                    self.failed = 0
                except OSError as error:
                    self.failed = error.args[0]
                    return False
        return True

    @cold
    def _newest(self, name: str):
        newest = None
        damaged = 0
        for number in (0, 1):
            if file_access.exists(self._file(name, number)):
                entry = named = None
                try:
                    with open(self._file(name, number), "rb") as file:
                        entry, named = frame.read(file), frame.read(file)
                except OSError:  # the file system can't read it
                    pass
                if entry is None or entry[0] != frame.SLOT:
                    damaged += 1
                elif named is not None and named[2] != name.encode():
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
        self._torn = False  # there is something in the file that is no entry
        self.forgot = False  # nothing of it could be read: its numbers may come again
        try:
            self._load(damaged)
        except OSError:  # the file system can't read it; another is kept beside it
            damaged.append("journal")
            self._path += "1"
            self._count = self._waiting_bytes = self._size = 0
            self._load(damaged)
            self.forgot = True

    @cold
    def _load(self, damaged: list) -> None:
        try:
            os.remove(self._path + ".new")  # the power failed while it was written
        except OSError:
            pass  # there is none; or it stays until the journal is written anew
        if not file_access.exists(self._path):
            return
        acknowledged = -1
        newer = False
        lost_bytes = 0
        with open(self._path, "rb") as file:
            end = file.seek(0, 2)
            entry = self._next(file, 0, end)
            while entry is not None:
                at, kind, length, number = entry
                lost_bytes += self._set_aside(file, lost_bytes, at)
                if kind == frame.ENTRY:
                    self._next_seq = max(self._next_seq, number + 1)
                elif kind == frame.ACKNOWLEDGED:
                    acknowledged = max(acknowledged, number)
                    self._next_seq = max(self._next_seq, number + 1)
                elif kind == frame.HEADER and not length:
                    self._next_seq = max(self._next_seq, number)
                else:
                    newer = True
                self._size = at + frame.OVERHEAD + length
                entry = self._next(file, self._size, end)
            torn_bytes = self._set_aside(file, lost_bytes, end)
        if lost_bytes:
            damaged.append("journal: %d bytes lost" % lost_bytes)
        elif torn_bytes or newer:
            damaged.append("journal")  # a torn last entry: it was never promised to anyone
        if newer:  # it stays for the firmware that knows it; its numbers are not used again
            self._path += "1"
            self._next_seq += end
            self._size = 0
            self._load(damaged)
            return
        self.forgot = torn_bytes == end > 0
        # What can't be read may once have been told by these numbers.
        self._next_seq += (lost_bytes + torn_bytes + frame.OVERHEAD - 1) // frame.OVERHEAD
        self._torn = lost_bytes + torn_bytes > 0
        self._find_head(0, acknowledged)

    @cold
    def _set_aside(self, file, before: int, end: int) -> int:
        """How many bytes lie between the last whole entry and `end`; the first 4 kB of such are
        kept in a file beside the journal. before: how many there were before."""
        count = end - self._size
        if count and before < _ASIDE_BYTES:
            file.seek(self._size)
            try:
                with open(self._path + ".bad", "ab" if before else "wb") as aside:
                    aside.write(file.read(min(count, _ASIDE_BYTES - before)))
            except OSError:
                pass  # that the store takes no writes is told by what must be written
        return count

    @cold
    def _find_head(self, at: int, acknowledged: int) -> None:
        """Count what waits from that place on."""
        self._count = self._waiting_bytes = 0
        with open(self._path, "rb") as file:
            entry = self._next(file, at, self._size)
            while entry is not None:
                at, kind, length, number = entry
                if kind == frame.ENTRY and number > acknowledged:
                    if not self._count:
                        self._head_at = at
                    self._count += 1
                    self._waiting_bytes += frame.OVERHEAD + length
                entry = self._next(file, at + frame.OVERHEAD + length, self._size)

    @cold
    def _next(self, file, at: int, end: int):
        """(place, kind, length, number) of the first whole entry from there on; None: no more.

        What can't be read is passed over. A length may be anything, so nothing is read at once.
        """
        while at + frame.OVERHEAD <= end:
            file.seek(at)
            head = file.read(8)
            magic, kind, length, number = unpack("<BBHI", head)
            if magic == _MAGIC and at + frame.OVERHEAD + length <= end:
                checksum, left = crc32(head), length
                while left:
                    piece = file.read(min(left, _PIECE_BYTES))
                    checksum = crc32(piece, checksum)
                    left -= len(piece)
                if file.read(4) == pack("<I", checksum):
                    return at, kind, length, number
            at = self._find_magic(file, at + 1, end)
        return None

    @cold
    def _find_magic(self, file, at: int, end: int) -> int:
        file.seek(at)
        while at < end:
            piece = file.read(_PIECE_BYTES)
            found = piece.find(bytes((_MAGIC,)))
            if found >= 0:
                return at + found
            at += len(piece)
        return end

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
                number, payload, end = self._entry(file, at)
                if number > seq:
                    break
                self._count -= 1
                self._waiting_bytes -= frame.OVERHEAD + len(payload)
                at = end
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
                number, payload, at = self._entry(file, at)
                left -= 1
                yield number, payload

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
            return self._entry(file, self._head_at)[:2]

    @cold
    def _entry(self, file, at: int):
        """(number, payload, what follows it) of the first journalled entry from there on."""
        while True:
            entry = self._next(file, at, self._size)
            if entry is None:
                raise OSError("an entry of the journal is gone from the flash")
            at = entry[0] + frame.OVERHEAD + entry[2]
            if entry[1] == frame.ENTRY:
                file.seek(entry[0] + 8)
                return entry[3], file.read(entry[2]), at

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
