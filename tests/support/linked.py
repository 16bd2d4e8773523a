"""A Pair whose station has its real Link, over a network in memory that spoils one message.

    pair = Linked("ocpp1.6", variables, fault=(17, "drop"))
    pair.run(5)          # connects by itself, as a station does

The WebSocket between the two is the station's own to the last byte; what is simulated is the TCP
connection and the server's end of it. The server is a good one: it answers the same message id
with the same answer, and asks again what got no answer. All messages are counted, those of both
directions in one order; a fault is (number, kind), kind one of FAULTS:

    drop          it is lost, and nobody is told
    delay         it alone arrives past the time-out
    stall         it and all behind it in its direction arrive past the time-out, in their order
    duplicate     it arrives twice
    half-open     from here on nothing arrives any more, in either direction
    close before  the connection ends, and it is lost
    close after   the connection ends as soon as it has arrived
"""

import asyncio
import base64
import hashlib
import json

from chargepoint.link import manager
from chargepoint.link.manager import Link
from chargepoint.runtime import LinkSettings, Runtime
from tests.support.clocks import ManualClock
from tests.support.pair import Pair

FAULTS = ("drop", "delay", "stall", "duplicate", "half-open", "close before", "close after")
LATE_MS = 45000  # past MessageTimeout
_PATIENCE_MS = 35000  # of the server, until it asks again
_TURNS = 4  # of the event loop, after which a task that can go on has done so
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10


class Socket:
    """A TCP connection in the place of link.stream.Stream, with the server's end of it."""

    def __init__(self, network):
        self.phase = ""
        self.secure = False
        self.is_open = False
        self.half_open = False
        self.stalled_ms = {"in": 0, "out": 0}  # until when, of each direction
        self._network = network
        self._received = bytearray()  # by the station
        self._sent = bytearray()
        self._message = b""
        self._upgraded = False
        self.host = ""
        self._ready = asyncio.Event()

    # ---- the station's end

    async def open(self, ip, port, context, hostname) -> None:
        if self._network.unreachable or self._network.servers.get(hostname, ()) is None:
            raise OSError(113, "no route to host")
        self.host = hostname
        self.is_open = True

    async def readinto(self, view) -> int:
        while not self._received and (self.is_open or self.half_open):
            self._ready.clear()
            await self._ready.wait()
        count = min(len(view), len(self._received))
        view[:count] = self._received[:count]
        del self._received[:count]
        return count

    async def write(self, view) -> None:
        if self.half_open:
            return
        if not self.is_open:
            raise OSError(104, "connection reset by peer")
        self._network.activity += 1
        self._sent += view
        if not self._upgraded:
            self._upgrade()
        while self._upgraded and self._frame():
            pass

    def close(self) -> None:
        self.is_open = False

    # ---- the server's end

    def end(self) -> None:
        """The connection ends, for both."""
        self.is_open = False
        self._ready.set()
        self._network.activity += 1

    def send(self, opcode: int, payload: bytes) -> None:
        if self.half_open or not self.is_open:
            return
        length = len(payload)
        head = bytes((0x80 | opcode, length))
        if length > 125:
            head = bytes((0x80 | opcode, 126, length >> 8, length & 255))
        self._put(head + payload)

    def _put(self, data: bytes) -> None:
        self._received += data
        self._ready.set()
        self._network.activity += 1

    def _upgrade(self) -> None:
        request, end, rest = bytes(self._sent).partition(b"\r\n\r\n")
        if not end:
            return
        fields = dict(line.split(b": ", 1) for line in request.split(b"\r\n")[1:])
        accept = base64.b64encode(hashlib.sha1(fields[b"Sec-WebSocket-Key"] + _GUID).digest())
        chosen = self._network.choose(self.host, fields)
        self._put(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %s\r\n%s\r\n"
            % (accept, b"Sec-WebSocket-Protocol: %s\r\n" % chosen if chosen else b"")
        )
        self._sent = bytearray(rest)
        self._upgraded = True
        self._network.accepted(self)

    def _frame(self) -> bool:
        """Take one whole frame of the station; False if there is none yet."""
        data = self._sent
        if len(data) < 2:
            return False
        length, at = data[1] & 127, 2
        if length == 126:
            length, at = int.from_bytes(data[2:4], "big"), 4
        end = at + 4 + length
        if len(data) < at + 4 or len(data) < end:
            return False
        key = data[at : at + 4]
        payload = bytes(byte ^ key[n & 3] for n, byte in enumerate(data[at + 4 : end]))
        first = data[0]
        del data[:end]
        if first & 15 == _PING:
            self.send(_PONG, payload)
        elif first & 15 == _CLOSE:
            self.send(_CLOSE, payload)
            self.end()
        elif first & 15 <= _TEXT:
            self._message += payload
            if first & 0x80:
                message, self._message = self._message, b""
                self._network.pass_on(self, "out", message.decode())
        return True


class Network:
    """What carries the messages of one Linked, and spoils those that `faults` names."""

    def __init__(self, pair, faults):
        self.activity = 0
        self.unreachable = False
        self.servers = {}  # host -> the subprotocols of its server, None: it can't be reached
        self.messages = []  # (direction, text) of all, spoilt or not
        self.spoilt_ms = []  # when
        self.socket = None  # the server's connection
        self._pair = pair
        self._faults = dict(faults)
        self._late = []  # (when in ms, direction, socket, text)

    def choose(self, host: str, fields: dict) -> bytes:
        """The subprotocol that the server at that host takes; b"": none."""
        offered = fields[b"Sec-WebSocket-Protocol"].split(b", ")
        spoken = self.servers.get(host, offered)
        return next((name for name in offered if name in spoken), b"")

    def accepted(self, socket) -> None:
        """A new connection: the server forgets an old one."""
        self.socket = socket

    def pass_on(self, socket, direction: str, text: str) -> None:
        """A message begins its way."""
        kind = self._faults.get(len(self.messages))
        self.messages.append((direction, text))
        if direction == "out":
            self._pair.leaves(text)
        now = self._pair.wall_ms
        if kind is not None:
            self.spoilt_ms.append(now)
        if kind == "stall":
            socket.stalled_ms[direction] = now + LATE_MS
        if kind == "half-open":
            socket.half_open = True
        elif kind == "close before":
            socket.end()
        elif kind == "delay" or now < socket.stalled_ms[direction]:
            self._late.append(
                (now + LATE_MS if kind else socket.stalled_ms[direction], direction, socket, text)
            )
        elif kind != "drop":
            self._arrive(socket, direction, text)
            if kind == "duplicate":
                self._arrive(socket, direction, text)
            elif kind == "close after":
                if direction == "in":
                    self._pair.after_turn = socket.end  # what has arrived has been read
                else:
                    socket.end()

    def next_ms(self):
        return min([late[0] for late in self._late], default=None)

    def poll(self, now: int) -> None:
        """What was late arrives, where its connection is still there."""
        due = [late for late in self._late if late[0] <= now]
        self._late = [late for late in self._late if late[0] > now]
        for _, direction, socket, text in due:
            self._arrive(socket, direction, text)

    def _arrive(self, socket, direction: str, text: str) -> None:
        if socket.half_open or not socket.is_open:
            return
        if direction == "out":
            self._pair.arrives(text)
        else:
            self._pair.heard.add(json.loads(text)[1])
            socket.send(_TEXT, text.encode())


class Linked(Pair):
    """A Pair with its Link. Options as of a Pair; faults: (number, kind) of messages."""

    def __init__(self, subprotocol="ocpp2.0.1", variables=None, faults=(), **options):
        self.loop = asyncio.new_event_loop()
        self.network = Network(self, faults)
        self.after_turn = None
        self.events = []  # (ms since the test began, what) of the link
        self.requests = []  # [id, action, payload, when asked last, answer] of the server
        self.heard = set()  # message ids that have come to the station
        self._answers = {}  # message id -> the server's answer
        self._outside = True
        super().__init__(subprotocol, variables, **options)

    def close(self) -> None:
        """The end of the test."""
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    def power_up(self, reason="PowerUp"):
        self.runtime = None
        super().power_up(reason)

    def _boot(self) -> None:
        """The Link and the loop around the Station that `power_up` has made."""
        self.clock = ManualClock()
        settings = LinkSettings(self.station)

        def make_link(wake):
            return Link(settings, self, self.random_bytes, wake)

        self.runtime = Runtime(
            self.station, self.hardware, self.clock, settings, make_link, None, None
        )
        told = self.runtime._link_event

        def link_event(event, now):
            self.events.append((self.wall_ms, event[0]))
            self.connected = event[0] == "connected"
            if event[0] == "fault" and isinstance(event[1], AssertionError):  # of the test
                raise event[1]
            told(event, now)

        self.runtime._link_event = link_event

    async def resolve(self, host, port):
        return "192.0.2.1", port

    # ---- time

    def step(self):
        if not self._outside:  # of what happens inside of a step: it goes on by itself
            return
        self._outside = False
        plain, manager.Stream = manager.Stream, lambda: Socket(self.network)
        try:
            self.loop.run_until_complete(self._work())
        finally:
            manager.Stream = plain
            self._outside = True

    async def _work(self) -> None:
        if self.runtime is None:
            self._boot()
        runtime = self.runtime
        for _ in range(1000):
            self._update_evs()
            self.clock.advance(self.now - self.clock.now())
            self.network.poll(self.wall_ms)
            self._ask()
            activity = self.network.activity
            runtime._awake = False
            had = len(self.world)
            runtime._pass(self.now)
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            if self.after_turn is not None:
                then, self.after_turn = self.after_turn, None
                then()
            self.check()
            if self.station.reboot is not None:
                runtime = self.rebooted()
            if not runtime._awake and activity == self.network.activity and had == len(self.world):
                return
        raise AssertionError("the station never comes to rest")

    def run(self, seconds):
        self.step()
        end_ms = self.wall_ms + int(seconds * 1000)
        rounds = 0
        while True:
            next_ms = end_ms
            for part in self.station, self.hardware, self.runtime.link:
                deadline = part.next_deadline()
                if deadline is not None:
                    next_ms = min(next_ms, deadline + self._boot_wall_ms)
            due = self.runtime.settings.due
            if due is not None:
                next_ms = min(next_ms, due + self._boot_wall_ms)
            for at in [self.network.next_ms()] + [r[3] + _PATIENCE_MS for r in self._unanswered()]:
                if at is not None:
                    next_ms = min(next_ms, at)
            rounds = 0 if next_ms > self.wall_ms else rounds + 1
            assert rounds < 50, "something is due, and nobody does it"
            self.wall_ms = max(self.wall_ms, next_ms)
            self.step()
            if self.wall_ms >= end_ms:
                return

    def rebooted(self) -> Runtime:
        """The station wants to reboot; gives the new Runtime."""
        raise AssertionError("a reboot: " + str(self.station.reboot))

    # ---- the server

    def ask(self, action, payload):
        """The server wants this answered, and asks until it is."""
        self.requests.append(["", action, payload, -_PATIENCE_MS, None])
        self.step()

    def _unanswered(self):
        return [r for r in self.requests if r[4] is None and r[3] > -_PATIENCE_MS]

    def _ask(self):
        for request in self.requests:
            socket = self.network.socket
            if request[4] is None and self.wall_ms >= request[3] + _PATIENCE_MS:
                request[3] = self.wall_ms
                if socket is not None and socket.is_open and not socket.half_open:
                    self._call_number += 1
                    request[0] = "csms-%d" % self._call_number
                    self._calls[request[0]] = request[1]
                    self.receive_text(json.dumps([2, request[0], request[1], request[2]]))

    def receive_text(self, text):
        self._note("in", json.loads(text))
        self.network.pass_on(self.network.socket, "in", text)
        self.step()

    def leaves(self, text):
        """A message of the station begins its way: a place for a test's invariants."""

    def arrives(self, text):
        """A message of the station has come to the server."""
        message = json.loads(text)
        if message[0] != 2:
            for request in self.requests:
                if request[0] == message[1] and request[4] is None:
                    request[4] = message[2]
            self._note("out", message)
        elif message[1] in self._answers:
            self._answer(self._answers[message[1]])
        else:
            self._outstanding = None  # `leaves` looks at that
            self._take(text)

    def _answer(self, reply):
        self._answers[reply[1]] = reply
        self._note("in", reply)
        self.network.pass_on(self.network.socket, "in", json.dumps(reply))
