"""How bytes are framed on flash so that a torn write shows.

    entry   b"\xa5" kind u8, length u16, number u32, payload, crc32 of all before it (little
    endian)

`kind` tells the reader what the payload is, `number` is a sequence number. The checksum comes
last: an entry counts only once its last byte is there.
"""

import struct
from binascii import crc32

from ..compat import const

_MAGIC = const(0xA5)
_HEAD = "<BBHI"

ENTRY = 1
ACKNOWLEDGED = 2
SLOT = 3
HEADER = 4
DELETED = 5
NAME = 6

OVERHEAD = const(12)  # bytes of an entry around its payload


def write(file, kind: int, number: int, *parts) -> int:
    """Write an entry whose payload is the parts joined; returns its bytes.

    Raises ValueError where the payload is beyond 65,535 bytes.
    """
    length = sum([len(part) for part in parts])
    if length > 0xFFFF:
        raise ValueError("entry of %d bytes is too long" % length)
    head = struct.pack(_HEAD, _MAGIC, kind, length, number)
    checksum = crc32(head)
    file.write(head)
    for part in parts:
        checksum = crc32(part, checksum)
        file.write(part)
    file.write(struct.pack("<I", checksum))
    return OVERHEAD + length


def uncounted(boot_count: int, random_bytes) -> int:
    """The number of a boot that could not be written down: none that comes again."""
    return int.from_bytes(random_bytes(2), "little") << 16 | boot_count & 0xFFFF


def read(file):
    """(kind, number, payload) of the entry where the file is, or None if it is not whole."""
    head = file.read(8)
    if len(head) < 8:
        return None
    magic, kind, length, number = struct.unpack(_HEAD, head)
    if magic != _MAGIC:
        return None
    payload = file.read(length)
    if file.read(4) != struct.pack("<I", crc32(payload, crc32(head))):
        return None
    return kind, number, payload
