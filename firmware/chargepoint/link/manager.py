"""The connection to the CSMS: made, watched, lost, made again.

    WAITING -> CONNECTING -> OPEN -> CLOSING -> WAITING
       ^____________|__________|________|

One task connects, then one reads, and one writes while there is something to write; they wait for
the network, leave facts behind and call `wake`. poll(now) draws the conclusions, and has all time
limits, in one deadline that facts make due; nearly all else is in memory only while it happens.

An attempt (`opening`) has connect_timeout_ms, between two is a wait of `backoff`; it has worked
when a message or the pong to a ping has come. A missing pong, a peer that takes no data and an
unfinished closing handshake end the connection. A message stays in the buffer until it is taken.
"""

import asyncio

from .. import modules
from ..compat import cold, const
from .stream import Stream
from .websocket import CLOSE, FRAGMENT, OVERSIZED, PING, PONG, TEXT, Receiver

WAITING = const(0)
CONNECTING = const(1)
OPEN = const(2)
CLOSING = const(3)

_PONG_MS = const(15000)
_WRITE_MS = const(30000)  # without any progress
_CLOSE_MS = const(5000)
_NO_PROFILE_MS = const(10000)  # until the list of profiles is looked at again
_BACKLOG = const(4)  # messages to write at which reading pauses
_OUTBOX = const(16)


class Link:
    """The station's one connection. Its inputs are the methods, its outputs take() and `wake`.

    settings, read at each use: profiles() -> list by priority, of tuples that begin with (url,
    security_profile, slot, subprotocols); identity, password() -> bytes or None, ping_interval_s()
    (0 = none; from the next message on), connect_timeout_ms, message_limit (bytes, read once),
    backoff() -> (repeat_times, random_range_s, wait_minimum_s), attempts() (per profile),
    tls_files (paths: root certificates, own certificate, own key; or None each).
    network: `async resolve(host, port) -> (ip, port)`, raises OSError. random_bytes(n) -> bytes.
    wake: called when poll() has something to do.
    """

    def __init__(self, settings, network, random_bytes, wake):
        self._settings = settings
        self._network = network
        self._random_bytes = random_bytes
        self._wake = wake
        self._receiver = Receiver(settings.message_limit)
        self._events = []
        self._now = 0  # of the last poll
        self._due = 0  # when poll() has something to do, or None
        self._start_at = 0  # when to connect
        self._reported = None  # the security event of the attempts so far
        self._ping = 0  # number of the last one, which is its payload
        self.turns = None  # see `backoff`
        self.enabled = True  # False: do not connect (an open connection stays)
        self.profile: tuple = ("", 0, 0, ())  # in use or last tried
        self._clear()

    @cold
    def _clear(self) -> None:
        """As before a connection."""
        self.state = WAITING
        self._task = self._writer = self._stream = None
        self._ended = self._fault = None  # why it is over; an error of this program in a task
        self._why = ""  # why it is closing
        self._deadline = None  # of connecting or closing
        self._wait_ms = None  # until the next attempt, if not by back-off
        self._ping_at = self._ping_every = self._pong_by = self._write_by = None
        self._ping_out = self._pong_out = self._close_out = None  # control frames' payloads
        self._writing = False  # there is something to write, or it is being written
        self._last_words = False  # the close frame waits for what was sent before it
        self._closes = 0  # close frames written and received
        self._heard = 0  # 1: the server has spoken, 2: and owes us no word since
        self._progress = self._progress_seen = 0  # writes done
        self._outbox = []

    def take(self):
        """The next event, or None.

        ("connected", subprotocol), ("message", view of its bytes, until the caller waits for
        something), ("oversized", head of its text), ("disconnected", why), before it ("fault", an
        error of ours); of an attempt ("failed", why), before it ("security", its type).
        """
        event = None
        if self._events:
            event = self._events.pop(0)
            self._read_on()
        return event

    @cold
    def send(self, message) -> bool:
        """Send a str, or an iterator of its pieces; False: there is no peer that would take it."""
        if self.state != OPEN or len(self._outbox) >= _OUTBOX:
            return False
        self._outbox.append(message)
        self._heard = min(self._heard, 1)
        self._put()
        return True

    @cold
    def close(self, code: int = 1000, reason: str = "", wait_ms: "int | None" = None) -> None:
        """End the connection with the closing handshake, after the messages sent before.

        wait_ms: until the next attempt, instead of the back-off (0 = at once).
        """
        if self.state in (CONNECTING, OPEN):
            self._wait_ms = wait_ms
        if self.state == CONNECTING:
            self.drop()
        elif self.state == OPEN:
            self._why, self._last_words = "closed by the station", True
            self._shut(code, reason)

    @cold
    def drop(self) -> None:
        """End the connection at once, e.g. when a CALL got no answer."""
        if self.state != WAITING:
            self._end("dropped by the station")

    @property
    def busy(self) -> bool:
        """Something is awaited from the network."""
        if self.state == OPEN:
            return self._writing or self._pong_by is not None
        return self.state != WAITING

    def poll(self, now: int) -> None:
        """Start what is due, end what is overdue."""
        self._now = now
        if self._due is not None and now >= self._due:
            self._work(now)

    def next_deadline(self) -> "int | None":
        """When poll() is due (ms), None if only `wake` makes it so."""
        return self._due

    def put_off(self, interval_ms: int) -> None:
        """A simulated clock has leapt: what is awaited from the network still has its time."""
        self._deadline = self._deadline and self._deadline + interval_ms
        self._pong_by = self._pong_by and self._pong_by + interval_ms
        self._write_by = self._write_by and self._write_by + interval_ms

    @cold
    def _work(self, now: int) -> None:
        if self._ended is None and self._deadline is not None and now >= self._deadline:
            self._ended = self._why or "no answer: " + self._stream.phase
        if self._ended is None and self.state == OPEN:
            self._watch(now)
        if self._ended is not None:
            self._lost(now)
        if self.state == WAITING:
            if self.enabled and now >= self._start_at:
                self._start(now)
        elif self.state == CLOSING and self._deadline is None:
            self._deadline = now + _CLOSE_MS
        self._plan()

    @cold
    def _review(self) -> None:
        """Something has changed in the connection."""
        if self.state == OPEN:
            self._watch(self._now)
        self._plan()

    @cold
    def _plan(self) -> None:
        """When poll() has to look again."""
        if self.state == WAITING:
            self._due = self._start_at if self.enabled else None
        elif self._ended is not None or (self.state == CLOSING and self._deadline is None):
            self._due = 0
        elif self.state == OPEN:
            times = (self._ping_at, self._pong_by, self._write_by)
            self._due = min([at for at in times if at is not None], default=None)
        else:
            self._due = self._deadline

    @cold
    def _start(self, now: int) -> None:
        settings, backoff = self._settings, modules.use("link.backoff")
        self.turns = self.turns or backoff.new()
        profile = backoff.next_profile(self.turns, settings.profiles(), settings.attempts())
        if profile is None:
            self._start_at = now + _NO_PROFILE_MS
            return
        self.profile, self.state = profile, CONNECTING
        self._deadline = now + settings.connect_timeout_ms
        self._stream = Stream()
        self._task = asyncio.create_task(self._run())

    @cold
    def _watch(self, now: int) -> None:
        """An open connection: pings, and whether the peer takes what is written."""
        every = self._settings.ping_interval_s() * 1000
        if every != self._ping_every:
            self._ping_every = every
            self._ping_at = now + every if every > 0 else None
        if self._ping_at is not None and now >= self._ping_at:
            self._ping_at = now + every
            if self._pong_by is None:
                self._ping += 1
                self._ping_out = b"%d" % self._ping
                self._pong_by = now + _PONG_MS
                self._put()
        if self._pong_by is not None and now >= self._pong_by:
            self._ended = "no pong"
        if not self._writing:
            self._write_by = None
        elif self._write_by is None or self._progress != self._progress_seen:
            self._progress_seen = self._progress
            self._write_by = now + _WRITE_MS
        elif now >= self._write_by:
            self._ended = "the server takes no data"

    @cold
    def _lost(self, now: int) -> None:
        for task in (self._task, self._writer):
            if task is not None:
                task.cancel()
        self._stream.close()
        if self._fault is not None:
            self._emit("fault", self._fault)
        self._emit("failed" if self.state == CONNECTING else "disconnected", self._ended)
        backoff, random = modules.use("link.backoff"), self._random_bytes(2)
        if self._heard:
            backoff.worked(self.turns, self._heard == 2)
        if self._wait_ms is None:
            self._wait_ms = backoff.next_wait_ms(self.turns, self._settings.backoff(), random)
        self._start_at = now + self._wait_ms
        self._clear()

    @cold
    def _put(self) -> None:
        """There is something to write. Its time counts from the next poll: that knows the time."""
        self._writing = True
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        self._due = 0
        self._wake()

    @cold
    def _end(self, why: str) -> None:
        if self._ended is None:
            self._ended = why
        self._due = 0
        self._wake()

    @cold
    def _broke(self, error) -> None:
        """What a task ended by."""
        if isinstance(error, OSError):
            self._end(self._why or "connection lost: %s" % error)
        else:
            self._fault = error
            self._end("internal error")

    @cold
    def _shut(self, code: int, reason: str = "") -> None:
        """Begin, or answer, the closing handshake."""
        data = bytes((code >> 8, code & 255)) + reason.encode()[:123]
        self._close_out = b"" if code == 1005 else data
        self.state = CLOSING
        self._put()

    @cold
    def _emit(self, kind: str, data) -> None:
        self._events.append((kind, data))
        self._wake()

    @cold
    async def _run(self) -> None:
        """Make the connection. A TLS peer that can't be trusted is news, but once only."""
        settings, stream = self._settings, self._stream
        opening = modules.use("link.opening")
        try:
            choice = await opening.upgrade(
                stream, self._receiver, self.profile, settings, self._network, self._random_bytes
            )
        except (OSError, ValueError) as error:
            event = opening.distrust(stream, error)
            if event is not None and event != self._reported:
                self._reported = event
                self._emit("security", event)
            self._end("%s: %s" % (stream.phase, error))
        except Exception as error:
            self._broke(error)
        else:
            self._deadline = self._reported = self._task = None
            self.state = OPEN
            self._review()
            self._emit("connected", choice)  # when that is taken, reading begins

    @cold
    def _read_on(self) -> None:
        """Read, unless the station has to take something before, or the server."""
        if self.state >= OPEN and self._task is None and not self._is_full():
            self._task = asyncio.create_task(self._read())

    def _is_full(self) -> bool:
        return bool(self._events) or len(self._outbox) >= _BACKLOG

    async def _read(self) -> None:
        try:
            while not self._is_full():
                if self._received():
                    await asyncio.sleep(0)  # a read may bring 2,000 empty frames
                    continue
                if self._stream.secure and self._closes == 2:
                    break  # behind TLS a server can't close its half alone: it may wait for us
                view = self._receiver.room()
                modules.release()
                count = await self._stream.readinto(view)
                if not count:
                    break
                self._receiver.received(count)
            else:
                self._task = None
                return
            self._end(self._why or "connection lost")
        except Exception as error:
            self._broke(error)

    @cold
    def _received(self) -> bool:
        """Deal with the next event; False if more bytes are needed."""
        event = self._receiver.next()
        if event is None:
            return False
        kind = event[0]
        if kind in (TEXT, OVERSIZED):
            if kind == OVERSIZED or event[1][:1] == b"[":  # or it is words for a human
                self._heard = 2
            self._emit("message" if kind == TEXT else "oversized", event[1])
        elif kind == PING:
            self._pong_out = event[1]  # only the latest needs an answer
            self._put()
        elif kind == PONG:
            if self._pong_by is not None and event[1] == b"%d" % self._ping:
                self._pong_by, self._heard = None, 2
                self._review()
                self._wake()
        elif kind != FRAGMENT:
            self._closes += kind == CLOSE
            if self.state == OPEN:
                end = "closed by the server" if kind == CLOSE else "protocol error"
                self._why = "%s: %d %s" % (end, event[1], event[2])
                self._shut(event[1])
        return True

    @cold
    async def _write(self) -> None:
        """Write all there is. After a close frame nothing is written any more."""
        sender = None
        try:
            while not await self._control(True):
                if not self._outbox:
                    self._writing, self._writer = False, None
                    self._review()
                    break
                if sender is None:
                    sender = modules.use("link.sender").Sender(self._random_bytes)
                for chunk in sender.frames(self._outbox.pop(0)):
                    if sender.starts_frame and await self._control(False):
                        return
                    await self._stream.write(chunk)
                    self._progress += 1
                self._read_on()
        except Exception as error:
            self._broke(error)
        modules.release()
        self._wake()

    @cold
    async def _control(self, is_between: bool) -> bool:
        """Write what is due; True after a close frame. is_between: messages, not frames."""
        while True:
            opcode = CLOSE
            if self._pong_out is not None:
                opcode, payload, self._pong_out = PONG, self._pong_out, None
            elif self._ping_out is not None:
                opcode, payload, self._ping_out = PING, self._ping_out, None
            elif self._close_out is not None and not (
                self._last_words and (self._outbox or not is_between)
            ):  # a message may have come while a ping was written
                payload = self._close_out
            else:
                return False
            control = modules.use("link.sender").control
            await self._stream.write(control(self._random_bytes(4), opcode, payload))
            self._progress += 1
            if opcode == CLOSE:
                self._closes += 1
                if self._stream.secure and self._closes == 2:
                    self._end(self._why)
                return True
