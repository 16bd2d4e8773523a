"""The application's names and texts as a module that a firmware freezes and nobody ever imports.

A name that the firmware does not know costs some 14 bytes of heap for good when the application is
loaded, a text 16. Frozen, both are static strings, and cost none. An application with other names
runs all the same and pays for those that are new; the firmware need not be built anew for it.
The keys of all OCPP messages are among the names, some 5 kB: else a parsed message has 32 bytes
for each of its keys, as often as it comes.

    freeze_mpy(FOLDER, "application_names.mpy")  # in the firmware's manifest

MicroPython's own tool leaves out what the firmware has already. The module is an empty one with
these names in its table; the same .mpy files give the same module.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from pathlib import Path

from tools import generate_schemas

MODULE = "application_names.mpy"
_LONGEST = 255  # bytes of a static string
_ROOT = "/rom/"  # where the image is mounted: the path of a module becomes a name as it is loaded
_STRING = 5  # kinds of constant, as in MicroPython's py/persistentcode.h
_BYTES = 6
_TUPLE = 10
# The header of format 6 for any architecture, one name, no constants; then the code of a module
# that does nothing: its name, MP_BC_LOAD_CONST_NONE, MP_BC_RETURN_VALUE.
_HEAD = b"M\x06\x00\x1f"
_CODE = bytes((8 * 5, 0x00, 0x02, 0x00, 0x51, 0x63))


class Mpy:
    """The tables of a .mpy of format 6."""

    def __init__(self, data: bytes) -> None:
        if data[:2] != b"M\x06":
            raise ValueError("no .mpy of format 6")
        self._data = data
        self._at = 4
        name_count, constant_count = self._number(), self._number()
        self.names = [name for name in (self._name() for _ in range(name_count)) if name]
        self.texts: list[str] = []
        for _ in range(constant_count):
            self._constant()

    def _number(self) -> int:
        value = 0
        while True:
            byte = self._data[self._at]
            self._at += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value

    def _take(self, length: int) -> bytes:
        self._at += length
        return self._data[self._at - length : self._at]

    def _name(self) -> str:
        """Empty for one of those that each firmware has, by their number."""
        length = self._number()
        return "" if length & 1 else self._take((length >> 1) + 1)[:-1].decode()

    def _constant(self) -> None:
        kind = self._take(1)[0]
        if kind < _STRING:  # None, False, True, Ellipsis, the table of machine code
            return
        length = self._number()
        if kind == _TUPLE:
            for _ in range(length):
                self._constant()
            return
        data = self._take(length)
        if kind in (_STRING, _BYTES):
            self._at += 1
        if kind == _STRING:
            self.texts.append(data.decode())


def names(files: dict[str, bytes]) -> list[str]:
    """What these modules, by their paths in the image, make known, and what messages do."""
    found = set(string.ascii_letters + string.digits)  # each character of a text that is looked at
    for version in generate_schemas.VERSIONS:
        found.update(_keys(generate_schemas.load(version)))
    for path, data in files.items():
        mpy = Mpy(data)
        found.update(mpy.names, mpy.texts, (_ROOT + path,))
        module = path.removesuffix(".mpy").removesuffix("/__init__")
        found.update((module.replace("/", "."), *module.split("/")))
    return sorted(name for name in found if name and len(name.encode()) <= _LONGEST)


def _keys(schema) -> Iterator[str]:
    """The names of all properties in JSON schemas."""
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        for inner in schema.values():
            yield from _keys(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _keys(inner)


def module(files: dict[str, bytes]) -> bytes:
    """The .mpy with the names of these."""
    table = [MODULE.replace(".mpy", ".py"), *names(files)]  # the first one is the source
    data = _HEAD + _encoded(len(table)) + b"\x00"
    for name in table:
        text = name.encode()
        data += _encoded(len(text) << 1) + text + b"\x00"
    return data + _CODE


def _encoded(value: int) -> bytes:
    data = bytes([value & 0x7F])
    while value := value >> 7:
        data = bytes([value & 0x7F | 0x80]) + data
    return data


def write(files: dict[str, bytes], folder: Path) -> Path:
    """Write the module to `folder`, if it differs from what is there."""
    path = folder / MODULE
    data = module(files)
    if not path.exists() or path.read_bytes() != data:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return path
