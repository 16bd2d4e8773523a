"""The codec against `websockets`' server: both directions, cut at random, and garbage to both."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import CLIENT, Protocol
from websockets.protocol import State as ProtocolState
from websockets.server import ServerProtocol

from chargepoint.link import handshake
from chargepoint.link.sender import Sender, control
from chargepoint.link.url import parse
from chargepoint.link.websocket import (
    CLOSE,
    ERROR,
    OVERSIZED,
    PING,
    PONG,
    TEXT,
    Receiver,
)
from tests.link.test_websocket import feed

LIMIT = 4096
SUBPROTOCOLS = ["ocpp2.0.1", "ocpp1.6"]


def connected_pair(source, chosen="ocpp1.6"):
    """An upgraded server, our receiver with what followed the response, and our sender."""
    server = ServerProtocol(
        subprotocols=[chosen],
        select_subprotocol=lambda protocol, offered: chosen if chosen in offered else None,
    )
    nonce = source.randbytes(16)
    address = parse("ws://localhost:9000/ocpp", "CP 1")
    server.receive_data(handshake.request(address, nonce, SUBPROTOCOLS, "CP 1", b"secret"))
    (request,) = server.events_received()
    assert isinstance(request, Request)
    assert request.path == "/ocpp/CP%201"
    server.send_response(server.accept(request))
    response = handshake.Response(nonce, SUBPROTOCOLS)
    data = b"".join(server.data_to_send())
    assert response.feed(data) == len(data)
    assert (response.outcome, response.subprotocol) == (handshake.OPEN, chosen)
    return server, Receiver(LIMIT), Sender(source.randbytes, 64)


def test_the_server_takes_the_request_and_its_answer_is_understood():
    for chosen in SUBPROTOCOLS:
        connected_pair(random.Random(1), chosen)


def test_a_server_without_a_common_version():
    server = ServerProtocol(subprotocols=None)
    nonce = b"n" * 16
    server.receive_data(handshake.request(parse("ws://h/x"), nonce, SUBPROTOCOLS))
    (request,) = server.events_received()
    assert isinstance(request, Request)
    server.send_response(server.accept(request))
    response = handshake.Response(nonce, SUBPROTOCOLS)
    response.feed(b"".join(server.data_to_send()))
    assert response.outcome == "no common version"


def random_text(source, longest):
    alphabet = 'az09{}[]",: \u00fc\u20ac\U00010348\x00'
    return "".join(source.choice(alphabet) for _ in range(source.randrange(longest)))


def test_what_the_server_sends_is_received():
    source = random.Random(2)
    for _ in range(150):
        server, receiver, _ = connected_pair(source)
        expected = []
        for _ in range(source.randrange(1, 8)):
            kind = source.randrange(4)
            payload = source.randbytes(source.randrange(126))
            if kind == 0:
                server.send_ping(payload)
                expected.append((PING, payload))
            elif kind == 1:
                server.send_pong(payload)
                expected.append((PONG, payload))
            elif kind == 2:
                text = random_text(source, source.choice((5, 150, 1300)))
                server.send_text(text.encode())
                expected.append((TEXT, text))
            else:
                raw = random_text(source, 1000).encode()
                cuts = sorted(source.randrange(len(raw) + 1) for _ in range(3))
                server.send_text(raw[: cuts[0]], fin=False)
                server.send_continuation(raw[cuts[0] : cuts[1]], fin=False)
                server.send_ping(payload)
                expected.append((PING, payload))
                server.send_continuation(raw[cuts[1] :], fin=True)
                expected.append((TEXT, raw.decode()))
        server.send_close(1001, "bye")
        expected.append((CLOSE, 1001, "bye"))
        data = b"".join(server.data_to_send())
        events = []
        while data:
            count = source.choice((1, 2, 3, 7, 50, 1000, len(data)))
            events += feed(receiver, data[:count])
            data = data[count:]
        assert events == expected


def test_every_cut_of_a_conversation():
    server, _, _ = connected_pair(random.Random(3))
    server.send_text("gr\u00fc\u00df".encode(), fin=False)
    server.send_ping(b"p")
    server.send_continuation("e\u20ac".encode(), fin=True)
    server.send_text(b"x" * 130)
    server.send_close(1000, "")
    data = b"".join(server.data_to_send())
    whole = feed(Receiver(LIMIT), data)
    assert [event[0] for event in whole] == [PING, TEXT, TEXT, CLOSE]
    for cut in range(len(data)):
        receiver = Receiver(LIMIT)
        assert feed(receiver, data[:cut]) + feed(receiver, data[cut:]) == whole


def test_what_is_sent_the_server_receives():
    source = random.Random(4)
    for _ in range(150):
        server, _, sender = connected_pair(source)
        expected = []
        wire = b""
        for _ in range(source.randrange(1, 6)):
            kind = source.randrange(3)
            if kind == 0:
                payload = source.randbytes(source.randrange(126))
                wire += control(b"ping", PING, payload)
                expected.append((Opcode.PING, payload))
            else:
                pieces = [random_text(source, 90) for _ in range(source.randrange(8))]
                message = "".join(pieces) if kind == 1 else iter(pieces)
                for n, chunk in enumerate(sender.frames(message)):
                    if n and sender.starts_frame:  # a control frame may go in between
                        wire += control(b"pong", PONG, b"between")
                        expected.append((Opcode.PONG, b"between"))
                    wire += bytes(chunk)
                expected.append((Opcode.TEXT, "".join(pieces).encode()))
        wire += control(b"last", CLOSE, b"\x03\xe8done")
        while wire:
            count = source.choice((1, 5, 300, len(wire)))
            server.receive_data(wire[:count])
            wire = wire[count:]
        assert server.parser_exc is None
        assert server.close_rcvd == Close(1000, "done")
        frames = [f for f in server.events_received() if isinstance(f, Frame)]
        frames = [f for f in frames if f.opcode is not Opcode.CLOSE]
        assert joined(frames) == sorted_in(expected)


def joined(frames):
    """Messages put together; control frames first, messages after, each in their order."""
    controls, messages, parts = [], [], []
    for frame in frames:
        if frame.opcode in (Opcode.PING, Opcode.PONG):
            controls.append((frame.opcode, bytes(frame.data)))
            continue
        parts.append(bytes(frame.data))
        if frame.fin:
            messages.append((Opcode.TEXT, b"".join(parts)))
            parts = []
    return controls, messages


def sorted_in(expected):
    return (
        [event for event in expected if event[0] is not Opcode.TEXT],
        [event for event in expected if event[0] is Opcode.TEXT],
    )


def oracle(data):
    """What `websockets`' own client makes of the same bytes: (events, close code or None)."""
    client = Protocol(CLIENT, max_size=None)
    assert client.state is ProtocolState.OPEN
    try:
        client.receive_data(data)
    except (ConnectionClosed, AssertionError):
        pass
    events, parts, message = [], [], None
    for frame in client.events_received():
        assert isinstance(frame, Frame)
        if frame.opcode is Opcode.PING:
            events.append((PING, bytes(frame.data)))
        elif frame.opcode is Opcode.PONG:
            events.append((PONG, bytes(frame.data)))
        elif frame.opcode is Opcode.CLOSE:
            close = Close.parse(frame.data)
            events.append((CLOSE, int(close.code), close.reason))
        else:
            if frame.opcode is not Opcode.CONT:
                message, parts = frame.opcode, []
            if message is Opcode.BINARY:
                return events, 1003
            parts.append(bytes(frame.data))
            if frame.fin:
                try:
                    events.append((TEXT, b"".join(parts).decode()))
                except UnicodeDecodeError:
                    return events, 1007
    code = None
    if client.parser_exc is not None:
        code = client.close_sent.code if client.close_sent else 1002
    return events, code


# `websockets` takes these forms, or finds another fault in them first, or tells later.
STRICTER = (
    "payload length not in its shortest form",
    "control frame fragmented or too long",
    "close code out of range",
    "binary message",
)


def compare(data):
    """Ours and the oracle's judgement of server bytes. Where ours is stricter, it says so."""
    ours = feed(Receiver(LIMIT), data)
    events, code = oracle(data)
    error = ours[-1] if ours and ours[-1][0] == ERROR else None
    good = ours[:-1] if error else ours
    if error and error[2] in STRICTER:
        assert good == events[: len(good)]
        return
    if error and error[1] == 1009:
        return
    if any(event[0] == OVERSIZED for event in ours):
        return
    assert good == events[: len(good)], data
    if error and code is None:  # ours needs no payload to refuse a frame
        events, code = oracle(data + bytes(5000))
        assert code in (error[1], None), (data, error, code)
    elif error:
        assert code == error[1], (data, error, code)
        assert len(good) == len(events)
    else:
        assert len(good) == len(events), data
        # It may refuse a header before it is whole.
        assert code is None or feed(Receiver(LIMIT), data + bytes(200))[-1][0] == ERROR


headers = st.one_of(
    st.sampled_from([0x81, 0x01, 0x00, 0x80, 0x88, 0x89, 0x8A]), st.integers(0, 255)
)
payloads = st.one_of(st.binary(max_size=20), st.text(max_size=8).map(str.encode))


@st.composite
def frames(draw):
    first, payload = draw(headers), draw(payloads)
    if draw(st.integers(0, 15)) == 0:
        first |= draw(st.sampled_from([0x40, 0x20, 0x10]))
    form = draw(st.sampled_from(["short"] * 8 + ["16", "64", "masked", "big"]))
    if form == "big":
        payload *= draw(st.integers(1, 40))
    size = len(payload)
    if form == "16" or 125 < size < 65536:
        head = bytes((first, 126)) + size.to_bytes(2, "big")
    elif form == "64":
        head = bytes((first, 127)) + size.to_bytes(8, "big")
    else:
        head = bytes((first, size | (0x80 if form == "masked" else 0)))
    return head + payload


@settings(max_examples=1000)
@given(st.lists(frames(), max_size=8).map(b"".join))
def test_frames_good_and_bad_are_judged_as_websockets_judges_them(data):
    compare(data)


@settings(max_examples=500)
@given(st.binary(max_size=60))
def test_garbage_is_judged_as_websockets_judges_it(data):
    compare(data)


@settings(max_examples=300)
@given(st.lists(frames(), max_size=6).map(b"".join), st.lists(st.integers(1, 40), max_size=30))
def test_cutting_changes_nothing(data, cuts):
    receiver = Receiver(300)
    events, at = [], 0
    for cut in cuts:
        events += feed(receiver, data[at : at + cut])
        at += cut
    events += feed(receiver, data[at:])
    assert events == feed(Receiver(300), data)


@settings(max_examples=500)
@given(st.binary(max_size=300))
def test_any_bytes_for_a_response(data):
    for start in (b"", b"HTTP/1.1 101 x\r\n"):
        response = handshake.Response(b"n" * 16, SUBPROTOCOLS)
        assert response.feed(start + data) <= len(start + data)
        assert response.outcome != handshake.OPEN
