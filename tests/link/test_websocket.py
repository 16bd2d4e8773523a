"""Frames of a server by byte literals, in the order of RFC 6455 section 5."""

from chargepoint.link.websocket import (
    CLOSE,
    ERROR,
    FRAGMENT,
    OVERSIZED,
    PING,
    PONG,
    TEXT,
    Receiver,
)

HELLO = b"\x81\x05Hello"


def readable(event):
    """The event, with a text in place of a view."""
    return event if event[0] != TEXT else (TEXT, str(event[1], "utf-8"))


def feed(receiver, data):
    """All events of `data`, put into the receiver as large pieces as it takes; texts as str."""
    events = []
    at = 0
    while True:
        event = receiver.next()
        while event is not None:
            if event[0] != FRAGMENT:
                events.append(readable(event))
            event = receiver.next()
        if at >= len(data):
            return events
        room = receiver.room()
        count = min(len(room), len(data) - at)
        assert count
        room[:count] = data[at : at + count]
        receiver.received(count)
        at += count


def events_of(data, limit=1000):
    return feed(Receiver(limit), data)


def frame(opcode, payload, fin=True):
    first = (0x80 if fin else 0) | opcode
    size = len(payload)
    if size < 126:
        head = bytes((first, size))
    elif size < 65536:
        head = bytes((first, 126, size >> 8, size & 255))
    else:
        head = bytes((first, 127)) + size.to_bytes(8, "big")
    return head + payload


def test_a_larger_message_has_a_larger_buffer_as_long_as_it_comes():
    receiver = Receiver(5000)
    usual = len(receiver.room())
    assert usual < 1500
    large = b"x" * 5000
    data = frame(1, large[:3000], False) + frame(9, b"p") + frame(0, large[3000:]) + HELLO
    for size in (len(data), 1400, 700, 1):
        events = []
        for at in range(0, len(data), size):
            events += feed(receiver, data[at : at + size])
        assert events == [(PING, b"p"), (TEXT, large.decode()), (TEXT, "Hello")]
        assert len(receiver.room()) == usual
    receiver.reset()
    assert feed(receiver, frame(1, large + b"x") + HELLO) == [
        (OVERSIZED, "x" * 64),
        (TEXT, "Hello"),
    ]


def test_a_message_is_whole_until_the_next_event_is_asked_for():
    receiver = Receiver(5000)
    large = b"x" * 5000
    data = frame(1, large) + HELLO
    at, event = 0, None
    while event is None:
        room = receiver.room()
        count = min(len(room), len(data) - at)
        room[:count] = data[at : at + count]
        receiver.received(count)
        at += count
        event = receiver.next()
    assert at == len(data)  # what comes behind it is in the buffer, too
    assert readable(event) == (TEXT, large.decode())
    assert readable(receiver.next()) == (TEXT, "Hello")


def test_what_came_behind_a_large_message_is_kept():
    receiver = Receiver(5000)
    usual = len(receiver.room())
    many = HELLO * 400
    data = frame(1, b"x" * 5000, False) + frame(0, b"")
    events = feed(receiver, data[:-2])
    receiver.room()[: 2 + 100] = data[-2:] + many[:100]
    receiver.received(2 + 100)
    events += feed(receiver, many[100:])
    assert len(events) == 401 and events[1:] == [(TEXT, "Hello")] * 400
    assert len(receiver.room()) == usual


def test_5_7_examples_of_the_rfc():
    assert events_of(HELLO) == [(TEXT, "Hello")]
    assert events_of(b"\x01\x03Hel\x80\x02lo") == [(TEXT, "Hello")]
    assert events_of(b"\x89\x05Hello") == [(PING, b"Hello")]
    assert events_of(b"\x8a\x05Hello") == [(PONG, b"Hello")]


def test_5_2_payload_lengths_of_all_three_forms():
    for size in (0, 1, 125, 126, 127, 65535, 65536, 70000):
        text = "x" * size
        assert events_of(frame(1, text.encode()), 70000) == [(TEXT, text)], size


def test_messages_one_after_another():
    assert events_of(HELLO * 50, 16) == [(TEXT, "Hello")] * 50


def test_5_4_control_frames_between_fragments():
    data = b"\x01\x03Hel\x89\x01a\x00\x00\x8a\x00\x80\x02lo\x89\x00" + HELLO
    assert events_of(data) == [
        (PING, b"a"),
        (PONG, b""),
        (TEXT, "Hello"),
        (PING, b""),
        (TEXT, "Hello"),
    ]


def test_5_4_empty_fragments():
    assert events_of(b"\x01\x00\x00\x00\x80\x00") == [(TEXT, "")]


def test_split_at_every_position():
    data = b"\x89\x02ab\x01\x03Hel\x8a\x00\x80\x02lo" + frame(1, b"y" * 200) + b"\x88\x02\x03\xe8"
    whole = events_of(data)
    assert len(whole) == 5
    for cut in range(len(data) + 1):
        receiver = Receiver(250)
        assert feed(receiver, data[:cut]) + feed(receiver, data[cut:]) == whole, cut
    receiver = Receiver(250)
    assert [e for n in range(len(data)) for e in feed(receiver, data[n : n + 1])] == whole


def test_5_6_characters_may_be_cut_by_fragments():
    text = "\u00fc\u20ac\U00010348"
    raw = text.encode()
    for first in range(len(raw) + 1):
        for second in range(first, len(raw) + 1):
            data = frame(1, raw[:first], False) + frame(0, raw[first:second], False)
            assert events_of(data + frame(0, raw[second:])) == [(TEXT, text)]


def test_bad_frames_and_their_close_codes():
    table = (
        (b"\xc1\x00", 1002),  # 5.2 reserved bits
        (b"\xa1\x00", 1002),
        (b"\x91\x00", 1002),
        (b"\xc9\x00", 1002),
        (b"\x83\x00", 1002),  # reserved opcodes
        (b"\x87\x00", 1002),
        (b"\x8b\x00", 1002),
        (b"\x8f\x00", 1002),
        (b"\x81\x85\x00\x00\x00\x00Hello", 1002),  # 5.1 a server does not mask
        (b"\x89\x80\x00\x00\x00\x00", 1002),
        (b"\x81\x7e\x00\x7d" + b"x" * 125, 1002),  # not the shortest form
        (b"\x81\x7e\x00\x00", 1002),
        (b"\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff", 1002),
        (b"\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x00", 1002),  # highest bit
        (b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 1002),
        (b"\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 1009),
        (b"\x81\x7f\x00\x00\x00\x00\x00\x20\x00\x00", 1009),
        (b"\x09\x00", 1002),  # 5.5 control frames are not fragmented
        (b"\x08\x00", 1002),
        (b"\x89\x7e\x00\x7e", 1002),  # and not above 125
        (b"\x88\x7f", 1002),
        (b"\x80\x00", 1002),  # 5.4 a continuation of nothing
        (b"\x00\x00", 1002),
        (b"\x01\x00\x81\x00", 1002),  # a message inside a message
        (b"\x01\x00\x01\x00", 1002),
        (b"\x01\x00\x82\x00", 1002),
        (b"\x82\x00", 1003),  # OCPP is text
        (b"\x02\x01a", 1003),
        (b"\x81\x01\xff", 1007),  # 8.1
        (b"\x81\x03\xed\xa0\x80", 1007),
        (b"\x81\x02\xc0\x80", 1007),
        (b"\x81\x02\xe2\x82", 1007),
        (b"\x01\x01\xc3\x80\x01\x28", 1007),
        (b"\x88\x01a", 1002),  # 7.1.5 half a close code
        (b"\x88\x02\x00\x00", 1002),
        (b"\x88\x02\x03\xe7", 1002),  # 999
        (b"\x88\x02\x03\xec", 1002),  # 1004
        (b"\x88\x02\x03\xed", 1002),  # 1005
        (b"\x88\x02\x03\xee", 1002),  # 1006
        (b"\x88\x02\x03\xf7", 1002),  # 1015
        (b"\x88\x02\x07\xd0", 1002),  # 2000
        (b"\x88\x02\x0b\xb7", 1002),  # 2999
        (b"\x88\x02\x13\x88", 1002),  # 5000
        (b"\x88\x02\xff\xff", 1002),
        (b"\x88\x03\x03\xe8\xff", 1007),
        (b"\x88\x04\x03\xe8\xe2\x82", 1007),
    )
    for data, code in table:
        for before in (b"", HELLO):
            events = events_of(before + data + HELLO + b"\x88\x00")
            assert events[-1][:2] == (ERROR, code), (data, events)
            assert len(events) == (2 if before else 1), data  # nothing is read after it
            assert events[-1][2]


def test_5_5_1_close_frames():
    assert events_of(b"\x88\x00" + HELLO) == [(CLOSE, 1005, "")]
    assert events_of(b"\x88\x05\x03\xe9bye") == [(CLOSE, 1001, "bye")]
    for code in (1000, 1003, 1007, 1011, 1014, 3000, 4999):
        data = bytes((0x88, 2, code >> 8, code & 255))
        assert events_of(data) == [(CLOSE, code, "")]
    reason = "\u20ac" * 41
    assert events_of(frame(8, b"\x03\xe8" + reason.encode())) == [(CLOSE, 1000, reason)]


def test_a_close_inside_a_full_message_leaves_room():
    receiver = Receiver(100)
    data = frame(1, b"x" * 100, False) + frame(9, b"p" * 125) + b"\x88\x00" + b"z" * 1000
    assert feed(receiver, data) == [(PING, b"p" * 125), (CLOSE, 1005, "")]


def test_a_message_of_the_largest_size_and_a_long_ping_inside():
    for cut in range(0, 101, 10):
        part = frame(1, b"x" * cut, False) + frame(9, b"p" * 125)
        data = part + frame(0, b"y" * (100 - cut)) + HELLO
        assert events_of(data, 100) == [
            (PING, b"p" * 125),
            (TEXT, "x" * cut + "y" * (100 - cut)),
            (TEXT, "Hello"),
        ]


def test_1009_is_not_needed_for_what_can_be_skipped():
    big = b'[2,"id-1","DataTransfer",{"data":"' + b"d" * 5000 + b'"}]'
    head = big[:64].decode()
    assert events_of(frame(1, big) + HELLO, 500) == [(OVERSIZED, head), (TEXT, "Hello")]
    parts = frame(1, big[:20], False) + frame(9, b"p") + frame(0, big[20:30], False)
    events = events_of(parts + frame(0, big[30:]) + HELLO, 500)
    assert events == [(PING, b"p"), (OVERSIZED, head), (TEXT, "Hello")]
    fits = frame(1, big[:500], False) + frame(0, b"!") + HELLO
    assert events_of(fits, 500) == [(OVERSIZED, head), (TEXT, "Hello")]


def test_an_oversized_message_byte_by_byte():
    data = frame(1, b"a" * 70, False) + frame(0, b"b" * 200) + HELLO
    receiver = Receiver(100)
    events = [e for n in range(len(data)) for e in feed(receiver, data[n : n + 1])]
    assert events == [(OVERSIZED, "a" * 64), (TEXT, "Hello")]


def test_the_head_of_an_oversized_message_ends_with_a_whole_character():
    for before in range(4):
        raw = b"x" * before + "\U00010348".encode() * 100
        ((kind, head),) = events_of(frame(1, raw), 300)
        assert kind == OVERSIZED
        assert raw.startswith(head.encode()) and 61 <= len(head.encode()) <= 64
    assert events_of(frame(1, b"\xff" * 400), 300) == [(OVERSIZED, "")]


def test_1009_many_fragments_can_not_go_on_for_ever():
    receiver = Receiver(100)
    events = feed(receiver, frame(1, b"", False))
    for _ in range(17):
        events += feed(receiver, frame(0, b"x" * 65536, False))
    assert [e[:2] for e in events] == [(ERROR, 1009)]


def test_reset_forgets_everything():
    receiver = Receiver(100)
    feed(receiver, b"\x01\x05Hel")
    receiver.reset()
    assert feed(receiver, HELLO) == [(TEXT, "Hello")]
    assert feed(receiver, b"\x80\x00")[0][0] == ERROR
    receiver.reset()
    assert feed(receiver, HELLO) == [(TEXT, "Hello")]


def test_bytes_before_the_first_frame_belong_to_somebody_else():
    receiver = Receiver(100)
    data = b"end of the response" + HELLO
    room = receiver.room()
    room[: len(data)] = data
    receiver.received(len(data), len(data) - len(HELLO))
    assert readable(receiver.next()) == (TEXT, "Hello")
    assert receiver.next() is None
