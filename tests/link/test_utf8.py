"""What is UTF-8, by RFC 3629: both interpreters."""

from chargepoint.link.utf8 import valid

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


def test_well_formed():
    for data in GOOD:
        assert valid(data, 0, len(data)), data
        assert valid(data + b"\x80", 0, len(data)), data  # what comes after does not count


def test_ill_formed():
    for data in BAD:
        assert not valid(data, 0, len(data)), data
        assert not valid(b"x" + data, 0, len(data) + 1), data
        assert not valid(b"x" + data, 1, len(data) + 1), data


def test_every_code_point_border_round_trips():
    for point in (0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF):
        data = chr(point).encode()
        assert valid(data, 0, len(data))
        for cut in range(1, len(data)):
            assert not valid(data, 0, cut)
