"""Partition tables: read, written, and judged."""

import pytest

from tools import boards, partitions

GOOD = """
# Name, Type, SubType, Offset, Size, Flags
nvs,      data, nvs,   0x9000,  0x4000
otadata,  data, ota,   0xd000,  8K,
ota_0,    app,  ota_0, 0x10000, 1M,
rom_0,    data, 0x8f,  0x110000, 0xf0000,
"""
SIZE = 0x200000


def test_a_csv_is_read():
    table = partitions.parse(GOOD)
    assert table[1] == partitions.Partition("otadata", 1, 0, 0xD000, 0x2000)
    assert table[2] == partitions.Partition("ota_0", 0, 0x10, 0x10000, 0x100000)
    assert partitions.problems(table, SIZE) == []
    assert partitions.end(table) == SIZE


def test_the_binary_form_comes_back():
    table = partitions.parse(GOOD)
    data = partitions.encode(table)
    assert len(data) == partitions.TABLE_BYTES and data[:2] == b"\xaa\x50"
    assert partitions.decode(data + b"more") == table


def test_the_binary_form_is_that_of_esp_idf():
    # Worked out by hand from ESP-IDF's description of the format.
    entry = "aa50 01 02 00900000 00400000 6e767300000000000000000000000000 00000000"
    data = partitions.encode(partitions.parse("nvs, data, nvs, 0x9000, 0x4000"))
    assert data[:32] == bytes.fromhex(entry)
    assert data[32:48] == b"\xeb\xeb" + b"\xff" * 14
    assert data[64:] == b"\xff" * (partitions.TABLE_BYTES - 64)


def test_a_damaged_table_is_refused():
    data = bytearray(partitions.encode(partitions.parse(GOOD)))
    data[5] ^= 1
    with pytest.raises(partitions.Failure, match="checksum"):
        partitions.decode(bytes(data))
    with pytest.raises(partitions.Failure, match="no partition table"):
        partitions.decode(b"\xff" * 4096)
    with pytest.raises(partitions.Failure, match="no partition table"):
        partitions.decode(b"")


@pytest.mark.parametrize(
    "line, said",
    [
        ("nvs, data", "line 1: name, type, subtype, offset and size"),
        ("nvs, data, nvs, , 4K", "line 1: name"),
        ("nvs, data, nvs, x, 4K", "line 1: invalid literal"),
        ("nvs, what, nvs, 0x9000, 4K", "line 1: invalid literal"),
    ],
)
def test_a_line_that_can_not_be_read_is_named(line: str, said: str):
    with pytest.raises(partitions.Failure, match=said):
        partitions.parse(line)


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("0x9000, ", "0x8000, ", "nvs: begins at 0x8000, before 0x9000 is free"),
        ("8K", "16K", "ota_0: begins at 0x10000, before 0x11000"),
        ("0x10000, 1M", "0x18000, 0xf8000", "ota_0: must begin at a multiple of 0x10000"),
        ("0xf0000", "0xf0001", "rom_0: must begin at a multiple of 0x1000"),
        ("0xf0000", "0x100000", "needs 0x210000 bytes, the flash has 0x200000"),
        ("0xf0000", "0xe0000", "leaves 0x10000 bytes of the flash unused"),
        ("rom_0, ", "nvs, ", "nvs: the name is there twice"),
        ("rom_0, ", "a_name_of_16_let, ", "at most 15 characters"),
    ],
)
def test_what_does_not_work_is_told(old: str, new: str, said: str):
    assert old in GOOD
    table = partitions.parse(GOOD.replace(old, new))
    assert [problem for problem in partitions.problems(table, SIZE) if said in problem]


@pytest.mark.parametrize("name", [name for name in boards.names() if boards.load(name).is_esp32])
def test_the_boards_tables_fill_their_flash(name: str):
    board = boards.load(name)
    for size in board.flash:
        table = board.table(size)
        assert partitions.end(table) == int(size.removesuffix("MB")) * 1024 * 1024
        assert partitions.decode(partitions.encode(table)) == table
