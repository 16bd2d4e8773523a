"""Make the .mpy files of an image smaller, and nothing else of them.

- The names that are used most get the numbers below 128, which take one byte in the bytecode.
- Parameters that nobody passes by name all have one name.

All else keeps its name, so that a traceback reads as before. For files of one image together,
compiled without line numbers: they name each other's parameters. Machine code stays as it is; it
must be viper that uses no names (`machine_code` tells it apart).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

# As in MicroPython's py/bc0.h and py/persistentcode.c, for format 6.
_HEAD = b"M\x06"
_BYTECODE, _VIPER = 0, 2  # kinds of code
_TEXT, _BYTES, _TUPLE = 5, 6, 10  # kinds of constant: text and bytes end in a 0
_BYTE, _NAME, _NUMBER, _OFFSET = range(4)
_FORMATS = 0x000003A4
_EXTRA_BYTE = 0x9E  # an opcode without any of these bits is followed by one
_SIGNED_TO = 0x44  # jumps up to this one go both ways
_LOAD_TEXT = 0x10
_VIPER_FLAGS = 0x70  # relocations, constant data, variables
_PARAMETER = "x"


class Failure(Exception):
    """What is in a file that this module can't repack."""


@dataclass
class _Code:
    """One function, class body or module body."""

    kind: int
    signature: bytes = b""
    names: list[int] = field(default_factory=list)  # its own, then its parameters'
    cells: bytes = b""
    # (opcode, operand or None, extra byte or None); a jump's operand: the number of its target.
    instructions: list[tuple[int, int | None, int | None]] = field(default_factory=list)
    machine: bytes = b""
    children: list[_Code] = field(default_factory=list)

    def all(self) -> Iterator[_Code]:
        yield self
        for child in self.children:
            yield from child.all()


@dataclass
class _File:
    head: bytes
    names: list[str | int]  # a number: of a word that each firmware has
    constant_count: int
    constants: bytes
    code: _Code


def repacked(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same modules of one image, smaller. Raises Failure."""
    read = {}
    for path, data in files.items():
        try:
            read[path] = _Reader(data).file()
        except Failure as failure:
            raise Failure(f"{path}: {failure}") from None
    texts = _texts(read.values())
    for file in read.values():
        _join_parameters(file, texts)
        _sort(file)
    return {path: _written(file) for path, file in read.items()}


def machine_code(data: bytes) -> list[bytes]:
    """That of a .mpy. Raises Failure."""
    return [code.machine for code in _Reader(data).file().code.all() if code.machine]


def parts(data: bytes) -> tuple[list[tuple[str, int]], list[bytes]]:
    """Of a .mpy: the functions and classes of its body, in order, by name ("" where it has none)
    and bytes with all that is in them; and the constants of all its code. Raises Failure."""
    reader = _Reader(data)
    file = reader.file()
    functions = []
    for code in file.code.children:
        name = file.names[code.names[0]] if code.names else ""  # machine code has none
        functions.append((name if isinstance(name, str) else "", len(_written_code(code))))
    return functions, reader.constants


def constant(value: bytes) -> bytes:
    """As it is written among the constants of a .mpy."""
    return bytes([_BYTES]) + _number(len(value)) + value + b"\0"


# ---- what is changed


def _texts(files: Iterable[_File]) -> set[str | int]:
    """The names that are loaded as texts, which is how a call names a parameter."""
    return {
        file.names[operand]
        for file in files
        for code in file.code.all()
        for opcode, operand, _ in code.instructions
        if opcode == _LOAD_TEXT and operand is not None
    }


def _join_parameters(file: _File, texts: set[str | int]) -> None:
    """Give the parameters that no call names one name, which takes one byte."""
    joined = None
    for code in file.code.all():
        for n in range(1, len(code.names)):
            if file.names[code.names[n]] not in texts:
                if joined is None:
                    if _PARAMETER not in file.names:
                        file.names.append(_PARAMETER)
                    joined = file.names.index(_PARAMETER)
                code.names[n] = joined


def _sort(file: _File) -> None:
    """Number the names by how often they are used, and drop those that are not."""
    counts: Counter[int] = Counter()
    for code in file.code.all():
        counts.update(code.names)
        counts.update(
            operand
            for opcode, operand, _ in code.instructions
            if _format(opcode) == _NAME and operand is not None
        )
    counts[0] = 1 << 30  # the file's own name stays the first
    order = sorted(counts, key=lambda number: (-counts[number], number))
    new = {number: n for n, number in enumerate(order)}
    file.names = [file.names[number] for number in order]
    for code in file.code.all():
        code.names = [new[number] for number in code.names]
        for n, (opcode, operand, extra) in enumerate(code.instructions):
            if _format(opcode) == _NAME and operand is not None:
                code.instructions[n] = (opcode, new[operand], extra)


def _format(opcode: int) -> int:
    return _FORMATS >> 2 * (opcode >> 4) & 3


# ---- reading


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self.constants: list[bytes] = []  # as they are written

    def file(self) -> _File:
        head = self._take(4)
        if head[:2] != _HEAD:
            raise Failure("no .mpy of format 6")
        name_count, constant_count = self._number(), self._number()
        names = [self._name() for _ in range(name_count)]
        start = self._at
        for _ in range(constant_count):
            begin = self._at
            self._skip_constant()
            self.constants.append(self._data[begin : self._at])
        constants = self._data[start : self._at]
        file = _File(head, names, constant_count, constants, self._code())
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

    def _skip_constant(self) -> None:
        kind = self._take(1)[0]
        if kind < _TEXT:
            return
        length = self._number()
        if kind == _TUPLE:
            for _ in range(length):
                self._skip_constant()
        else:
            self._take(length + (kind in (_TEXT, _BYTES)))

    def _code(self) -> _Code:
        head = self._number()
        code = _Code(head & 3)
        end = self._at + (head >> 3)
        if code.kind == _BYTECODE:
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

    def _bytecode(self, code: _Code, end: int) -> None:
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

    def _instructions(self, code: _Code, end: int) -> None:
        places: dict[int, int] = {}
        jumps: dict[int, int] = {}
        while self._at < end:
            places[self._at] = len(code.instructions)
            opcode = self._take(1)[0]
            operand = None
            if _format(opcode) in (_NAME, _NUMBER):
                start = self._at
                operand = self._number()
                if _format(opcode) == _NUMBER:  # as it is written: some have a sign
                    operand = int.from_bytes(self._data[start : self._at], "big")
            elif _format(opcode) == _OFFSET:
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


def _written(file: _File) -> bytes:
    data = bytearray(file.head + _number(len(file.names)) + _number(file.constant_count))
    for name in file.names:
        if isinstance(name, int):
            data += _number(name << 1 | 1)
        else:
            text = name.encode()
            data += _number(len(text) << 1) + text + b"\0"
    return bytes(data) + file.constants + _written_code(file.code)


def _written_code(code: _Code) -> bytes:
    data = code.machine
    if code.kind == _BYTECODE:
        info = b"".join(map(_number, code.names))
        data = code.signature + _sizes(len(info), len(code.cells)) + info + code.cells
        data += _written_instructions(code.instructions)
    length = len(data)
    if code.kind != _BYTECODE:
        length -= 1  # the flags behind machine code do not count
    head = _number(length << 3 | (4 if code.children else 0) | code.kind)
    if code.children:
        data += _number(len(code.children)) + b"".join(map(_written_code, code.children))
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
            if _format(opcode) != _OFFSET or target is None:
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
    if _format(opcode) == _NAME:
        data += _number(operand or 0)
    elif _format(opcode) == _NUMBER:
        value = operand or 0
        data += value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
    elif _format(opcode) == _OFFSET:
        data += b"\0"
    return data if extra is None else data + bytes([extra])


def _number(value: int) -> bytes:
    data = bytes([value & 0x7F])
    while value := value >> 7:
        data = bytes([value & 0x7F | 0x80]) + data
    return data
