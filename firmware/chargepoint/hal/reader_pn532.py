"""The card reader PN532 on a UART (HSU): identifiers of ISO 14443 A cards.

Wiring: both mode switches of the board at 0 (HSU), 115200 baud 8N1; the UART with timeout=0 and a
receive buffer of 64 bytes.

Nothing waits: each poll takes what has come and acts on a whole frame. The chip is woken, put to
normal mode (SAMConfiguration) and told to give up after two attempts (RFConfiguration), so that
InListPassiveTarget ends whether there is a card or not. Frames with a wrong checksum, a refusal or
silence make it begin anew; after three such failures `poll` raises OSError until the chip answers.
"""

from errno import ENODEV

from ..compat import const
from .reader import Reader

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from peripherals import UART

_WAKE = b"\x55\x55" + bytes(14)
_SAM = b"\xd4\x14\x01\x14\x01"
_RETRIES = b"\xd4\x32\x05\xff\x01\x02"
_LIST = b"\xd4\x4a\x01\x00"
_TRIES = const(3)
_ACK_MS = const(100)  # the chip says 15
_ANSWER_MS = const(500)
_AGAIN_MS = const(1000)
_BUFFER = const(64)

_WAKING, _SETTING, _LIMITING, _RESTING, _LISTING = (
    const(0),
    const(1),
    const(2),
    const(3),
    const(4),
)


class Pn532(Reader):
    """uart: as machine.UART; scan_ms: the time between two looks into the field."""

    def __init__(self, uart: "UART", evse_id: int = 0, scan_ms: int = 150, gone_ms: int = 1000):
        super().__init__(evse_id, gone_ms)
        self._uart = uart
        self._scan_ms = scan_ms
        self._chunk, self._buffer = bytearray(_BUFFER), bytearray(_BUFFER)
        self._length = 0
        self._filled = 0
        self._card = bytearray(10)
        self._out = bytearray(24 + len(_WAKE))
        self._phase = _WAKING
        self._acknowledged = False
        self._by_ms = 0
        self._failures = 0

    def poll(self, now: int) -> None:
        """One step. Raises OSError as long as the chip does not answer."""
        self._receive()
        if self._phase == _WAKING:
            if now >= self._by_ms:
                self._send(_SETTING, _SAM, now, len(_WAKE))
        elif self._phase == _RESTING:
            if now >= self._by_ms:
                self._send(_LISTING, _LIST, now)
        else:
            self._step(now)
        if self._failures >= _TRIES:
            raise OSError(ENODEV, "PN532 does not answer")

    def _step(self, now: int) -> None:
        frame = self._frame()
        if frame == 0 and now >= self._by_ms or frame < 0:
            self._fail(now)
        elif frame > 0 and not self._acknowledged:
            if frame != 1:
                self._fail(now)
                return
            self._acknowledged = True
            self._by_ms = now + _ANSWER_MS
            self._step(now)  # the answer may be there already
        elif frame > 1:
            self._answered(frame - 2, now)

    def _answered(self, length: int, now: int) -> None:
        """`length` bytes of an answer are at the start of the chunk: D5, code + 1, data."""
        data, phase = self._chunk, self._phase
        code = _SAM[1] if phase == _SETTING else _RETRIES[1] if phase == _LIMITING else _LIST[1]
        if length < 2 or data[0] != 0xD5 or data[1] != code + 1:
            self._fail(now)
        elif phase == _SETTING:
            self._send(_LIMITING, _RETRIES, now)
        elif phase == _LIMITING:
            self._rest(now, 0)
        else:
            self._listed(length, now)

    def _listed(self, length: int, now: int) -> None:
        data = self._chunk
        if length >= 3 and data[2] == 0:
            self._empty(now)
        elif length >= 8 and data[7] in (4, 7, 10) and length >= 8 + data[7]:
            # Number of the target, SENS_RES (2), SEL_RES, length, identifier.
            for n in range(data[7]):
                self._card[n] = data[8 + n]
            self._seen(self._card, data[7], now)
        else:
            self._fail(now)
            return
        self._rest(now, self._scan_ms)

    def _rest(self, now: int, wait_ms: int) -> None:
        self._failures = 0
        self._phase, self._by_ms = _RESTING, now + wait_ms

    def _fail(self, now: int) -> None:
        self._failures += 1
        self._empty(now)
        self._phase = _WAKING
        self._by_ms = now + (_AGAIN_MS if self._failures >= _TRIES else _ACK_MS)

    def _send(self, phase: int, data: bytes, now: int, at: int = 0) -> None:
        """Send a frame, after `at` bytes that wake the chip."""
        out, checksum = self._out, 0
        for n in range(at):
            out[n] = _WAKE[n]
        out[at], out[at + 1], out[at + 2] = 0x00, 0x00, 0xFF
        out[at + 3], out[at + 4] = len(data), -len(data) & 255
        at += 5
        for byte in data:
            out[at] = byte
            checksum -= byte
            at += 1
        out[at], out[at + 1] = checksum & 255, 0x00
        self._filled = 0
        self._uart.write(memoryview(out)[: at + 2])
        self._acknowledged = False
        self._phase, self._by_ms = phase, now + _ACK_MS

    def _receive(self) -> None:
        count = self._uart.any()
        while count > 0:
            got = self._uart.readinto(self._chunk, min(count, _BUFFER))
            if not got:
                return
            count -= got
            for n in range(got):
                if self._filled < _BUFFER:
                    self._buffer[self._filled] = self._chunk[n]
                    self._filled += 1

    def _frame(self) -> int:
        """Take a frame out of the buffer: 0 none yet, 1 an acknowledgement, 2 + the length of an
        answer, whose data are then at the start of the chunk, -1 for one that is not right."""
        buffer, filled = self._buffer, self._filled
        at = 0
        while at + 1 < filled and not (buffer[at] == 0x00 and buffer[at + 1] == 0xFF):
            at += 1
        at += 2
        if at + 2 > filled:
            return -1 if filled == _BUFFER else 0
        length = buffer[at]
        if length == 0 and buffer[at + 1] == 0xFF:
            self._drop(at + 2)
            return 1
        if (length + buffer[at + 1]) & 255 or length == 0 or at + 3 + length > _BUFFER:
            return -1  # also the refusal, 00 FF FF 00
        if at + 3 + length > filled:
            return 0
        checksum = buffer[at + 2 + length]
        for n in range(length):
            self._chunk[n] = buffer[at + 2 + n]
            checksum += buffer[at + 2 + n]
        self._drop(at + 3 + length)
        return -1 if checksum & 255 else 2 + length

    def _drop(self, count: int) -> None:
        """Forget the first bytes of the buffer."""
        for n in range(count, self._filled):
            self._buffer[n - count] = self._buffer[n]
        self._filled -= count
