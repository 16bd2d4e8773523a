"""The card reader MFRC522 (RC522 boards) on SPI: identifiers of ISO 14443 A cards.

Wiring: SPI mode 0, most significant bit first, at most 10 MHz (1 MHz is plenty); a chip select;
3.3 V. The reset pin stays high, or is driven from `reset`.

Each poll does one step: it begins an exchange with the card, or looks whether one is over;
nothing waits for the chip. A card of 4 bytes takes four steps, one of 7 bytes six; the chip's own
timer ends an exchange that nobody answers after 5 ms. A card is woken (WUPA), selected and put to
sleep (HLTA) in each round, so that it answers as long as it stays. Check bytes (BCC, CRC_A) must
be right. Two cards at once collide and are not read. Random identifiers (first byte 08) are told
like others.

Once a second the chip's settings are read back: a chip that lost them is set up again, one that
doesn't answer (version 00 or FF) makes `poll` raise OSError until it does.
"""

from errno import ENODEV

from ..compat import const
from .reader import Reader

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from peripherals import SPI, Pin

_COMMAND, _COM_IRQ, _ERROR, _FIFO_DATA, _FIFO_LEVEL = (
    const(0x01),
    const(0x04),
    const(0x06),
    const(0x09),
    const(0x0A),
)
_CONTROL, _BIT_FRAMING, _COLL = const(0x0C), const(0x0D), const(0x0E)
_TX_CONTROL, _VERSION = const(0x14), const(0x37)
_IDLE, _TRANSCEIVE, _SOFT_RESET = const(0x00), const(0x0C), const(0x0F)
# Register and value: 106 kbit/s; timer: starts by itself, 25 us a step, 200 steps; 100 % ASK;
# CRC preset 6363.
_SETTINGS = b"\x12\x00\x13\x00\x24\x26\x2a\x80\x2b\xa9\x2c\x00\x2d\xc8\x15\x40\x11\x3d"
_RESET_MS = const(50)
_CHECK_MS = const(1000)
_LATE_MS = const(40)  # the chip's timer has long ended the exchange

_RESETTING, _READY, _WAKING, _COLLIDING, _SELECTING, _HALTING = (
    const(0),
    const(1),
    const(2),
    const(3),
    const(4),
    const(5),
)


def crc_a(data, length: int) -> int:
    """CRC_A of ISO 14443-3; its low byte is sent first."""
    crc = 0x6363
    for n in range(length):
        byte = data[n] ^ crc & 255
        byte = (byte ^ byte << 4) & 255
        crc = crc >> 8 ^ byte << 8 ^ byte << 3 ^ byte >> 4
    return crc & 0xFFFF


class Mfrc522(Reader):
    """spi: has write_readinto(out, in); select, reset: as machine.Pin; scan_ms: between rounds."""

    def __init__(
        self,
        spi: "SPI",
        select: "Pin",
        reset: "Pin | None" = None,
        evse_id: int = 0,
        scan_ms: int = 100,
        gone_ms: int = 1000,
    ):
        super().__init__(evse_id, gone_ms)
        self._spi, self._select = spi, select
        self._scan_ms = scan_ms
        self._out, self._in = bytearray(2), bytearray(2)
        self._frame = bytearray(9)
        self._answer = bytearray(5)
        self._bits = self._answered = 0
        self._card = bytearray(10)
        self._card_length = 0
        self._level = 0
        self._dead = False
        self._phase = _RESETTING
        self._by_ms = -1  # of the phase; -1: from the first poll on
        self._check_ms = 0
        select.value(1)
        if reset is not None:
            reset.value(1)
        self._write(_COMMAND, _SOFT_RESET)

    def poll(self, now: int) -> None:
        """One step. Raises OSError as long as the chip does not answer."""
        if self._phase == _RESETTING:
            self._poll_reset(now)
        elif self._phase == _READY:
            if now >= self._check_ms:
                self._check(now)
            elif now >= self._by_ms:
                self._write(_COLL, 0)  # bits after a collision are cleared
                self._frame[0] = 0x52  # WUPA, seven bits
                self._start(_WAKING, 1, 7, now)
        else:
            self._poll_exchange(now)
        if self._dead:
            raise OSError(ENODEV, "MFRC522 does not answer")

    def _poll_reset(self, now: int) -> None:
        if self._by_ms < 0:
            self._by_ms = now + _RESET_MS
        if now < self._by_ms:
            return
        if self._read(_VERSION) in (0x00, 0xFF) or self._read(_COMMAND) & 0x10:
            self._dead = True
            self._restart(now, _CHECK_MS)
            return
        for n in range(0, len(_SETTINGS), 2):
            self._write(_SETTINGS[n], _SETTINGS[n + 1])
        self._write(_TX_CONTROL, self._read(_TX_CONTROL) | 3)  # the antenna
        self._dead = False
        self._phase, self._by_ms, self._check_ms = _READY, now, now + _CHECK_MS

    def _check(self, now: int) -> None:
        self._check_ms = now + _CHECK_MS
        if self._read(_VERSION) in (0x00, 0xFF):
            self._dead = True
            self._restart(now, _CHECK_MS)
            return
        right = self._read(_TX_CONTROL) & 3 == 3
        for n in range(0, len(_SETTINGS), 2):
            right = right and self._read(_SETTINGS[n]) == _SETTINGS[n + 1]
        if not right:
            self._restart(now, _RESET_MS)

    def _restart(self, now: int, wait_ms: int) -> None:
        self._write(_COMMAND, _SOFT_RESET)
        self._phase, self._by_ms = _RESETTING, now + wait_ms

    def _poll_exchange(self, now: int) -> None:
        flags = self._read(_COM_IRQ)
        if not flags & 0x31 and now < self._by_ms:  # received, idle, or the timer
            return
        good = flags & 0x30 and not self._read(_ERROR) & 0x1B and self._fetch()
        self._write(_COMMAND, _IDLE)
        phase, answer = self._phase, self._answer
        if phase == _HALTING:  # a card that obeys says nothing
            self._rest(now)
        elif not good:
            self._fail(now)
        elif phase == _WAKING:
            if self._answered != 2 or self._bits:
                self._fail(now)
            else:
                self._level = self._card_length = 0
                self._collide(now)
        elif phase == _COLLIDING:
            check = answer[0] ^ answer[1] ^ answer[2] ^ answer[3]
            if self._answered != 5 or self._bits or check != answer[4]:
                self._fail(now)
            else:
                self._choose(now)
        else:
            self._selected(now)

    def _collide(self, now: int) -> None:
        """Ask for the identifier of this cascade level."""
        self._frame[0] = 0x93 + 2 * self._level
        self._frame[1] = 0x20
        self._start(_COLLIDING, 2, 0, now)

    def _choose(self, now: int) -> None:
        frame = self._frame
        frame[1] = 0x70
        for n in range(5):
            frame[2 + n] = self._answer[n]
        crc = crc_a(frame, 7)
        frame[7], frame[8] = crc & 255, crc >> 8
        self._start(_SELECTING, 9, 0, now)

    def _selected(self, now: int) -> None:
        answer, frame = self._answer, self._frame
        if self._answered != 3 or self._bits or crc_a(answer, 1) != answer[1] | answer[2] << 8:
            self._fail(now)
            return
        more = answer[0] & 4  # the identifier goes on at the next level
        for n in range(1 if more else 0, 4):
            self._card[self._card_length] = frame[2 + n]
            self._card_length += 1
        if more:
            self._level += 1
            if self._level > 2 or frame[2] != 0x88:
                self._fail(now)
            else:
                self._collide(now)
            return
        self._seen(self._card, self._card_length, now)
        frame[0], frame[1] = 0x50, 0x00  # HLTA
        crc = crc_a(frame, 2)
        frame[2], frame[3] = crc & 255, crc >> 8
        self._start(_HALTING, 4, 0, now)

    def _fail(self, now: int) -> None:
        self._empty(now)
        self._rest(now)

    def _rest(self, now: int) -> None:
        self._phase, self._by_ms = _READY, now + self._scan_ms

    def _start(self, phase: int, length: int, bits: int, now: int) -> None:
        """Send the first bytes of the frame, of the last one `bits` bits (0: all)."""
        self._write(_COMMAND, _IDLE)
        self._write(_COM_IRQ, 0x7F)  # clear all flags
        self._write(_FIFO_LEVEL, 0x80)  # empty
        for n in range(length):
            self._write(_FIFO_DATA, self._frame[n])
        self._write(_BIT_FRAMING, bits)
        self._write(_COMMAND, _TRANSCEIVE)
        self._write(_BIT_FRAMING, 0x80 | bits)  # go
        self._phase, self._by_ms = phase, now + _LATE_MS

    def _fetch(self) -> bool:
        """Take the answer out of the chip; False if it is longer than any that is due."""
        self._answered = self._read(_FIFO_LEVEL)
        if self._answered > len(self._answer):
            return False
        for n in range(self._answered):
            self._answer[n] = self._read(_FIFO_DATA)
        self._bits = self._read(_CONTROL) & 7
        return True

    def _read(self, register: int) -> int:
        self._out[0], self._out[1] = register << 1 | 0x80, 0
        self._transfer()
        return self._in[1]

    def _write(self, register: int, value: int) -> None:
        self._out[0], self._out[1] = register << 1, value
        self._transfer()

    def _transfer(self) -> None:
        self._select.value(0)
        self._spi.write_readinto(self._out, self._in)
        self._select.value(1)
