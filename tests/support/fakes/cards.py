"""Card readers down to their registers and frames, and the cards before them.

Both raise AssertionError for what their data sheets forbid: registers that are reserved, the chip
before it is awake, a command before the last one is over, wrong check bytes.
"""

from tests.support.fakes.pins import Output, World


def crc_a(data) -> int:
    """ISO 14443-3, annex B, bit by bit."""
    crc = 0x6363
    for byte in data:
        for n in range(8):
            bit = (byte >> n ^ crc) & 1
            crc >>= 1
            if bit:
                crc ^= 0x8408
    return crc


def with_crc(data: bytes) -> bytes:
    crc = crc_a(data)
    return data + bytes((crc & 255, crc >> 8))


class Card:
    """A card of ISO 14443 A: idle, ready at a level, active, or halted."""

    def __init__(self, uid: bytes):
        levels = {4: (uid,), 7: (b"\x88" + uid[:3], uid[3:])}
        self._levels = levels[len(uid)]
        self._state = "idle"
        self._level = 0
        self.bad_bcc = self.bad_crc = False

    def answer(self, frame: bytes, bits: int) -> bytes:
        """What it says to a frame, b"" if nothing; an unknown frame makes it idle."""
        if bits == 7:
            if self._state in ("ready", "active"):
                self._state = "idle"
                return b""
            if frame == b"\x52" or frame == b"\x26" and self._state != "halt":
                self._state, self._level = "ready", 0
                return b"\x44\x00"
            return b""
        if self._state == "ready" and frame[0] == 0x93 + 2 * self._level:
            part = self._levels[self._level]
            check = part[0] ^ part[1] ^ part[2] ^ part[3]
            if frame[1:] == b"\x20":
                return part + bytes((check ^ self.bad_bcc,))
            if frame[1] == 0x70 and len(frame) == 9:
                assert with_crc(frame[:7]) == frame, "wrong CRC_A"
                if frame[2:7] == part + bytes((check,)):
                    self._level += 1
                    if self._level < len(self._levels):
                        answer = with_crc(b"\x04")
                    else:
                        self._state = "active"
                        answer = with_crc(b"\x08")
                    return answer[:2] + bytes((answer[2] ^ self.bad_crc,))
        if self._state == "active" and frame == with_crc(b"\x50\x00"):
            self._state = "halt"
            return b""
        self._state = "idle"
        return b""


class Mfrc522Chip:
    """The chip as an SPI bus with one select line."""

    _KNOWN = b"\x01\x04\x06\x09\x0a\x0c\x0d\x0e\x11\x12\x13\x14\x15\x24\x2a\x2b\x2c\x2d\x37"

    def __init__(self, world: World):
        self._world = world
        self.select = Output()
        self.cards = []
        self.version = 0x92
        self._awake_us = 0
        self.resets = 0
        self._reset()
        world.parts.append(self)

    def write_readinto(self, out, into) -> None:
        assert self.select.level == 0, "not selected"
        assert len(out) == len(into) == 2, "an address and a byte"
        assert out[0] & 1 == 0, "the lowest bit of the address is 0"
        register, reading = out[0] >> 1 & 0x3F, out[0] & 0x80
        assert register in self._KNOWN, "a register that nobody needs"
        assert self._world.us >= self._awake_us, "the oscillator does not run yet"
        if self.version in (0x00, 0xFF):
            into[1] = self.version
        elif reading:
            into[1] = self._read(register)
        else:
            self._write(register, out[1])

    def lose_settings(self) -> None:
        """A dip of the supply: reset, and nobody was told."""
        self._reset()

    def tick(self, now: int) -> None:
        if self._done_us is not None and self._world.us >= self._done_us:
            self._done_us = None
            if self._pending:
                self._fifo = list(self._pending)
                self._irq |= 0x20 | 0x10
            else:
                self._irq |= 0x01
                self._fifo = []

    def _reset(self) -> None:
        self._registers = {0x14: 0x80, 0x11: 0x3F, 0x24: 0x26}
        self._fifo = []
        self._irq = self._error = self._command = 0
        self._pending = b""
        self._done_us = None

    def _read(self, register: int) -> int:
        if register == 0x09:
            assert self._fifo, "the FIFO is empty"
            return self._fifo.pop(0)
        if register == 0x0A:
            return len(self._fifo)
        fixed = {0x01: self._command, 0x04: self._irq, 0x06: self._error, 0x37: self.version}
        fixed[0x0C] = 0
        return fixed.get(register, self._registers.get(register, 0))

    def _write(self, register: int, value: int) -> None:
        assert register not in (0x06, 0x0C, 0x37), "read only"
        if register == 0x01:
            assert value in (0x00, 0x0C, 0x0F)
            self._command = value
            if value == 0x0F:
                self._reset()
                self.resets += 1
                self._awake_us = self._world.us + 38000
            elif value == 0:
                self._done_us = None
        elif register == 0x04:
            assert not value & 0x80, "this would set flags"
            self._irq &= ~value
        elif register == 0x09:
            assert self._command == 0 and len(self._fifo) < 64
            self._fifo.append(value)
        elif register == 0x0A:
            assert value == 0x80
            self._fifo = []
        else:
            self._registers[register] = value
            if register == 0x0D and value & 0x80:
                self._send(value & 7)

    def _send(self, bits: int) -> None:
        assert self._command == 0x0C, "nothing to be started"
        assert self._registers[0x14] & 3 == 3, "the antenna is off"
        assert self._registers.get(0x15) == 0x40 and self._registers[0x11] == 0x3D, "not set up"
        assert not self._irq & 0x31, "flags of the exchange before"
        frame, self._fifo = bytes(self._fifo), []
        assert frame, "nothing to send"
        answers = []
        for card in self.cards:
            answer = card.answer(frame, bits)
            if answer:
                answers.append(answer)
        self._error = 0
        self._pending = b"".join(answers[:1])
        if len(answers) == 2 and answers[0] != answers[1]:
            self._error = 0x08
        reload = self._registers[0x2C] << 8 | self._registers[0x2D]
        step_us = 25 if self._registers[0x2A] & 0x80 else 1000000
        self._done_us = self._world.us + (1000 if answers else reload * step_us)


class Pn532Chip:
    """The chip as a UART at 115200 baud."""

    def __init__(self, world: World, char_us: int = 87):
        self._world, self._char_us = world, char_us
        self.cards = []
        self.fault = ""  # "silent", "checksum", "refuse"
        self._asleep, self._set_up, self._limited = True, False, False
        self._coming = []
        self._arrived = []
        self._busy_us = 0
        world.parts.append(self)

    def power_dip(self) -> None:
        self._asleep, self._set_up, self._limited = True, False, False

    def any(self) -> int:
        return len(self._arrived)

    def readinto(self, buffer, count: int):
        assert count <= len(buffer)
        got = min(count, len(self._arrived))
        for n in range(got):
            buffer[n] = self._arrived.pop(0)
        return got or None

    def tick(self, now: int) -> None:
        while self._coming and self._coming[0][0] <= self._world.us:
            self._arrived.append(self._coming.pop(0)[1])
            assert len(self._arrived) <= 64, "receive buffer overflow"

    def write(self, data) -> int:
        data = bytes(data)
        if self.fault == "silent":
            return len(data)
        assert self._world.us >= self._busy_us, "a command before the last one is over"
        start = data.find(b"\x00\x00\xff")
        assert start >= 0, "no start of a frame"
        if self._asleep:
            if data[:2] != b"\x55\x55" or start < 5:
                return len(data)  # it hears nothing
            self._asleep = False
        frame = data[start + 3 :]
        length = frame[0]
        assert (length + frame[1]) & 255 == 0, "wrong checksum of the length"
        body = frame[2 : 2 + length]
        assert len(frame) == length + 4 and frame[-1] == 0
        assert (sum(body) + frame[2 + length]) & 255 == 0, "wrong checksum"
        assert body[0] == 0xD4
        if self.fault == "refuse":
            self._say(b"\x00\x00\xff\xff\x00\x00", 1000)
            return len(data)
        self._say(b"\x00\x00\xff\x00\xff\x00", 1000)
        self._say(self._frame(self._answer(body)), 15000)
        return len(data)

    def _answer(self, body: bytes) -> bytes:
        if body[1] == 0x14:
            assert body[2:] == b"\x01\x14\x01"
            self._set_up = True
            return b"\xd5\x15"
        if not self._set_up:
            return b"\x7f"
        if body[1] == 0x32:
            assert body[2] == 5 and len(body) == 6 and body[5] < 255, "it would never end"
            self._limited = True
            return b"\xd5\x33"
        assert body[1] == 0x4A and body[2:] == b"\x01\x00" and self._limited
        if not self.cards:
            return b"\xd5\x4b\x00"
        uid = self.cards[0]
        return b"\xd5\x4b\x01\x01\x00\x44\x08" + bytes((len(uid),)) + uid

    def _frame(self, body: bytes) -> bytes:
        check = -sum(body) & 255
        if self.fault == "checksum":
            check ^= 1
        head = b"\x00\x00\xff" + bytes((len(body), -len(body) & 255))
        return head + body + bytes((check, 0))

    def _say(self, data: bytes, delay_us: int) -> None:
        us = max(self._world.us + delay_us, self._busy_us)
        for byte in data:
            us += self._char_us
            self._coming.append((us, byte))
        self._busy_us = us
