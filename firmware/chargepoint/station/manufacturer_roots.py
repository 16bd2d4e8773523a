"""The roots of the manufacturer's certificates, which firmware signing certificates hang below.

The slot "manufacturer_roots" holds them: a byte 1, then each certificate in DER with its length as
u16, little endian, before it. As long as there is no such slot, those that the station left the
factory with count: `station.factory_roots()`, PEM, set by the board.
"""

import struct

from ..compat import const
from ..crypto import pem
from ..crypto.der import Invalid

SLOT = "manufacturer_roots"
_VERSION = const(1)
_MOST = const(4)


def load(station) -> list:
    """Each in DER. What can't be read counts as none, and is told to the log."""
    data = station.store.slots.load(SLOT)
    try:
        if data is not None:
            return _unpack(data)
        text = station.factory_roots() if station.factory_roots is not None else None
        return pem.decode(text, "CERTIFICATE", _MOST) if text else []
    except (Invalid, OSError) as error:
        station.log("the manufacturer's roots can't be read: %s" % error)
        return []


def save(station, roots: list) -> bool:
    """From now on these are the roots; False if the store can't keep them."""
    parts = [bytes((_VERSION,))]
    for root in roots:
        parts += [struct.pack("<H", len(root)), root]
    return station.store.slots.save(SLOT, b"".join(parts))


def _unpack(data: bytes) -> list:
    if data[:1] != bytes((_VERSION,)):
        raise Invalid("version")
    roots = []
    at = 1
    while at < len(data):
        size = int.from_bytes(data[at : at + 2], "little")
        at += 2 + size
        if at > len(data) or not size:
            raise Invalid("length")
        roots.append(data[at - size : at])
    return roots
