"""Firmware files as MicroPython's build for ESP32 leaves them, without a program in them."""

import hashlib
import struct

from tools import partitions


def program(chip_id: int = 0, body: bytes = b"Charge point, test".ljust(64, b".")) -> bytes:
    """An image with one segment, its checksum and its hash."""
    header = struct.pack("<BBBBI", 0xE9, 1, 2, 0x20, 0x40080000)
    header += struct.pack("<BBBBHBHHIB", 0xEE, 0, 0, 0, chip_id, 0, 0, 0xFFFF, 0, 1)
    image = header + struct.pack("<II", 0x3FFB0000, len(body)) + body
    checksum = 0xEF
    for byte in body:
        checksum ^= byte
    image += b"\x00" * (15 - len(image) % 16) + bytes((checksum,))
    return image + hashlib.sha256(image).digest()


def firmware(
    table: list[partitions.Partition], chip_id: int = 0, bootloader: int = 0x1000
) -> bytes:
    """Boot loader, partition table and program in one, as from the boot loader's place on."""
    start = next(partition.offset for partition in table if partition.kind == 0)
    data = program(chip_id).ljust(partitions.TABLE_OFFSET - bootloader, b"\xff")
    data += partitions.encode(table)
    return data.ljust(start - bootloader, b"\xff") + program(chip_id)
