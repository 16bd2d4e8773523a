"""ESP-IDF's partition tables: the CSV form, the binary form, and whether one fits its flash."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

TABLE_OFFSET = 0x8000
TABLE_BYTES = 0xC00
SECTOR = 0x1000
APP_ALIGNMENT = 0x10000
_ENTRY = struct.Struct("<2sBBII16sI")
_MAGIC = b"\xaa\x50"
_MD5 = b"\xeb\xeb" + b"\xff" * 14
_TYPES = {"app": 0, "data": 1}
_SUBTYPES = {
    0: {"factory": 0, **{f"ota_{n}": 0x10 + n for n in range(16)}},
    1: {"ota": 0, "phy": 1, "nvs": 2, "coredump": 3, "fat": 0x81, "spiffs": 0x82},
}


class Failure(Exception):
    """What is wrong with a table."""


@dataclass(frozen=True)
class Partition:
    label: str
    kind: int
    subtype: int
    offset: int
    size: int

    @property
    def end(self) -> int:
        return self.offset + self.size


def number(text: str) -> int:
    """As in the CSV: decimal or hex, with K or M. Raises ValueError."""
    text = text.strip()
    factor = {"K": 1024, "M": 1024 * 1024}.get(text[-1:].upper(), 1)
    return int(text[:-1] if factor > 1 else text, 0) * factor


def parse(text: str) -> list[Partition]:
    """The table of a CSV file. Raises Failure with the line."""
    table = []
    for at, line in enumerate(text.splitlines(), 1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        fields = [field.strip() for field in line.split(",")]
        if len(fields) < 5 or not all(fields[:5]):
            raise Failure(f"line {at}: name, type, subtype, offset and size are needed")
        try:
            kind = _TYPES[fields[1]] if fields[1] in _TYPES else number(fields[1])
            names = _SUBTYPES.get(kind, {})
            subtype = names[fields[2]] if fields[2] in names else number(fields[2])
            table.append(Partition(fields[0], kind, subtype, number(fields[3]), number(fields[4])))
        except ValueError as error:
            raise Failure(f"line {at}: {error}") from None
    return table


def read(path: Path) -> list[Partition]:
    try:
        return parse(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{path.name}: {error}") from None
    except Failure as failure:
        raise Failure(f"{path.name}: {failure}") from None


def encode(table: list[Partition]) -> bytes:
    """The binary form, as ESP-IDF's gen_esp32part.py makes it."""
    entries = b"".join(
        _ENTRY.pack(_MAGIC, p.kind, p.subtype, p.offset, p.size, p.label.encode(), 0)
        for p in table
    )
    entries += _MD5 + hashlib.md5(entries).digest()
    return entries.ljust(TABLE_BYTES, b"\xff")


def decode(data: bytes) -> list[Partition]:
    """The table in `data`, which begins with it. Raises Failure."""
    table = []
    for at in range(0, min(len(data), TABLE_BYTES) - _ENTRY.size + 1, _ENTRY.size):
        entry = data[at : at + _ENTRY.size]
        if entry[:2] == _MAGIC:
            _, kind, subtype, offset, size, label, _ = _ENTRY.unpack(entry)
            name = label.rstrip(b"\x00").decode(errors="replace")
            table.append(Partition(name, kind, subtype, offset, size))
        elif entry[:16] == _MD5:
            if entry[16:] != hashlib.md5(data[:at]).digest():
                raise Failure("the checksum of the partition table is wrong")
            break
        else:
            break
    if not table:
        raise Failure("there is no partition table")
    return table


def find(table: list[Partition], label: str) -> Partition | None:
    return next((partition for partition in table if partition.label == label), None)


def end(table: list[Partition]) -> int:
    """How much flash the table needs."""
    return max(partition.end for partition in table)


def problems(table: list[Partition], flash_bytes: int) -> list[str]:
    """What keeps the table from working on a flash of this size."""
    found = []
    labels = [partition.label for partition in table]
    found += [f"{label}: the name is there twice" for label in labels if labels.count(label) > 1]
    place = TABLE_OFFSET + SECTOR
    for partition in sorted(table, key=lambda partition: partition.offset):
        name = partition.label
        if len(name) > 15:
            found.append(f"{name}: a name has at most 15 characters")
        if partition.offset < place:
            found.append(f"{name}: begins at {partition.offset:#x}, before {place:#x} is free")
        alignment = APP_ALIGNMENT if partition.kind == 0 else SECTOR
        if partition.offset % alignment or partition.size % SECTOR:
            found.append(f"{name}: must begin at a multiple of {alignment:#x}, in whole sectors")
        place = max(place, partition.end)
    if place > flash_bytes:
        found.append(f"needs {place:#x} bytes, the flash has {flash_bytes:#x}")
    elif place < flash_bytes:
        found.append(f"leaves {flash_bytes - place:#x} bytes of the flash unused")
    return found
