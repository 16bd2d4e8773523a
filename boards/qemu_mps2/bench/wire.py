"""A station whose messages go through the WebSocket codec, each counted on its way.

The world around it is the lean one of tests/on_target/world.py. The counted sections are those of
`Runtime`:

    out   a pass that ends with a message: the drivers are polled, the station is, commands are
          executed, the message is written and masked
    in    a message of the server: its frame is read, the station takes it; of a CALL the answer is
          written and masked too. The transient modules that it needs are imported in it.
"""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

import json

from meter import NoMeter
from world import Flash, World, random_bytes

from chargepoint.link.sender import Sender
from chargepoint.link.websocket import Receiver

_LIMIT = 4096
_ROUNDS = 16  # as in the runtime


class WiredWorld(World):
    def __init__(self, subprotocol: str):
        super().__init__(subprotocol, Flash())
        self.meter = NoMeter()
        self.dialect = subprotocol[4:]
        self._receiver = Receiver(_LIMIT)
        self._sender = Sender(random_bytes)
        self._sent = ""  # our last CALL
        self._label = ""  # of the server's CALL

    def request(self, label: str, action: str, payload: str) -> None:
        """A CALL of the server that the station must accept."""
        self._label = label
        self.call(action, payload)
        self.settle()
        if self.status != "ok":
            raise AssertionError("%s: %s" % (label, self.status))

    def step(self) -> None:
        busy = True
        while busy:
            for evse in self.evses:
                self.move(evse)
            busy = self._pass()
            while self.inbox and self.station.profile is not None:
                busy = True
                self._receive(self.inbox.pop(0))

    def _note(self, direction: str, label: str, count: int) -> None:
        self.meter.note("%s %s %s" % (self.dialect, direction, label), count)

    def _pass(self) -> bool:
        station, hardware, now = self.station, self.hardware, self.now
        self.meter.begin()
        hardware.poll(station, now)
        for _ in range(_ROUNDS):
            station.poll(now)
            commands = station.commands()
            if not commands:
                break
            hardware.execute(station, commands, now)
        text = station.to_send()
        if text is None:
            return False
        pieces = self._write(text)
        count = self.meter.end()
        text = "".join(pieces)
        frame = json.loads(text)
        if frame[0] == 2:
            self._sent = frame[2]
            moment = [frame[3][key] for key in ("eventType", "triggerReason") if key in frame[3]]
            self._note("out", " ".join([frame[2]] + moment), count)
        self.take(text)
        return True

    def _receive(self, text: str) -> None:
        is_call = text[1] == "2"
        frame = memoryview(server_frame(text))
        self.meter.begin()
        event = put(self._receiver, frame)
        while event is not None:
            self.station.receive(event[1], self.now)
            event = self._receiver.next()
        answer = self.station.to_send() if is_call else None
        if answer is not None:
            self._write(answer)
        count = self.meter.end()
        if not is_call:
            self._note("in", self._sent + " response", count)
            return
        self._note("in", self._label, count)
        if not isinstance(answer, str):  # it was written in pieces, or is still owed
            self.status = "ok"
        else:
            self.take(answer)

    def _write(self, message) -> list:
        """Returns the pieces of its text."""
        pieces = [message] if isinstance(message, str) else []
        for _ in self._sender.frames(message if pieces else _noted(message, pieces)):
            pass
        return pieces


def _noted(message, pieces: list):
    for piece in message:
        pieces.append(piece)
        yield piece


def put(receiver, frame):
    """The event when all of the frame is in, put there in pieces that there is room for."""
    event, at = None, 0
    while at < len(frame):
        room = receiver.room()
        count = min(len(room), len(frame) - at)
        room[:count] = frame[at : at + count]
        receiver.received(count)
        event = receiver.next()
        at += count
    return event


def server_frame(text: str) -> bytes:
    """The WebSocket frame of a message of the server."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    return bytes((0x81, 126, size >> 8, size & 255)) + payload
