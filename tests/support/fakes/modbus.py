"""A UART with an RS-485 bus at it, and meters that know nothing but the letter of Modbus RTU.

A request that is not right (CRC, length, silence of 3.5 characters before it, another transmission
under way) raises AssertionError, where a real meter would say nothing.
"""

import struct

from tests.support.fakes.pins import Output, World


def crc16(data) -> int:
    """Bit by bit, from the description of the protocol."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            odd = crc & 1
            crc >>= 1
            if odd:
                crc ^= 0xA001
    return crc


def with_crc(data: bytes) -> bytes:
    return data + struct.pack("<H", crc16(data))


class Uart:
    """As machine.UART with timeout=0: bytes arrive one by one, at the baud rate."""

    def __init__(self, world: World, baud: int = 9600, rxbuf: int = 256):
        self.world = world
        self.char_us = 11 * 1000000 // baud
        self._rxbuf = rxbuf
        self._coming = []  # (us, byte)
        self._arrived = []
        self._quiet_us = -1000000  # since when nothing is on the bus
        self._sent_us = -1000000  # when the last bit has left
        self.devices = []
        self.direction: Output | None = (
            None  # the output that must be high to send, if there is one
        )
        self.requests = 0
        world.parts.append(self)

    def write(self, data) -> int:
        us = self.world.us
        assert not self._coming and us >= self._quiet_us, "two transmissions at once"
        assert us - self._quiet_us >= self.char_us * 7 // 2, "less than 3.5 characters of silence"
        assert self.direction is None or self.direction.level, "the transceiver does not send"
        self.requests += 1
        self._quiet_us = us + len(data) * self.char_us
        self._sent_us = self._quiet_us
        for device in self.devices:
            answer, delay_us = device.handle(bytes(data))
            if answer:
                self.send(answer, self._quiet_us + delay_us)
        return len(data)

    def flush(self) -> None:
        self.world.us = max(self.world.us, self._sent_us)

    def send(self, data: bytes, us: int) -> None:
        """Something comes over the bus from `us` on."""
        for n in range(len(data)):
            self._coming.append((us + (n + 1) * self.char_us, data[n]))

    def tick(self, now: int) -> None:
        us = self.world.us
        if us < self._sent_us:
            assert self.direction is None or self.direction.level, "cut off while sending"
        while self._coming and self._coming[0][0] <= us:
            due_us, byte = self._coming.pop(0)
            assert self.direction is None or not self.direction.level, "still sending"
            self._quiet_us = max(self._quiet_us, due_us)
            self._arrived.append(byte)
            assert len(self._arrived) <= self._rxbuf, "receive buffer overflow"

    def any(self) -> int:
        return len(self._arrived)

    def readinto(self, buffer, count: int):
        assert count <= len(buffer)
        got = min(count, len(self._arrived))
        for n in range(got):
            buffer[n] = self._arrived.pop(0)
        return got or None


class Device:
    """registers: {(function, address): float or ("H", int) ...}; None in `fault`: all is well."""

    def __init__(self, address: int, registers: dict, delay_us: int = 20000):
        self.address, self.delay_us = address, delay_us
        self.words = {}
        self.fault = ""
        for key in registers:
            self.set(key[0], key[1], registers[key])

    def set(self, function: int, address: int, value) -> None:
        """value: a float (two words, high first) or (struct format, number)."""
        kind, number = value if isinstance(value, tuple) else (">f", value)
        data = struct.pack(kind, number)
        for n in range(0, len(data), 2):
            self.words[(function, address + n // 2)] = data[n : n + 2]

    def handle(self, frame: bytes):
        """(answer or b"", how long until it begins)."""
        assert len(frame) == 8, "a request has 8 bytes"
        assert crc16(frame[:6]) == frame[6] | frame[7] << 8, "wrong CRC in a request"
        if frame[0] != self.address or self.fault == "silent":
            return b"", 0
        function, start, count = struct.unpack(">BHH", frame[1:6])
        assert function in (3, 4) and 1 <= count <= 80, "more than the meter gives at once"
        data = b""
        for address in range(start, start + count):
            if (function, address) not in self.words or self.fault == "exception":
                return with_crc(bytes((self.address, function | 0x80, 2))), self.delay_us
            data += self.words[(function, address)]
        answer = with_crc(bytes((self.address, function, len(data))) + data)
        if self.fault == "crc":
            answer = answer[:-1] + bytes((answer[-1] ^ 1,))
        elif self.fault == "short":
            answer = answer[:-3]
        elif self.fault == "count":
            answer = with_crc(answer[:2] + bytes((answer[2] - 2,)) + answer[3:-2])
        elif self.fault == "stranger":
            answer = with_crc(bytes((self.address + 1,)) + answer[1:-2])
        elif self.fault == "tail":
            answer += b"\x00"
        return answer, self.delay_us
