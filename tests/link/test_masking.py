"""Both twins of each loop: against what RFC 6455 and RFC 3629 say, and against each other."""

import random

from chargepoint.compat import MICROPYTHON
from chargepoint.link import masking, masking_native

if not MICROPYTHON:  # what viper makes a pointer is indexed all the same
    setattr(masking_native, "ptr8", lambda buffer: buffer)  # noqa: B010 - it is no attribute yet

TWINS = (
    (masking.plain_mask, masking.plain_utf8_valid),
    (masking_native.mask, masking_native.utf8_valid),
)

GOOD = (
    b"",
    b"plain",
    b"\xc2\x80\xdf\xbf",
    b"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf",
    b"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
)
BAD = (
    b"\x80",
    b"\xbf",
    b"\xc0\x80",
    b"\xc1\xbf",
    b"\xe0\x9f\xbf",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xf0\x8f\xbf\xbf",
    b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80",
    b"\xff",
    b"\xfe",
    b"\xc2",
    b"\xe2\x82",
    b"\xf0\x90\x80",
    b"\xe2\x28\xa1",
    b"\xe2\x82\x28",
    b"\xf0\x90\x28\x80",
    b"\xf0\x90\x80\x28",
    b"ab\xc2",
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


def test_utf8_well_formed():
    for _, valid in TWINS:
        for data in GOOD:
            assert valid(data, len(data)), data
            assert valid(data + b"\x80", len(data)), data  # what comes after does not count


def test_utf8_ill_formed():
    for _, valid in TWINS:
        for data in BAD:
            assert not valid(data, len(data)), data
            assert not valid(b"x" + data, len(data) + 1), data


def test_utf8_every_code_point_border_round_trips():
    for point in (0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF):
        data = chr(point).encode()
        for _, valid in TWINS:
            assert valid(data, len(data))
            for cut in range(1, len(data)):
                assert not valid(data, cut)


def test_the_twins_judge_alike_all_beginnings():
    tails = (b"", b"\x80", b"\x90\x80", b"\xa0\x80\x80", b"\xbf\xbf\xbf", b"\x7f")
    for lead in range(256):
        for second in range(0, 256, 5):
            for tail in tails:
                data = bytes((lead, second)) + tail
                answers = [bool(valid(data, len(data))) for _, valid in TWINS]
                assert answers[0] == answers[1], data


def test_the_fast_twin_is_used_where_it_can_be():
    assert masking.mask is (masking_native.mask if MICROPYTHON else masking.plain_mask)
