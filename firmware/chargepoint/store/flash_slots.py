"""Small state by name on raw flash: the newest value of each name in a log, in two banks.

    bank     b"\x5b" version u8, align u8, 0 u8, generation u32, crc32; records
    record   as in frame.py, up to a whole unit of the flash; its number is the bank's generation,
             its payload the length of the name in a byte, the name, and the value

A value is appended. When the bank has no room, or the power has failed in the middle of a record,
the newest of each name goes to the other bank, whose header comes last and makes it the one that
counts. So a save is there as a whole or not at all. A sector is erased when a record comes into
it. Behind the newest record there may be the remains of an older generation, or of a torn record.

The place of a value is not remembered: `load` looks through the bank. While nothing may be erased
and what is erased ahead is used up (see `ahead`), the newest values wait in RAM.
"""

import struct
from binascii import crc32

from .. import modules
from ..compat import cold, const
from . import frame

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from collections.abc import Callable

_SECTOR_BYTES = const(5)  # ioctl
_ENOSPC = const(28)
_MAGIC = const(0x5B)
_VERSION = const(1)
_HEADER = "<BBBBI"
_HEADER_BYTES = const(12)
_ENTRY_MAGIC = const(0xA5)
_HEAD_BYTES = const(9)  # of a record, with the length of its name
_AHEAD_BYTES = const(24)  # where most names end
_PIECE_BYTES = const(256)  # of a sector, and of each unit that a flash is programmed in
_NAME = "slots"  # for what has no name
_SOME = "boot"  # a name that a store always has
_OFTEN = b"tx"  # how the names begin that are saved while a contactor is closed
_RESERVE_BYTES = const(2048)  # of what is erased ahead, for all others
_PACK_BYTES = const(2048)  # of older values, then there is a change of banks ahead


class FlashSlots:
    """On `sectors` sectors of the block device from `first` on; see `files.FileSlots`.

    align: the unit in which the flash is programmed, in bytes. Of what can't be read the name is
    told to the list `damaged`. failed: the errno of the last change that could not be written, 0
    after one that was.
    """

    def __init__(self, device, first: int, sectors: int, damaged: list, align: int = 4):
        self.device = device
        self.sector_bytes = device.ioctl(_SECTOR_BYTES, 0)
        self.align = align
        self._first = first
        self._sectors = sectors // 2  # of a bank
        self._bank = 1  # so that the first save goes to the other
        self._generation = 0  # 0: nothing was ever saved
        self._end = -1  # where the next record goes in the bank; -1: nowhere
        self._packed = 0  # where the first record behind the change of banks went
        self.ready = 0  # sectors that are erased ahead, see `ahead`
        self.is_live: "Callable" = bool  # () -> whether nothing may be erased now; bool() is False
        self._held = {}  # name -> value, or None: deleted; it waits until something may be erased
        self.failed = 0
        self._is_bad = False  # something in the bank can't be read, and is to be passed over
        self._find(damaged)

    @cold
    def load(self, name: str):
        """The bytes last saved whole, or None."""
        wanted = name.encode()
        if wanted in self._held:
            return self._held[wanted]
        before = self._sectors * self.sector_bytes
        while True:
            newest = None
            for kind, found, at, _ in self._records():
                if found == wanted and at < before:
                    newest = kind, at
            if newest is None:
                return None
            kind, before = newest
            payload = self._whole(before)
            if payload is not None:
                return payload[1 + len(wanted) :] if kind == frame.SLOT else None
            # It is torn: the one before it counts.

    @cold
    def save(self, name: str, data) -> bool:
        """False if it can't be written, or has no room; then the older value stays."""
        return self._change(frame.SLOT, name, data)

    @cold
    def delete(self, name: str) -> bool:
        """False if it can't be written."""
        return self.load(name) is None or self._change(frame.DELETED, name, b"")

    @cold
    def _change(self, kind: int, name: str, data) -> bool:
        self.failed = 0
        try:
            self._append(kind, name.encode(), data)
        except OSError as error:
            self.failed = error.args[0]
        return not self.failed

    @cold
    def _append(self, kind: int, name: bytes, data) -> None:
        parts = (bytes((len(name),)), name, data)
        at, size = self._end, self._size(1 + len(name) + len(data))
        if self.is_live() and not self._is_ready(name, at, at + size):
            self._held[name] = bytes(data) if kind == frame.SLOT else None
            return
        if at < 0 or at + size > self._sectors * self.sector_bytes:
            self._change_banks(kind, name, parts, size)
            self._held.pop(name, None)
            return
        self._end = -1  # if this fails nothing is programmed over it
        tape = self._tape(at)
        frame.write(tape, kind, self._generation, *parts)
        tape.close()
        self._end = at + size
        self._held.pop(name, None)

    @cold
    def _is_ready(self, name: bytes, at: int, end: int) -> bool:
        """Whether a record from `at` to `end` needs no erase."""
        if name.startswith(_OFTEN):
            end += _RESERVE_BYTES
        if at < 0 or end > self._sectors * self.sector_bytes:
            return False
        for sector in self._behind(at):
            if sector < self._behind(end).start and not self.ready >> sector & 1:
                return False
        return True

    @cold
    def _behind(self, at: int) -> range:
        """The sectors of the bank that have nothing before that place."""
        first = self._first + self._bank * self._sectors
        return range(
            first + (at + self.sector_bytes - 1) // self.sector_bytes, first + self._sectors
        )

    def mark(self) -> tuple:
        """What changes when there is more to do for `prepare`."""
        return self._end, len(self._held)

    @cold
    def prepare(self) -> bool:
        """Do one thing of what `ahead` says; False if there is nothing that can be done."""
        for name in self._held:
            data = self._held[name]
            self._append(frame.SLOT if data is not None else frame.DELETED, name, data or b"")
            return True
        if self._end < 0 or self._end - self._packed > _PACK_BYTES:
            name = _SOME.encode()
            parts = (bytes((len(name),)), name, self.load(_SOME) or b"")
            self._change_banks(frame.SLOT, name, parts, self._size(sum([len(p) for p in parts])))
            return True
        return modules.use("store.ahead").erase_one(self, self._behind(self._end))

    @cold
    def _change_banks(self, kind: int, name: bytes, parts, size: int) -> None:
        """To the other bank with the newest of each name, and this record instead of its own."""
        newest = {}
        for found_kind, found, at, length in self._records():
            if self._whole(at) is not None:
                newest[found] = (at, length) if found_kind == frame.SLOT else None
        newest[name] = None
        begin = self._size(0)
        end = begin + (size if kind == frame.SLOT else 0)
        places = [place for place in newest.values() if place is not None]
        for _, length in places:
            end += self._size(length)
        if end > self._sectors * self.sector_bytes:
            raise OSError(_ENOSPC)
        bank, generation = 1 - self._bank, self._generation + 1
        tape = self._tape(begin, bank)
        modules.use("store.tape").erase(self, tape.sector)
        for at, _ in places:
            frame.write(tape, frame.SLOT, generation, self._whole(at))
            tape.close()
        if kind == frame.SLOT:
            frame.write(tape, kind, generation, *parts)
            tape.close()
        head = struct.pack(_HEADER, _MAGIC, _VERSION, self.align, 0, generation)
        tape = modules.use("store.tape").Tape(self, self._tape(0, bank).sector, 0)
        tape.write(head)
        tape.write(struct.pack("<I", crc32(head)))
        tape.close()
        self._bank, self._generation, self._end = bank, generation, end
        self._packed = end
        self._is_bad = False

    @cold
    def _size(self, length: int) -> int:
        """Of a record with that payload; of one without it is that of the bank's header."""
        return (frame.OVERHEAD + length + self.align - 1) // self.align * self.align

    @cold
    def _tape(self, at: int, bank: int = -1):
        """At that place of the bank in use, or of the other."""
        first = self._first + (self._bank if bank < 0 else bank) * self._sectors
        sector, at = divmod(at, self.sector_bytes)
        return modules.use("store.tape").Tape(self, first + sector, at, first + self._sectors)

    @cold
    def _header(self, bank: int):
        """(version, align, generation) of a bank, or None."""
        first = self._tape(0, bank).sector
        data = modules.use("store.tape").header(self, first, _HEADER_BYTES)
        if data is None or data[0] != _MAGIC:
            return None
        return struct.unpack("<xBBxI", data[:8])

    @cold
    def _records(self):
        """(kind, name, place, bytes of the payload) of each in the bank, as its head says."""
        if self._header(self._bank) != (_VERSION, self.align, self._generation):
            return
        at, end = self._size(0), self._sectors * self.sector_bytes
        while at + self._size(1) <= end:
            tape = self._tape(at)
            data = tape.read(_AHEAD_BYTES)
            magic, kind, length, number, name_bytes = struct.unpack_from("<BBHIB", data)
            size = self._size(length)
            is_one = magic == _ENTRY_MAGIC and number == self._generation and at + size <= end
            if self._is_bad and not (is_one and self._whole(at) is not None):
                at += self.align
                continue
            if not is_one:
                return
            name = data[_HEAD_BYTES : _HEAD_BYTES + name_bytes]
            if len(name) < name_bytes:
                data += tape.read(name_bytes - len(name))
                name = data[_HEAD_BYTES:]
            yield kind, name, at, length
            at += size

    @cold
    def _whole(self, at: int):
        """The payload of the record there, or None if it is torn."""
        entry = frame.read(self._tape(at))
        return entry[2] if entry is not None and entry[1] == self._generation else None

    @cold
    def _find(self, damaged: list) -> None:
        """Which bank is in use, where it ends, and what in it can't be read."""
        is_erased = modules.use("store.tape").is_erased
        is_bad = False
        for bank in (0, 1):
            head = self._header(bank)
            if head is None:
                first = self._tape(0, bank).sector
                is_bad = is_bad or not is_erased(self, first, 0, self._size(0))
            elif head[2] > self._generation:
                self._bank, self._generation = bank, head[2]
        head = self._header(self._bank)
        if head is None:
            if is_bad:
                damaged.append(_NAME)
            return
        if head[:2] != (_VERSION, self.align):
            damaged.append(_NAME)  # a newer firmware's; it stays until the other bank is full
            other = self._header(1 - self._bank)
            if other is not None and other[:2] == (_VERSION, self.align):
                self._bank, self._generation = 1 - self._bank, other[2]
        self._look_through(damaged)

    @cold
    def _look_through(self, damaged: list) -> None:
        bad = []
        end, is_torn = self._size(0), False
        last = end
        for _, name, last, length in self._records():
            is_torn = self._whole(last) is None
            if is_torn:
                bad.append(name)
            elif name in bad:
                bad.remove(name)
            end = last + self._size(length)
        if is_torn:  # the power failed in it: nobody was promised that it is there
            bad.pop()
        left = -end % self.sector_bytes
        tape = self._tape(end)
        if not is_torn and modules.use("store.tape").is_erased(self, tape.sector, tape.at, left):
            self._end = end
        if self._end < 0 and self._has_more(last + self.align if is_torn else end):
            bad.append(_NAME.encode())
        if bad:  # until what is whole is in the other bank, which the next save does
            self._is_bad, self._end = True, -1
        for name in bad:
            try:
                text = name.decode()
            except ValueError:  # it is damaged itself
                text = _NAME
            if text not in damaged:
                damaged.append(text)

    @cold
    def _has_more(self, at: int) -> bool:
        """Whether a whole record begins there or later, behind something that can't be read."""
        tape = self._tape(at)
        while tape.left() > 0:
            piece = tape.read(_PIECE_BYTES)
            for n in range(0, len(piece), self.align):
                if piece[n] == _ENTRY_MAGIC and self._whole(at + n) is not None:
                    return True
            at += len(piece)
        return False
