"""How far a download has come: what of it is kept in the store, in the slot "download".

u8 version, u8 slot of the image, u8 state, u8 0, 8 bytes of the location's SHA-256,
u32 bytes of the payload on flash, SHA-256 of the whole file; then the header without what is
unused behind it, or, of a file that is not for this station, why
"""

import struct
from hashlib import sha256

from ..compat import const

PARTLY = const(1)  # states
FETCHED = const(2)  # the whole file was received, and fits
UNFIT = const(3)  # received too, but only hashed
_VERSION = const(1)
_NAME = "download"
_LAYOUT = "<BBBB8sI32s"
_BYTES = const(48)


def key(location: str) -> bytes:
    return sha256(location.encode()).digest()[:8]


class Progress:
    """number: the slot; location: its key; rest: bytes of the header, or of the reason."""

    def __init__(self, number: int, location: bytes):
        self.number = number
        self.location = location
        self.state = PARTLY
        self.written = 0
        self.digest = bytes(32)
        self.rest = b""


def load(store) -> "Progress | None":
    """None: nothing is kept, or nothing that can be read."""
    data = store.slots.load(_NAME)
    if data is None or len(data) < _BYTES:
        return None
    version, number, state, _, location, written, digest = struct.unpack(_LAYOUT, data[:_BYTES])
    if version != _VERSION or state not in (PARTLY, FETCHED, UNFIT):
        return None
    found = Progress(number, location)
    found.state, found.written, found.digest = state, written, digest
    found.rest = bytes(data[_BYTES:])
    return found


def save(store, progress: Progress) -> None:
    """Raises OSError if the store can't."""
    head = struct.pack(
        _LAYOUT,
        _VERSION,
        progress.number,
        progress.state,
        0,
        progress.location,
        progress.written,
        progress.digest,
    )
    if not store.slots.save(_NAME, head + progress.rest):
        raise OSError("the store can't be written")


def forget(store) -> None:
    store.slots.delete(_NAME)
