"""Two slots for images, the record that says what is in them, and which one boots.

Frozen into the firmware too, under the name `slots`, for boot.py: so it imports nothing of the
package. docs/ota.md has the states, the decision table and the record. A slot is bytes in place:
the header's sector, then the payload.

The record has two copies, each on a sector of its own. The older is erased and written anew, so
at any moment one of them is whole.
"""

import struct
from binascii import crc32
from hashlib import sha256

BOOT_VERSION = 1  # what an image can rely on; its header has the lowest that it needs
HEADER_BYTES = 4096

# States of a slot.
EMPTY = 0
WHOLE = 1
TRIAL = 2
CONFIRMED = 3
BAD = 4
# Why a slot is bad.
BOOTS_USED_UP = 1
DEADLINE_PASSED = 2
DAMAGED = 3
NOT_MOUNTED = 4
GIVEN_UP = 5

_MAGIC = b"CPSR"
_HEAD = "<4sBBHII"  # magic, version, active, 0, sequence, counter
_SLOT = "<BBBBH2x32s"  # state, boots left, why it is bad, 0, deadline, digest of the header
_HEAD_BYTES = 16
_SLOT_BYTES = 40
RECORD_BYTES = 128  # what is written: a multiple of what any flash is programmed in
_VERSION = 1
_IMAGE_MAGIC = b"CPIM\x01"
_NO_DIGEST = b"\0" * 32
_BLOCK_BYTES = 1024
_SECTOR_BYTES = 5  # ioctl
_ERASE = 6  # ioctl
_EIO = 5
_NEVER = 9


class Slot:
    """deadline_s: how long a trial may take from each boot on; digest: of the header that was
    verified, with its signature."""

    def __init__(self, data=None):
        self.state = EMPTY
        self.boots = self.why = self.deadline_s = 0
        self.digest = _NO_DIGEST
        if data is not None:
            self.state, self.boots, self.why, _, self.deadline_s, self.digest = struct.unpack(
                _SLOT, data
            )

    def set(self, state: int, boots: int = 0, why: int = 0, deadline_s: int = 0) -> None:
        self.state, self.boots, self.why, self.deadline_s = state, boots, why, deadline_s

    def packed(self) -> bytes:
        return struct.pack(
            _SLOT, self.state, self.boots, self.why, 0, self.deadline_s, self.digest
        )


class State:
    """active: the slot that was confirmed last; counter: the highest that was ever confirmed."""

    def __init__(self):
        self.active = self.sequence = self.counter = 0
        self.slots = (Slot(), Slot())

    def packed(self) -> bytes:
        head = struct.pack(_HEAD, _MAGIC, _VERSION, self.active, 0, self.sequence, self.counter)
        body = head + self.slots[0].packed() + self.slots[1].packed()
        body += struct.pack("<I", crc32(body))
        return body + b"\xff" * (RECORD_BYTES - len(body))


def unpacked(data) -> "State | None":
    """The state in the bytes of a record, None if it is not whole."""
    end = _HEAD_BYTES + 2 * _SLOT_BYTES
    magic, version, active, _, sequence, counter = struct.unpack(_HEAD, data[:_HEAD_BYTES])
    if magic != _MAGIC or version != _VERSION or active > 1:
        return None
    if data[end : end + 4] != struct.pack("<I", crc32(data[:end])):
        return None
    state = State()
    state.active, state.sequence, state.counter = active, sequence, counter
    state.slots = (
        Slot(data[_HEAD_BYTES : _HEAD_BYTES + _SLOT_BYTES]),
        Slot(data[_HEAD_BYTES + _SLOT_BYTES : end]),
    )
    return state


class Records:
    """The record on two sectors of a block device, from the sector `first` on."""

    def __init__(self, device, first: int = 0):
        self._device = device
        self._first = first

    def load(self) -> "State | None":
        """None: neither copy can be read."""
        found = self._copies()
        if found[0] and found[1]:
            return found[found[1].sequence > found[0].sequence]
        return found[0] or found[1]

    def save(self, state: State) -> None:
        """Over the older copy. Raises OSError if the flash does not keep it."""
        found = self._copies()
        if found[0] and found[1]:
            place = int(found[1].sequence < found[0].sequence)
        else:
            place = int(found[1] is None and found[0] is not None)
        newest = found[1 - place]
        state.sequence = (newest.sequence if newest else 0) + 1
        data = state.packed()
        block = self._first + place
        self._device.ioctl(_ERASE, block)
        self._device.writeblocks(block, data, 0)
        if self._read(place) != data:
            raise OSError(_EIO)

    def _copies(self) -> list:
        return [unpacked(self._read(place)) for place in (0, 1)]

    def _read(self, place: int) -> bytearray:
        data = bytearray(RECORD_BYTES)
        self._device.readblocks(self._first + place, data, 0)
        return data


# ---- which one boots


def decide(state: "State | None", slots, refused=()) -> tuple:
    """(slot to boot, whether the state has changed and must be saved before it boots).

    slots: both as bytes, None for one that is not there; refused: the numbers of those that
    could not be mounted. The slot is None if there is nothing whole in either.
    """
    changed = False
    if state is not None:
        for slot in state.slots:
            if slot.state == TRIAL and not slot.boots:
                slot.set(BAD, why=BOOTS_USED_UP)
                changed = True
        for number in sorted((0, 1), key=lambda n: _rank(state, n)):
            slot = state.slots[number]
            if number in refused or _rank(state, number) == _NEVER:
                continue
            if not is_whole(slots[number], slot.digest):
                slot.set(BAD, why=DAMAGED)
                changed = True
                continue
            if slot.state == TRIAL:
                slot.boots -= 1
                changed = True
            elif slot.state == WHOLE:
                slot.set(TRIAL)
                changed = True
            elif slot.state == CONFIRMED and state.active != number:
                state.active = number
                changed = True
            return number, changed
    # A header is written last, when all was verified: where it stands the image can be trusted.
    best = None
    for number in (0, 1):
        if number not in refused and is_whole(slots[number]):
            if best is None or image(slots[number])[2] > image(slots[best])[2]:
                best = number
    return best, changed


def _rank(state: State, number: int) -> int:
    """The row of the table; the lower goes first."""
    slot = state.slots[number]
    if slot.state == CONFIRMED:
        return 1 if state.active == number else 2
    if slot.state == BAD:  # what was whole may be the last resort
        return 4 if slot.why in (BOOTS_USED_UP, DEADLINE_PASSED, GIVEN_UP) else _NEVER
    return 0 if slot.state == TRIAL else 3 if slot.state == WHOLE else _NEVER


def not_mounted(state: "State | None", number: int) -> None:
    """That slot can't be used; `decide` comes again."""
    if state is not None:
        state.slots[number].set(BAD, why=NOT_MOUNTED)


def image(data) -> "tuple | None":
    """(bytes of the payload, their SHA-256, security counter) as the header has them; None: there
    is no header. Looks at no more than it needs; container.py is strict."""
    if data is None or len(data) < HEADER_BYTES or bytes(data[:5]) != _IMAGE_MAGIC:
        return None
    size, digest, counter = struct.unpack("<I32s8xI", data[12:60])
    return (size, digest, counter) if 0 < size <= len(data) - HEADER_BYTES else None


def is_whole(data, digest=None) -> bool:
    """Whether the payload is the one of the header, and the header the one with this digest."""
    found = image(data)
    if found is None or (digest is not None and header_digest(data) != digest):
        return False
    hashed = sha256()
    end = HEADER_BYTES + found[0]
    for at in range(HEADER_BYTES, end, _BLOCK_BYTES):
        hashed.update(data[at : min(at + _BLOCK_BYTES, end)])
    return hashed.digest() == found[1]


def header_digest(data) -> bytes:
    return sha256(data[:HEADER_BYTES]).digest()


def payload(data):
    """What is mounted."""
    return data[HEADER_BYTES : HEADER_BYTES + image(data)[0]]
