"""What is in a .mpy file without line numbers: names, constants, and code by its instructions.

    file = mpy.read(data)
    data == mpy.written(file)

As in MicroPython's py/bc0.h and py/persistentcode.c, for format 6. Machine code stays as it is; it
must be viper that uses no names.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

BYTECODE, _VIPER = 0, 2  # kinds of code
BYTE, NAME, NUMBER, OFFSET = range(4)  # what an instruction has as operand
LOAD_TEXT = 0x10
LOAD_TRUE = 0x52
STORE_NAME, STORE_GLOBAL, STORE_ATTRIBUTE = 0x16, 0x17, 0x18
IMPORT_NAME = 0x1B
IMPORT_FROM = 0x1C
BUILD_TUPLE = 0x2A
_HEAD = b"M\x06"
_TEXT, _BYTES, _TUPLE = 5, 6, 10  # kinds of constant: text and bytes end in a 0
_OPERANDS = 0x000003A4
_EXTRA_BYTE = 0x9E  # an opcode without any of these bits is followed by one
_SIGNED_TO = 0x44  # jumps up to this one go both ways
_VIPER_FLAGS = 0x70  # relocations, constant data, variables


class Failure(Exception):
    """What is in a file that this module can't read."""


@dataclass
class Code:
    """One function, class body or module body."""

    kind: int
    signature: bytes = b""
    names: list[int] = field(default_factory=list)  # its own, then its parameters'
    cells: bytes = b""
    # (opcode, operand or None, extra byte or None); a jump's operand: the number of its target.
    instructions: list[tuple[int, int | None, int | None]] = field(default_factory=list)
    machine: bytes = b""
    children: list[Code] = field(default_factory=list)

    def all(self) -> Iterator[Code]:
        yield self
        for child in self.children:
            yield from child.all()


@dataclass
class File:
    """constants: as they are written."""

    head: bytes
    names: list[str | int]  # a number: of a word that each firmware has
    constants: list[bytes]
    code: Code


def read(data: bytes) -> File:
    """Raises Failure."""
    return _Reader(data).file()


def kind_of(opcode: int) -> int:
    """Of the operand: BYTE (none), NAME, NUMBER or OFFSET."""
    return _OPERANDS >> 2 * (opcode >> 4) & 3


def constant(value: bytes) -> bytes:
    """As it is written among the constants of a .mpy."""
    return bytes([_BYTES]) + number(len(value)) + value + b"\0"


# ---- reading


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def file(self) -> File:
        head = self._take(4)
        if head[:2] != _HEAD:
            raise Failure("no .mpy of format 6")
        name_count, constant_count = self._number(), self._number()
        names = [self._name() for _ in range(name_count)]
        constants = [self._constant() for _ in range(constant_count)]
        file = File(head, names, constants, self._code())
        if self._at != len(self._data):
            raise Failure("it goes on behind its end")
        return file

    def _take(self, length: int) -> bytes:
        self._at += length
        return self._data[self._at - length : self._at]

    def _number(self) -> int:
        value = 0
        while True:
            byte = self._take(1)[0]
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value

    def _name(self) -> str | int:
        length = self._number()
        return length >> 1 if length & 1 else self._take((length >> 1) + 1)[:-1].decode()

    def _constant(self) -> bytes:
        start = self._at
        kind = self._take(1)[0]
        if kind >= _TEXT:
            length = self._number()
            if kind == _TUPLE:
                for _ in range(length):
                    self._constant()
            else:
                self._take(length + (kind in (_TEXT, _BYTES)))
        return self._data[start : self._at]

    def _code(self) -> Code:
        head = self._number()
        code = Code(head & 3)
        end = self._at + (head >> 3)
        if code.kind == BYTECODE:
            self._bytecode(code, end)
        else:
            start = self._at
            self._at = end
            if code.kind != _VIPER or self._number() & _VIPER_FLAGS:
                raise Failure("machine code that is more than viper without data")
            code.machine = self._data[start : self._at]
        if head & 4:
            code.children = [self._code() for _ in range(self._number())]
        return code

    def _bytecode(self, code: Code, end: int) -> None:
        start = self._at
        while self._take(1)[0] & 0x80:
            pass
        code.signature = self._data[start : self._at]
        # Bit by bit: six of the length of the names, one of the number of cells.
        info = cells = shift = 0
        while True:
            byte = self._take(1)[0]
            cells |= (byte & 1) << shift
            info |= ((byte & 0x7E) >> 1) << 6 * shift
            shift += 1
            if byte < 0x80:
                break
        info += self._at
        while self._at < info:  # without line numbers there is nothing else
            code.names.append(self._number())
        code.cells = self._take(cells)
        self._instructions(code, end)

    def _instructions(self, code: Code, end: int) -> None:
        places: dict[int, int] = {}
        jumps: dict[int, int] = {}
        while self._at < end:
            places[self._at] = len(code.instructions)
            opcode = self._take(1)[0]
            operand = None
            if kind_of(opcode) in (NAME, NUMBER):
                start = self._at
                operand = self._number()
                if kind_of(opcode) == NUMBER:  # as it is written: some have a sign
                    operand = int.from_bytes(self._data[start : self._at], "big")
            elif kind_of(opcode) == OFFSET:
                operand = self._offset(opcode <= _SIGNED_TO)
                jumps[len(code.instructions)] = self._at + operand
            extra = self._take(1)[0] if not opcode & _EXTRA_BYTE else None
            code.instructions.append((opcode, operand, extra))
        if self._at != end:
            raise Failure("an instruction goes on behind the end of its function")
        places[end] = len(code.instructions)
        for number, target in jumps.items():
            opcode, _, extra = code.instructions[number]
            if target not in places:
                raise Failure("a jump into an instruction")
            code.instructions[number] = (opcode, places[target], extra)

    def _offset(self, signed: bool) -> int:
        value = self._take(1)[0]
        if value < 0x80:
            return value - (0x40 if signed else 0)
        value = value & 0x7F | self._take(1)[0] << 7
        return value - (0x4000 if signed else 0)


# ---- writing


def written(file: File) -> bytes:
    data = bytearray(file.head + number(len(file.names)) + number(len(file.constants)))
    for name in file.names:
        if isinstance(name, int):
            data += number(name << 1 | 1)
        else:
            text = name.encode()
            data += number(len(text) << 1) + text + b"\0"
    return bytes(data) + b"".join(file.constants) + written_code(file.code)


def written_code(code: Code) -> bytes:
    data = code.machine
    if code.kind == BYTECODE:
        info = b"".join(map(number, code.names))
        data = code.signature + _sizes(len(info), len(code.cells)) + info + code.cells
        data += _written_instructions(code.instructions)
    length = len(data)
    if code.kind != BYTECODE:
        length -= 1  # the flags behind machine code do not count
    head = number(length << 3 | (4 if code.children else 0) | code.kind)
    if code.children:
        data += number(len(code.children)) + b"".join(map(written_code, code.children))
    return head + data


def _sizes(info: int, cells: int) -> bytes:
    data = bytearray()
    while True:
        byte = (info & 0x3F) << 1 | cells & 1
        info, cells = info >> 6, cells >> 1
        data.append(byte | (0x80 if info or cells else 0))
        if not (info or cells):
            return bytes(data)


def _written_instructions(instructions: list[tuple[int, int | None, int | None]]) -> bytes:
    """All in as few bytes as they take: a jump takes two, or three if it goes far."""
    parts = [_part(*instruction) for instruction in instructions]
    while True:
        places = [0, *itertools.accumulate(map(len, parts))]
        grown = False
        for n, (opcode, target, extra) in enumerate(instructions):
            if kind_of(opcode) != OFFSET or target is None:
                continue
            tail = b"" if extra is None else bytes([extra])
            offset = places[target] - (places[n] + len(parts[n]) - len(tail))
            signed = opcode <= _SIGNED_TO
            size = len(parts[n]) - len(tail)
            if size == 2 and not (-0x40 <= offset < 0x40 if signed else offset < 0x80):
                size, grown = 3, True
            bias = (0x40 if size == 2 else 0x4000) if signed else 0
            value = (offset + bias) & 0x7FFF
            low = bytes([value & 0x7F]) if size == 2 else bytes([0x80 | value & 0x7F, value >> 7])
            parts[n] = bytes([opcode]) + low + tail
        if not grown:
            return b"".join(parts)


def _part(opcode: int, operand: int | None, extra: int | None) -> bytes:
    data = bytes([opcode])
    if kind_of(opcode) == NAME:
        data += number(operand or 0)
    elif kind_of(opcode) == NUMBER:
        value = operand or 0
        data += value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
    elif kind_of(opcode) == OFFSET:
        data += b"\0"
    return data if extra is None else data + bytes([extra])


def number(value: int) -> bytes:
    data = bytes([value & 0x7F])
    while value := value >> 7:
        data = bytes([value & 0x7F | 0x80]) + data
    return data
