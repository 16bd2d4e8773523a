"""docs/ota.md: its test vector is recomputed, its offsets and reasons are those of the code."""

import re
import struct
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from chargepoint.crypto import p256
from chargepoint.ota import container, slots
from tests.support import images
from tools import build_romfs, image_container, image_keys

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "ota.md").read_text()
# Lines of four spaces and hexadecimal digits.
PRIVATE, PUBLIC, PAYLOAD, HEADER = [
    bytes.fromhex("".join(block.split()))
    for block in re.findall(r"((?:^    [0-9a-f]{24,}\n)+)", TEXT, re.MULTILINE)
]
DESCRIPTION = image_container.Description("box", ["A", "B"], "1.0.0", 5)


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below it."""
    lines = TEXT[TEXT.index(heading) :].splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("|")) + 2
    found = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def test_the_vector_made_by_the_tools():
    key = ec.derive_private_key(int.from_bytes(PRIVATE, "big"), ec.SECP256R1())
    assert image_keys.as_pinned(key.public_key()) == (container.P256, PUBLIC)
    data = image_container.signed(DESCRIPTION, PAYLOAD, key)
    assert data == HEADER + b"\xff" * (4096 - len(HEADER)) + PAYLOAD


def test_the_vector_made_and_taken_by_the_station():
    assert p256.public_point(PRIVATE) == PUBLIC
    data = images.header(PAYLOAD, PRIVATE, PUBLIC)
    assert data[: len(HEADER)] == HEADER
    key_file = b"CPK\x01" + bytes((container.P256,)) + PUBLIC
    station = images.station(keys=container.keys(key_file))
    assert container.check(data, station).version == "1.0.0"
    assert slots.is_whole(data + PAYLOAD)


def test_the_payload_is_a_romfs_image():
    code = b"def run():\n    print('new')\n"
    assert build_romfs.image({"start.py": code}) == PAYLOAD


def test_the_fields_of_the_header():
    expected = 0
    sizes = [struct.calcsize("<" + code) for code in re.findall(r"\d*[a-zA-Z]", images.LAYOUT)]
    table = rows("## The container")
    # Magic stands there as 4s, the four bytes after it as B each.
    for size, (offset, count, *_) in zip(sizes, table, strict=False):
        assert (int(offset), int(count)) == (expected, size)
        expected += size
    assert expected == container.SIGNED_BYTES == int(table[len(sizes)][0])
    assert len(table) == len(sizes) + 2


def test_the_fields_of_the_record():
    table = rows("## Slots")
    at = 0
    for offset, count, _ in table:
        assert int(offset) == at
        at += int(count)
    assert at == slots.RECORD_BYTES == len(slots.State().packed())
    assert "0 empty, 1 whole, 2 trial, 3 confirmed, 4 bad" in TEXT
    assert (slots.EMPTY, slots.WHOLE, slots.TRIAL, slots.CONFIRMED, slots.BAD) == (0, 1, 2, 3, 4)
    why = (slots.BOOTS_USED_UP, slots.DEADLINE_PASSED, slots.DAMAGED, slots.NOT_MOUNTED)
    assert (*why, slots.GIVEN_UP) == (1, 2, 3, 4, 5)
