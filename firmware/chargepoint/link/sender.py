"""WebSocket frames to the server (RFC 6455 section 5), without a socket.

Text is masked piece by piece in one small buffer, which is there only while something is sent.
"""

from ..compat import const, utf8
from .masking import mask

_TEXT = const(1)
_HEADER = const(16)  # space before the payload in the buffer, where the header ends


def control(key: bytes, opcode: int, payload=b"") -> bytes:
    """The bytes of a control frame; key: four random bytes; payload up to 125 bytes."""
    frame = bytearray(bytes((0x80 | opcode, 0x80 | len(payload))) + key + payload)
    mask(frame, 6, len(payload), key)
    return bytes(frame)


class Sender:
    """For some messages. random_bytes(n) gives masking keys; size: payload bytes per write.

    starts_frame: the bytes given last begin a frame, so that a control frame may go first.
    """

    def __init__(self, random_bytes, size: int = 512):
        self._random_bytes = random_bytes
        self._size = size & ~3  # whole keys, so that each write begins at the key's first byte
        self._buffer = memoryview(bytearray(_HEADER + self._size))
        self._key = b""
        self.starts_frame = True

    def frames(self, message):
        """Generate the bytes to write, each a view that holds until the next is asked for.

        A str goes as one frame. An iterator of str pieces goes as a fragmented message, many
        pieces to a frame where they fit.
        """
        if isinstance(message, str):
            return self._whole(utf8(message))
        return self._fragments(message)

    def _whole(self, data):
        buffer = self._buffer
        begin = self._header(0x80 | _TEXT, len(data))
        at = 0
        while at < len(data) or begin < _HEADER:
            count = min(self._size, len(data) - at)
            buffer[_HEADER : _HEADER + count] = data[at : at + count]
            mask(buffer, _HEADER, count, self._key)
            self.starts_frame = begin < _HEADER
            yield buffer[begin : _HEADER + count]
            at += count
            begin = _HEADER

    def _fragments(self, pieces):
        buffer = self._buffer
        opcode = _TEXT
        fill = 0
        self.starts_frame = True
        for piece in pieces:
            data = utf8(piece)
            at = 0
            while at < len(data):
                if fill == self._size:
                    yield self._fragment(opcode, fill)
                    opcode = fill = 0
                count = min(self._size - fill, len(data) - at)
                buffer[_HEADER + fill : _HEADER + fill + count] = data[at : at + count]
                fill += count
                at += count
        yield self._fragment(0x80 | opcode, fill)

    def _fragment(self, first: int, length: int):
        begin = self._header(first, length)
        mask(self._buffer, _HEADER, length, self._key)
        return self._buffer[begin : _HEADER + length]

    def _header(self, first: int, length: int) -> int:
        """Write the header that ends where the payload begins; returns where it begins."""
        b = self._buffer
        key = self._key = self._random_bytes(4)
        b[_HEADER - 4 : _HEADER] = key
        if length < 126:
            begin = _HEADER - 6
            b[begin + 1] = 0x80 | length
        elif length < 65536:
            begin = _HEADER - 8
            b[begin + 1] = 0x80 | 126
            b[begin + 2] = length >> 8
            b[begin + 3] = length & 255
        else:
            begin = _HEADER - 14
            b[begin + 1] = 0x80 | 127
            b[begin + 2 : begin + 10] = length.to_bytes(8, "big")
        b[begin] = first
        return begin
