"""DER as X.690 has it: both interpreters."""

from chargepoint.crypto import der
from chargepoint.crypto.der import Reader, element, unsigned, whole
from tests.support.raises import refused

MALFORMED = "malformed DER"


def value(data: bytes, tag: int = der.OCTETS) -> bytes:
    reader = Reader(memoryview(data))
    found = bytes(reader.value(tag))
    reader.end()
    return found


def number(content: bytes, most_bytes: int = 32) -> bytes:
    return bytes(Reader(memoryview(element(der.INTEGER, content))).unsigned(most_bytes))


def bits(content: bytes) -> bytes:
    return bytes(Reader(memoryview(element(der.BITS, content))).bits())


def test_lengths_in_their_shortest_form():
    for length in (0, 1, 127, 128, 129, 255, 256, 257, 65535):
        content = bytes(length)
        data = element(der.OCTETS, content)
        assert value(data) == content
        assert len(data) == length + (2 if length < 128 else 3 if length < 256 else 4)


def test_lengths_that_are_not():
    for data in (
        b"",
        b"\x04",
        b"\x04\x01",
        b"\x04\x02\x00",
        b"\x04\x80\x00\x00",  # indefinite
        b"\x04\x81",
        b"\x04\x81\x00",
        b"\x04\x81\x01\x00",
        b"\x04\x81\x7f" + bytes(127),
        b"\x04\x81\x80" + bytes(127),
        b"\x04\x82\x01",
        b"\x04\x82\x00\x80" + bytes(128),
        b"\x04\x82\x00\xff" + bytes(255),
        b"\x04\x82\x01\x00" + bytes(255),
        b"\x04\x83\x00\x01\x00" + bytes(256),
        b"\x04\x83\x01\x00\x00" + bytes(65536),  # longer than anything here is
        b"\x04\x84\x7f\xff\xff\xff",
        b"\x04\x84\xff\xff\xff\xff\x00",
        b"\x04\x88" + b"\xff" * 8,
        b"\x04\xff" + b"\xff" * 127,
    ):
        assert refused(value, data) == MALFORMED, data[:8]


def test_a_huge_length_costs_nothing():
    """Nothing is taken before it is known to be there."""
    for count in range(3, 127):
        data = bytes((4, 0x80 | count)) + b"\xff" * count
        assert refused(value, data) == MALFORMED, count


def test_tags():
    assert refused(value, b"\x05\x00") == MALFORMED
    assert refused(value, b"\x24\x00") == MALFORMED  # constructed
    assert refused(value, b"\x00\x00", 0) == MALFORMED
    assert refused(value, b"\x1f\x81\x01\x00", 0x1F) == MALFORMED
    assert refused(value, b"\xbf\x01\x00", 0xBF) == MALFORMED
    assert Reader(memoryview(b"\x30\x00")).tag() == der.SEQUENCE
    assert Reader(memoryview(b"")).tag() == 0


def test_what_is_left_over():
    assert refused(value, b"\x04\x00\x00") == "more than expected"
    assert refused(whole, b"\x30\x00\x00") == "more than expected"
    assert refused(whole, b"\x30\x01\x05\x00") == "more than expected"
    reader = whole(b"\x30\x02\x05\x00")
    assert refused(reader.end) == "more than expected"
    reader.value(der.NULL)
    assert refused(reader.end) == ""
    assert refused(reader.value, der.NULL) == MALFORMED


def test_an_element_does_not_reach_beyond_the_one_around_it():
    reader = whole(b"\x30\x02\x04\x01", der.SEQUENCE)
    assert refused(reader.value, der.OCTETS) == MALFORMED
    reader = Reader(memoryview(b"\x30\x02\x04\x01\xaa"))
    inner = reader.inner()
    assert refused(inner.value, der.OCTETS) == MALFORMED


def test_elements_in_order():
    reader = whole(element(der.SEQUENCE, b"\x05\x00", unsigned(b"\x80"), b"\x30\x00"))
    assert bytes(reader.element(der.NULL)) == b"\x05\x00"
    assert bytes(reader.unsigned(1)) == b"\x80"
    reader.inner().end()
    reader.end()


def test_depth_is_bounded():
    data = b""
    for _ in range(20):
        data = element(der.SEQUENCE, data)

    def dive() -> None:
        reader = Reader(memoryview(data))
        while True:
            reader = reader.inner()

    assert refused(dive) == "DER too deep"


def test_integers():
    for content, expected in (
        (b"\x00", b"\x00"),
        (b"\x01", b"\x01"),
        (b"\x7f", b"\x7f"),
        (b"\x00\x80", b"\x80"),
        (b"\x00\xff\xff", b"\xff\xff"),
        (b"\x01\x00", b"\x01\x00"),
        (b"\x00" + b"\xff" * 32, b"\xff" * 32),
    ):
        assert number(content) == expected
        assert unsigned(expected) == element(der.INTEGER, content)
    for content in (b"\x00\x00", b"\x00\x01", b"\x00\x7f\xff", b"\x00\x00\x80"):
        assert refused(number, content) == MALFORMED, content
    for content in (b"", b"\x80", b"\xff", b"\xff\x7f", b"\xff\x80", b"\x80" + bytes(31)):
        assert refused(number, content) == "negative or no number", content
    for content in (b"\x01" + bytes(32), b"\x00\x80" + bytes(32)):
        assert refused(number, content) == "number too large", content


def test_integers_as_they_are_written():
    assert unsigned(b"") == unsigned(b"\0\0") == b"\x02\x01\x00"
    assert unsigned(b"\0\0\x80") == b"\x02\x02\x00\x80"


def test_bit_strings():
    assert bits(b"\x00") == b""
    assert bits(b"\x00\xaa\x55") == b"\xaa\x55"
    for content in (b"", b"\x01\xaa", b"\x07\x80", b"\x08\x00", b"\xff"):
        assert refused(bits, content) == MALFORMED, content
