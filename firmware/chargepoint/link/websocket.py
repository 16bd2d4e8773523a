"""WebSocket frames from the server (RFC 6455 section 5), without a socket.

The bytes of the connection are read straight into its one buffer; payload is moved
down over the frame headers, so a fragmented message ends up whole at the start of the buffer, and
is given away as a view of it. The buffer has room for nearly all messages; for a larger one there
is a larger buffer instead, until it has been read. A message beyond the limit is not stored: its
payload is skipped and only its head is kept, so that the station can answer it and stay connected.
What is sent is the matter of `sender`.

Errors of the peer are data: an ERROR event carries the close code. After it, and after a CLOSE,
nothing more is read. No extension is offered, so a reserved bit is an error. OCPP-J is text, so a
binary message is refused with 1003.
"""

from .. import modules
from ..compat import cold, const

FRAGMENT = const(0)
TEXT = const(1)
CLOSE = const(8)
PING = const(9)
PONG = const(10)
OVERSIZED = const(16)
ERROR = const(17)

_SLACK = const(144)  # room behind a message of the largest size for headers and a control frame
_USUAL = const(368)  # bytes of a message for which there is always room
_HEAD = const(64)  # bytes kept of a message that is too large
_SKIP_MAX = const(1048576)  # beyond this a message is not skipped but refused with 1009


def _is_utf8(buffer, length: int) -> bool:
    count = modules.use("link.masking").ascii_count(buffer, length)
    return count == length or modules.use("link.utf8").valid(buffer, count, length)


class Receiver:
    """The incoming half of a connection. limit: bytes of the largest message to be taken."""

    def __init__(self, limit: int):
        self._limit = limit
        self._usual = min(limit, _USUAL) + _SLACK
        self._buffer = memoryview(bytearray(self._usual))
        self.reset()

    @cold
    def reset(self) -> None:
        """Ready for a new connection."""
        self._start = 0  # of what is not yet parsed
        self._end = 0  # of what has been received
        self._size = 0  # of the message so far, at the start of the buffer
        self._total = 0  # the same with what has been skipped
        self._in_message = False
        self._in_frame = False
        self._final = False
        self._left = 0  # payload of the frame still to come
        self._skip = False
        self.done = False

    @cold
    def room(self):
        """Where the next bytes are to be put; never empty once next() was None."""
        return self._buffer if self.done else self._buffer[self._end :]

    @cold
    def received(self, count: int, used: int = 0) -> None:
        """`count` bytes have been put there, the first `used` of them for another reader."""
        if not self.done:
            self._start += used
            self._end += count

    @cold
    def next(self) -> "tuple | None":
        """The next event, or None if more bytes are needed.

        (TEXT, view of its bytes, which holds until next() is called again), (PING, bytes), (PONG,
        bytes), (CLOSE, code, reason) with 1005 for none, (OVERSIZED, str: the message's head),
        (ERROR, close code, why), and (FRAGMENT,) for a frame that is not the message's last: so a
        call is never more work than one frame.
        """
        event = None
        if len(self._buffer) > self._usual and not self._in_message:
            self._shrink()
        while event is None and not self.done:
            if self._in_frame:
                self._take()
                if self._left:
                    break
                self._in_frame = False
                event = self._finish() if self._final else (FRAGMENT,)
            else:
                have = self._end - self._start
                event = self._header(have)
                if event is None and not self._in_frame:
                    break
        if event is None and not self.done:
            # What is left, a part of a header or of a control frame, moves down.
            if self._start != self._size:
                self._buffer[self._size : self._size + self._end - self._start] = self._buffer[
                    self._start : self._end
                ]
                self._end += self._size - self._start
                self._start = self._size
        return event

    @cold
    def _take(self) -> None:
        """Move what has come of a data frame's payload to the message."""
        start = self._start
        count = min(self._left, self._end - start)
        keep = min(count, _HEAD - self._size) if self._skip else count
        if keep > 0 and start != self._size:
            self._buffer[self._size : self._size + keep] = self._buffer[start : start + keep]
        self._size += max(keep, 0)
        self._start += count
        self._left -= count

    @cold
    def _finish(self):
        """The message is complete."""
        size = self._size
        skipped = self._skip
        self._size = self._total = 0
        self._in_message = self._skip = False
        if skipped:
            for cut in range(4):  # the head may end inside a character
                if _is_utf8(self._buffer, size - cut):
                    return OVERSIZED, str(self._buffer[: size - cut], "utf-8")
            return OVERSIZED, ""
        if not _is_utf8(self._buffer, size):
            return self._fail(1007, "text is not UTF-8")
        return TEXT, self._buffer[:size]

    @cold
    def _fail(self, code: int, why: str):
        self.done = True
        self._start = self._end = self._size = 0
        return ERROR, code, why

    @cold
    def _header(self, have: int):
        """Read a frame header, or a whole control frame; None: incomplete, or a data frame."""
        if have < 2:
            return None
        b = self._buffer
        start = self._start
        first = b[start]
        length = b[start + 1]
        opcode = first & 15
        if first & 0x70:
            return self._fail(1002, "reserved bit set")
        if length & 0x80:
            return self._fail(1002, "masked frame from the server")
        if opcode >= 8:
            if opcode > 10:
                return self._fail(1002, "reserved opcode")
            if not first & 0x80 or length > 125:
                return self._fail(1002, "control frame fragmented or too long")
            if have < 2 + length:
                return None
            payload = bytes(b[start + 2 : start + 2 + length])
            self._start += 2 + length
            return self._close(payload) if opcode == CLOSE else (opcode, payload)
        if opcode > 2:
            return self._fail(1002, "reserved opcode")
        if (opcode == 0) != self._in_message:
            return self._fail(1002, "fragments out of order")
        if opcode == 2:
            return self._fail(1003, "binary message")
        header = 2
        if length > 125:
            header = 4 if length == 126 else 10
            if have < header:
                return None
            if b[start + 2] & 0x80 and header == 10:
                return self._fail(1002, "payload length out of range")
            length = int.from_bytes(bytes(b[start + 2 : start + header]), "big")
            if length < (126 if header == 4 else 65536):
                return self._fail(1002, "payload length not in its shortest form")
        self._total += length
        if self._total > _SKIP_MAX:
            return self._fail(1009, "message too large")
        if not self._skip and (self._total > self._limit or not self._has_room()):
            self._skip = True
            self._size = min(self._size, _HEAD)
        self._start += header
        self._left = length
        self._final = bool(first & 0x80)
        self._in_message = self._in_frame = True
        return None

    @cold
    def _has_room(self) -> bool:
        return self._total + _SLACK <= len(self._buffer) or self._grow()

    @cold
    def _grow(self) -> bool:
        """Make room for the message; False if there is no memory for it."""
        try:
            larger = memoryview(bytearray(self._total + _SLACK))
        except MemoryError:
            return False
        larger[: self._end] = self._buffer[: self._end]
        self._buffer = larger
        return True

    @cold
    def _shrink(self) -> None:
        """Back to a buffer of the usual size, once what came behind the large message fits.

        Without memory for it the large one stays, and the next call tries again.
        """
        left = self._end - self._start
        if left > self._usual:
            return
        try:
            usual = memoryview(bytearray(self._usual))
        except MemoryError:
            return
        usual[:left] = self._buffer[self._start : self._end]
        self._buffer = usual
        self._start = 0
        self._end = left

    @cold
    def _close(self, payload: bytes):
        if not payload:
            self.done = True
            return CLOSE, 1005, ""
        code = payload[0] << 8 | payload[1] if len(payload) > 1 else 0
        # 1004..1006 and 1015 never go on the wire, 1016..2999 are not assigned (section 7.4).
        if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
            return self._fail(1002, "close code out of range")
        reason = memoryview(payload)[2:]
        if not _is_utf8(reason, len(reason)):
            return self._fail(1007, "close reason is not UTF-8")
        self.done = True
        return CLOSE, code, str(reason, "utf-8")
