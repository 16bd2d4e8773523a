"""Both twins of each loop: against what RFC 6455 says, and against each other."""

import random

from chargepoint.compat import MICROPYTHON
from chargepoint.link import masking, masking_native

if not MICROPYTHON:  # what viper makes a pointer is indexed all the same
    setattr(masking_native, "ptr8", lambda buffer: buffer)  # noqa: B010 - it is no attribute yet

TWINS = (
    (masking.mask, masking.ascii_count),
    (masking_native.mask, masking_native.ascii_count),
)


def test_5_3_masking_is_xor_with_the_key_in_turn():
    for mask, _ in TWINS:
        data = bytearray(b"..Hello, station!")
        mask(data, 2, 5, b"\x37\xfa\x21\x3d")
        assert data == b"..\x7f\x9f\x4d\x51\x58, station!"  # the example of section 5.7
        mask(data, 2, 5, b"\x37\xfa\x21\x3d")
        assert data == b"..Hello, station!"


def test_masking_works_inside_a_view():
    for mask, _ in TWINS:
        data = bytearray(range(16))
        mask(memoryview(data)[3:], 1, 4, b"\xff\x00\xff\x00")
        assert data == bytes((0, 1, 2, 3, 251, 5, 249, 7, 8, 9, 10, 11, 12, 13, 14, 15))


def test_masking_nothing_changes_nothing():
    for mask, _ in TWINS:
        data = bytearray(b"abc")
        mask(data, 3, 0, b"1234")
        assert data == b"abc"


def test_the_twins_mask_alike():
    source = random.Random(1) if not MICROPYTHON else random
    if MICROPYTHON:
        random.seed(1)
    for _ in range(200):
        data = bytes(source.getrandbits(8) for _ in range(source.getrandbits(6)))
        key = bytes(source.getrandbits(8) for _ in range(4))
        start = source.getrandbits(3)
        length = max(0, len(data) - start)
        results = []
        for mask, _ in TWINS:
            copy = bytearray(data)
            mask(copy, start, length, key)
            results.append(bytes(copy))
        assert results[0] == results[1]
        assert len(data) == 0 or results[0][:start] == data[:start]


def test_ascii_is_counted_up_to_what_is_none():
    for _, count in TWINS:
        assert count(b"", 0) == 0
        assert count(b"plain\x7f", 6) == 6
        assert count(b"pl\x80in", 5) == 2
        assert count(b"\xffx", 2) == 0
        assert count(b"ab\xc3", 2) == 2  # what comes after does not count
