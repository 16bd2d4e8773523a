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
_OVERHEAD = const(12)

ENTRY = 1
ACKNOWLEDGED = 2
SLOT = 3
HEADER = 4


def pack(kind: int, number: int, payload: bytes) -> bytes:
    """The framed entry. Raises ValueError where the payload is beyond 65,535 bytes."""
    if len(payload) > 0xFFFF:
        raise ValueError("entry of %d bytes is too long" % len(payload))
    body = struct.pack(_HEAD, _MAGIC, kind, len(payload), number) + payload
    return body + struct.pack("<I", crc32(body))


def unpack(data, at: int):
    """(kind, number, payload, end) of the entry at `at`, or None if there is no whole entry."""
    if len(data) < at + _OVERHEAD:
        return None
    magic, kind, length, number = struct.unpack_from(_HEAD, data, at)
    end = at + _OVERHEAD + length
    if magic != _MAGIC or len(data) < end:
        return None
    body = bytes(memoryview(data)[at : end - 4])
    if struct.unpack_from("<I", data, end - 4)[0] != crc32(body):
        return None
    return kind, number, body[8:], end
