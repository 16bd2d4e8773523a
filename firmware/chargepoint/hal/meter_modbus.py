"""An energy meter on an RS-485 bus: Modbus RTU master, Eastron SDM120, SDM230, SDM630 and others.

Wiring: a UART with a transceiver that turns the direction itself; or with a direction pin. 8 data
bits; the UART must be made with timeout=0 and a receive buffer of 256 bytes. Factory settings:
SDM120 and SDM230 2400 baud, SDM630 9600 baud, no parity, 1 stop bit, address 1.

With a direction pin a request is waited for until its last bit has left: 9 ms for its 8 bytes at
9600 baud, 37 ms at 2400. A STM32's UART, which needs the pin, waits so by itself in `write`; it
has no interrupt for the end of a transmission. Nothing else here waits.

`Bus` keeps the silence of 3.5 characters before a request and gives the bus to one meter at a
time. `Meter.read` sends or receives what it can, without waiting, and fills in the latest whole
set of values. A request that is not answered, or wrongly (CRC, address, length, exception, not a
number), counts; after three in a row `read` raises OSError until the meter answers again. Before
the first whole set it returns False: nothing is known yet.

A register map is bytes, six for each value, ascending by address: what (tens: _ENERGY...; ones:
the phase 0..2), address (2), format, exponent of ten to the unit of Reading (Wh, W, mA, mV, mHz)
plus 100, function code. Values that follow each other are asked in one request; across a gap none
is asked, for some versions answer an exception there. Source of the addresses: Eastron's protocol
documents (SDM120 V2.4, SDM230 V1.4), and two public libraries that agree with each other (reaper7
SDM_Energy_Meter, nmakel sdm_modbus). The energy there is a float of kWh: exact to 1 Wh up to 16
MWh, then to 2 Wh.
"""

from errno import EIO, ETIMEDOUT

from ..compat import const

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from peripherals import UART, Pin

FLOAT = const(0)  # 32 bits, high word first
FLOAT_SWAPPED = const(1)  # low word first
UINT32 = const(2)
INT32 = const(3)
UINT16 = const(4)
INT16 = const(5)

_ENERGY, _POWER, _CURRENT, _VOLTAGE, _FREQUENCY = const(0), const(1), const(2), const(3), const(4)

# fmt: off
SDM120 = (
    b"\x1e\x00\x00\x00\x67\x04"  # V
    b"\x14\x00\x06\x00\x67\x04"  # A
    b"\x0a\x00\x0c\x00\x64\x04"  # W
    b"\x28\x00\x46\x00\x67\x04"  # Hz
    b"\x00\x00\x48\x00\x67\x04"  # kWh imported
)
SDM230 = SDM120
SDM630 = (
    b"\x1e\x00\x00\x00\x67\x04\x1f\x00\x02\x00\x67\x04\x20\x00\x04\x00\x67\x04"
    b"\x14\x00\x06\x00\x67\x04\x15\x00\x08\x00\x67\x04\x16\x00\x0a\x00\x67\x04"
    b"\x0a\x00\x34\x00\x64\x04"  # W of all phases
    b"\x28\x00\x46\x00\x67\x04"
    b"\x00\x00\x48\x00\x67\x04"
)
# fmt: on

_ENTRY = const(6)
_MOST_REGISTERS = const(80)  # Eastron: 40 values in one request
_TRIES = const(3)
_ANSWER_MS = const(300)  # until the answer begins
_FRAME = const(5 + 2 * 80)


def register_map(values) -> bytes:
    """A map for another meter: values of (name, phase, address, format, exponent, function code).

    name: "energy" (Wh), "power" (W, of all phases), "current" (mA), "voltage" (mV) or "frequency"
    (mHz); phase 1..3, 1 where there is but one; function code 3 (holding) or 4 (input registers).
    """
    names = "energy power current voltage frequency".split()
    result = b""
    for value in sorted(values, key=lambda value: (value[5], value[2])):
        name, phase, address, kind, exponent, function = value
        what = names.index(name) * 10 + phase - 1
        result += bytes((what, address >> 8, address & 255, kind, exponent + 100, function))
    return result


def crc16(data, length: int) -> int:
    """CRC-16 of Modbus over the first bytes of `data`; its low byte is sent first."""
    crc = 0xFFFF
    for n in range(length):
        crc ^= data[n]
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


class Bus:
    """uart: as machine.UART; baud: its rate; direction: output that is high to send, or None."""

    def __init__(self, uart: "UART", baud: int, direction: "Pin | None" = None):
        self._uart = uart
        self._direction = direction
        self._owner = None
        self.char_us = 11000000 // baud
        self._silence_ms = max(1750, self.char_us * 7 // 2) // 1000 + 2  # both ends are rounded
        self._free_ms = 0  # when the silence before a request is over
        self._chunk = bytearray(64)
        self.answer = bytearray(_FRAME)
        self.length = 0
        if direction is not None:
            direction.value(0)

    def request(self, owner, frame, now: int) -> bool:
        """Send `frame` if the bus is silent and nobody's; then it is `owner`'s until `release`."""
        if self._owner is not None or self._drain(now) or now < self._free_ms:
            return False
        if self._direction is None:
            self._uart.write(frame)
        else:
            self._direction.value(1)
            try:
                self._uart.write(frame)
                self._uart.flush()
            finally:
                self._direction.value(0)
        self._owner = owner
        self.length = 0
        self._free_ms = now + len(frame) * self.char_us // 1000 + self._silence_ms
        return True

    def receive(self, now: int) -> int:
        """Take in what has come; the number of bytes of the answer until now."""
        count = self._uart.any()
        while count > 0:
            got = self._uart.readinto(self._chunk, min(count, len(self._chunk)))
            if not got:
                break
            self._free_ms = now + self._silence_ms
            for n in range(got):
                if self.length < _FRAME:
                    self.answer[self.length] = self._chunk[n]
                    self.length += 1
            count -= got
        return self.length

    def release(self) -> None:
        self._owner = None

    def _drain(self, now: int) -> bool:
        """Drop what nobody asked for; whether there was something."""
        drained = False
        count = self._uart.any()
        while count > 0:
            got = self._uart.readinto(self._chunk, min(count, len(self._chunk)))
            if not got:
                break
            count -= got
            self._free_ms = now + self._silence_ms
            drained = True
        return drained


class Meter:
    """registers: a map as above; interval_ms: the time between two sets of values."""

    def __init__(self, bus: Bus, address: int, registers: bytes, interval_ms: int = 500):
        self._bus = bus
        self._address = address
        self._map = registers
        self._interval_ms = interval_ms
        self._values = [0] * (len(registers) // _ENTRY)
        self._fresh = [0] * len(self._values)
        self._request = bytearray(8)
        self._at = self._end = 0  # entries asked for
        self._asked = False
        self._due_ms = 0  # of the answer, at the latest
        self._next_ms = 0
        self._failures = 0
        self._error = ETIMEDOUT
        self._known = False

    def read(self, reading, now: int):
        """False if nothing is known yet. Raises OSError if the meter does not answer."""
        if self._asked:
            self._receive(now)
        elif now >= self._next_ms:
            self._ask(now)
        if self._failures >= _TRIES:
            raise OSError(self._error, "no right answer from meter %d" % self._address)
        if not self._known:
            return False
        values, registers = self._values, self._map
        for n in range(len(values)):
            phase = registers[n * _ENTRY] % 10
            what = registers[n * _ENTRY] // 10
            if what == _ENERGY:
                reading.energy_wh = values[n]
            elif what == _POWER:
                reading.power_w = values[n]
            elif what == _CURRENT:
                reading.current_ma[phase] = values[n]
            elif what == _VOLTAGE:
                reading.voltage_mv[phase] = values[n]
            else:
                reading.frequency_mhz = values[n]
        return True

    def _ask(self, now: int) -> None:
        registers, first = self._map, self._at * _ENTRY
        start = at = registers[first + 1] << 8 | registers[first + 2]
        end = self._at
        while end < len(self._values):
            n = end * _ENTRY
            address = registers[n + 1] << 8 | registers[n + 2]
            width = 1 if registers[n + 3] >= UINT16 else 2
            if address != at or registers[n + 5] != registers[first + 5]:
                break
            if at + width - start > _MOST_REGISTERS:
                break
            at += width
            end += 1
        request = self._request
        request[0], request[1] = self._address, registers[first + 5]
        request[2], request[3] = start >> 8, start & 255
        request[4], request[5] = 0, at - start
        crc = crc16(request, 6)
        request[6], request[7] = crc & 255, crc >> 8
        if self._bus.request(self, request, now):
            self._asked, self._end = True, end
            characters = 8 + 5 + 2 * (at - start)
            self._due_ms = now + _ANSWER_MS + characters * self._bus.char_us // 1000

    def _receive(self, now: int) -> None:
        bus, request = self._bus, self._request
        length = bus.receive(now)
        expected = 5 + 2 * request[5]
        if length >= 2 and bus.answer[1] == request[1] | 0x80:
            expected = 5
        if length < expected and now < self._due_ms:
            return
        bus.release()
        self._asked = False
        if length < expected:
            self._fail(ETIMEDOUT, now)
        elif length > expected or not self._right(expected) or not self._take():
            self._fail(EIO, now)
        else:
            self._at = self._end
            if self._at == len(self._values):
                self._at = 0
                self._values, self._fresh = self._fresh, self._values
                self._known, self._failures = True, 0
                self._next_ms = now + self._interval_ms

    def _fail(self, error: int, now: int) -> None:
        """A set is from one round, so begin anew."""
        self._at = 0
        self._error = error
        self._failures += 1
        self._next_ms = now + (self._interval_ms if self._failures >= _TRIES else 0)

    def _right(self, length: int) -> bool:
        answer = self._bus.answer
        return (
            answer[0] == self._address
            and answer[1] == self._request[1]
            and answer[2] == length - 5
            and crc16(answer, length - 2) == answer[length - 2] | answer[length - 1] << 8
        )

    def _take(self) -> bool:
        """Decode the values of the answer; False if one is not a number."""
        answer, registers, at = self._bus.answer, self._map, 3
        for n in range(self._at, self._end):
            kind, exponent = registers[n * _ENTRY + 3], registers[n * _ENTRY + 4] - 100
            raw = answer[at] << 8 | answer[at + 1]
            at += 2
            if kind < UINT16:
                low = answer[at] << 8 | answer[at + 1]
                at += 2
                raw = low << 16 | raw if kind == FLOAT_SWAPPED else raw << 16 | low
            value = _scaled(raw, kind, exponent)
            if value is None:
                return False
            self._fresh[n] = value
        return True


def _scaled(raw: int, kind: int, exponent: int):
    """The register's value times 10 ** exponent, rounded; None if it is not a number."""
    sign, shift = 1, 0
    if kind <= FLOAT_SWAPPED:
        # In integers: an energy in Wh has more digits than a float of the device keeps.
        shift = (raw >> 23 & 255) - 150
        if shift > 24:
            return None  # infinite, not a number, or more than any meter shows
        sign = -1 if raw >> 31 else 1
        raw = raw & 0x7FFFFF | 0x800000 if shift > -150 else 0
    elif kind == INT32 and raw >> 31:
        sign, raw = -1, 0x100000000 - raw
    elif kind == INT16 and raw >> 15:
        sign, raw = -1, 0x10000 - raw
    if not raw:
        return 0
    divisor = 1
    if exponent >= 0:
        raw *= 10**exponent
    else:
        divisor = 10**-exponent
    if shift >= 0:
        raw <<= shift
    else:
        divisor <<= -shift
    return sign * ((raw + divisor // 2) // divisor)
