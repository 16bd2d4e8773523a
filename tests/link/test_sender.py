"""Frames of ours by byte literals, in the order of RFC 6455 section 5: both interpreters."""

from chargepoint.link.masking import mask
from chargepoint.link.sender import Sender, control
from chargepoint.link.websocket import CLOSE, PING, PONG

KEY = b"\x37\xfa\x21\x3d"


def unmask(data):
    """[(first byte, payload)] of a client's frames."""
    found = []
    at = 0
    while at < len(data):
        first, size = data[at], data[at + 1]
        assert size & 0x80
        size &= 0x7F
        at += 2
        if size > 125:
            width = 2 if size == 126 else 8
            size = int.from_bytes(data[at : at + width], "big")
            assert size > (125 if width == 2 else 65535)
            at += width
        payload = bytearray(data[at + 4 : at + 4 + size])
        assert len(payload) == size
        mask(payload, 0, size, data[at : at + 4])
        found.append((first, bytes(payload)))
        at += 4 + size
    return found


def sent(sender, message):
    return b"".join([bytes(chunk) for chunk in sender.frames(message)])


def sender(size=32):
    return Sender(lambda n: KEY[:n], size)


def test_5_7_a_masked_text_as_in_the_rfc():
    assert sent(sender(), "Hello") == b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"


def test_a_text_is_one_frame_whatever_its_size():
    for size in (0, 1, 31, 32, 33, 64, 125, 126, 127, 200, 65535, 65536, 70001):
        text = "\u20ac" + "t" * size
        assert unmask(sent(sender(), text)) == [(0x81, text.encode())], size


def test_no_write_is_longer_than_the_buffer_and_frames_begin_where_said():
    one = sender()
    begins = []
    for chunk in one.frames("x" * 100):
        assert 0 < len(chunk) <= 32 + 14
        begins.append(one.starts_frame)
    assert begins == [True, False, False, False]


def test_writes_end_with_a_whole_key():
    for size in (29, 30, 31, 32):
        assert unmask(sent(sender(size), "abcdefg" * 20)) == [(0x81, b"abcdefg" * 20)], size


def test_an_iterator_goes_as_fragments():
    pieces = ["a" * 10, "", "b" * 30, "\u20ac" * 20, "c"]
    frames = unmask(sent(sender(), iter(pieces)))
    assert b"".join([payload for _, payload in frames]).decode() == "".join(pieces)
    assert [first for first, _ in frames] == [0x01, 0x00, 0x00, 0x80]
    assert [len(payload) for _, payload in frames] == [32, 32, 32, 5]


def test_fragments_that_fit_become_one_frame():
    assert unmask(sent(sender(), iter(("{", "}")))) == [(0x81, b"{}")]
    assert unmask(sent(sender(), iter(()))) == [(0x81, b"")]
    assert unmask(sent(sender(), iter(("x" * 32,)))) == [(0x81, b"x" * 32)]
    assert [f for f, _ in unmask(sent(sender(), iter(("x" * 33,))))] == [0x01, 0x80]


def test_pieces_are_asked_for_only_as_they_are_sent():
    asked = []

    def pieces():
        for n in range(10):
            asked.append(n)
            yield "x" * 20

    frames = sender().frames(pieces())
    assert asked == []
    next(frames)
    assert len(asked) == 2


def test_control_frames_are_masked():
    assert unmask(control(KEY, PONG, b"abc")) == [(0x8A, b"abc")]
    assert unmask(control(KEY, PING)) == [(0x89, b"")]
    assert unmask(control(KEY, CLOSE, b"\x03\xe8bye")) == [(0x88, b"\x03\xe8bye")]


def test_every_frame_has_a_key_of_its_own():
    keys = [b"0000", b"1111", b"2222"]
    one = Sender(lambda n: keys.pop(0), 32)
    data = sent(one, iter(("x" * 70,)))
    assert data[2:6] == b"0000"
    assert keys == []
