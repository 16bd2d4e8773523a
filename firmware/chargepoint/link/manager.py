"""The connection to the CSMS: made, watched, lost, made again.

    WAITING -> CONNECTING -> OPEN -> CLOSING -> WAITING
       ^____________|__________|________|

One task connects and reads, another writes; all they ever wait for is the network. They leave
facts behind and call `wake`; poll(now) draws the conclusions. Every time limit is a deadline in
poll(), so that a test or a simulator can hold the clock.

An attempt resolves the name, connects (TCP, TLS) and upgrades, all within connect_timeout_ms. The
waits between are RetryBackOff's, and never below a second. A missing pong, a peer that takes no
data and an unfinished closing handshake end the connection. Bytes, messages and events in memory
are bounded: a received message stays in the receive buffer, and nothing is read behind it before
the station has taken it. What a message says is not its matter.
"""

import asyncio
from collections import deque

from .. import modules
from ..compat import cold, const
from .backoff import RetryBackOff, Turns
from .stream import open_stream
from .websocket import CLOSE, OVERSIZED, PING, PONG, TEXT, Receiver, Sender

WAITING = const(0)
CONNECTING = const(1)
OPEN = const(2)
CLOSING = const(3)

_PONG_MS = const(15000)
_WRITE_MS = const(30000)  # without any progress
_CLOSE_MS = const(5000)
_LEAST_WAIT_MS = const(1000)
_NO_PROFILE_MS = const(10000)  # until the list of profiles is looked at again
_BACKLOG = const(4)  # messages to write at which reading pauses
_OUTBOX = const(16)
_SETTINGS = "settings"


class Link:
    """The station's one connection. Its inputs are the methods, its outputs take() and `wake`.

    settings, read at each use: profiles() -> list of (url, security_profile) in order of priority,
    identity, subprotocols (list, in order of preference), password (bytes or None),
    ping_interval_s (0 = none), connect_timeout_ms, message_limit (bytes, read once), backoff
    (repeat_times, random_range_s, wait_minimum_s), attempts (per profile), tls_files (paths: root
    certificates, own certificate, own key; or None each).
    network: `async resolve(host, port) -> (ip, port)`, raises OSError.
    random_bytes(n) -> bytes. wake: called when poll() has something to do (or an asyncio.Event).
    """

    def __init__(self, settings, network, random_bytes, wake):
        self._settings = settings
        self._network = network
        self._random_bytes = random_bytes
        self._wake = wake.set if hasattr(wake, "set") else wake
        self._receiver = Receiver(settings.message_limit)
        self._sender = Sender(random_bytes)
        self._backoff = RetryBackOff()
        self.turns = Turns()
        self._events = []
        self._room = asyncio.Event()  # the station has taken the message: reading goes on
        self._output = asyncio.Event()  # there is something to write
        self._due = None  # when to connect; None = at once
        self._reported = None  # the security event of the attempts so far
        self._ping = 0  # number of the last one, which is its payload
        self.enabled = True  # False: do not connect (an open connection stays)
        self.profile = ("", 0)  # (url, security_profile) in use or last tried
        self._clear()

    @cold
    def _clear(self) -> None:
        """As before a connection."""
        self.state = WAITING
        self._task = self._writer = self._stream = None
        self._ended = None  # why the connection is over
        self._fault = None  # an error of this program in one of the tasks
        self._why = self._phase = ""  # why it is closing; what is being done
        self._deadline = None  # of connecting or closing
        self._wait_ms = None  # until the next attempt, if not by back-off
        self._ping_at = self._ping_every = self._pong_by = self._write_by = None
        self._ping_out = self._pong_out = self._close_out = None  # control frames' payloads
        self._pong_seen = self._writing = self._secure = False
        self._last_words = False  # the close frame waits for what was sent before it
        self._closes = 0  # close frames written and received
        self._progress = self._progress_seen = 0  # writes done
        self._outbox: deque = deque((), _OUTBOX)

    # What the station does

    def take(self):
        """The next event, or None.

        ("connected", subprotocol), ("message", view of its bytes), ("oversized", head of its
        text), ("disconnected", why); of an attempt ("failed", why), before it ("security", its
        type). The view holds until the caller waits for something.
        """
        event = self._events.pop(0) if self._events else None
        self._make_room()
        return event

    def send(self, message) -> bool:
        """Send a str, or an iterator of str pieces as one fragmented message.

        False (and nothing is sent) if there is no connection, or the peer takes no data.
        """
        taken = self.state == OPEN and len(self._outbox) < _OUTBOX
        if taken:
            self._outbox.append(message)
            self._output.set()
            self._wake()
        return taken

    @cold
    def close(self, code: int = 1000, reason: str = "", wait_ms: "int | None" = None) -> None:
        """End the connection with the closing handshake, after the messages sent before.

        wait_ms: until the next attempt, instead of the back-off (0 = at once).
        """
        if self.state == OPEN:
            self._wait_ms = wait_ms
            self._why = "closed by the station"
            self._last_words = True
            self._shut(code, reason)
        elif self.state == CONNECTING:
            self._wait_ms = wait_ms
            self.drop()

    @cold
    def drop(self) -> None:
        """End the connection at once, e.g. when a CALL got no answer."""
        if self.state != WAITING:
            self._end("dropped by the station")

    @property
    def busy(self) -> bool:
        """Something is awaited from the network."""
        if self.state == OPEN:
            return self._pong_by is not None or self._has_output()
        return self.state != WAITING

    def poll(self, now: int) -> None:
        """Start what is due, end what is overdue. Raises what went wrong in a message iterator."""
        if self._ended is None and self._deadline is not None and now >= self._deadline:
            self._ended = self._why if self.state == CLOSING else "no answer: " + self._phase
        if self._ended is None and self.state == OPEN:
            self._watch(now)
        if self._ended is not None:
            self._lost(now)
        if self.state == WAITING:
            if self.enabled and (self._due is None or now >= self._due):
                self._start(now)
        elif self.state == CLOSING and self._deadline is None:
            self._deadline = now + _CLOSE_MS

    def next_deadline(self) -> "int | None":
        """When poll() is due (ms), None if only `wake` can make it so."""
        if self.state == WAITING:
            return (self._due or 0) if self.enabled else None
        times = (self._deadline, self._ping_at, self._pong_by, self._write_by)
        return min([at for at in times if at is not None], default=None)

    # What poll() does

    @cold
    def _start(self, now: int) -> None:
        profile = self.turns.next(self._settings.profiles(), self._settings.attempts)
        if profile is None:
            self._due = now + _NO_PROFILE_MS
            return
        self.profile = profile
        self.state = CONNECTING
        self._deadline = now + self._settings.connect_timeout_ms
        self._task = asyncio.create_task(self._run())

    def _watch(self, now: int) -> None:
        """An open connection: pings, and whether the peer takes what is written."""
        if self._pong_seen:
            self._pong_seen = False
            self._pong_by = None
        every = self._settings.ping_interval_s * 1000
        if every != self._ping_every:
            self._ping_every = every
            self._ping_at = now + every if every > 0 else None
        if self._ping_at is not None and now >= self._ping_at:
            self._ping_at = now + every
            if self._pong_by is None:
                self._ping += 1
                self._ping_out = b"%d" % self._ping
                self._pong_by = now + _PONG_MS
                self._output.set()
        if self._pong_by is not None and now >= self._pong_by:
            self._ended = "no pong"
        if not self._has_output():
            self._write_by = None
        elif self._write_by is None or self._progress != self._progress_seen:
            self._progress_seen = self._progress
            self._write_by = now + _WRITE_MS
        elif now >= self._write_by:
            self._ended = "the server takes no data"

    def _has_output(self) -> bool:
        control = self._ping_out is not None or self._pong_out is not None
        return control or self._writing or bool(self._outbox)

    @cold
    def _lost(self, now: int) -> None:
        for task in (self._task, self._writer):
            if task is not None:
                task.cancel()
        if self._stream is not None:
            self._stream.close()
        kind = "failed" if self.state == CONNECTING else "disconnected"
        self._events.append((kind, self._ended))
        wait_ms, fault = self._wait_ms, self._fault
        if wait_ms is None:
            random = int.from_bytes(self._random_bytes(2), "big")
            times, range_s, minimum_s = self._settings.backoff
            wait_ms = self._backoff.next_wait_ms(times, range_s, minimum_s, random)
            wait_ms = max(wait_ms, _LEAST_WAIT_MS)
        self._due = now + wait_ms
        self._clear()
        if fault is not None:
            raise fault

    @cold
    def _end(self, why: str) -> None:
        if self._ended is None:
            self._ended = why
        self._wake()

    @cold
    def _shut(self, code: int, reason: str = "") -> None:
        """Begin, or answer, the closing handshake."""
        data = bytes((code >> 8, code & 255)) + reason.encode()[:123]
        self._close_out = b"" if code == 1005 else data
        self.state = CLOSING
        self._output.set()
        self._wake()

    def _emit(self, kind: str, data) -> None:
        self._events.append((kind, data))
        self._wake()

    async def _run(self) -> None:
        try:
            try:
                await self._connect()
            except (OSError, ValueError) as error:
                self._refused(error)
                return
            finally:
                modules.release()
            await self._read()
            self._end(self._why or "connection lost")
        except OSError as error:
            self._end(self._why or "connection lost: %s" % error)
        except Exception as error:
            self._fault = error
            self._end("internal error")

    @cold
    def _refused(self, error) -> None:
        """No connection came about. An untrustworthy TLS peer is news for the CSMS, once."""
        if self._phase != _SETTINGS and self.profile[0][:4].lower() == "wss:":
            event = modules.use("link.tls").refusal(error)
            if event is not None and event != self._reported:
                self._reported = event
                self._emit("security", event)
        self._end("%s: %s" % (self._phase, error))

    @cold
    async def _connect(self) -> None:
        """From a profile to an open WebSocket. Raises OSError or ValueError with what is wrong."""
        settings, receiver = self._settings, self._receiver
        place, security_profile = self.profile
        self._phase = _SETTINGS
        address = modules.use("link.url").parse(place, settings.identity)
        if security_profile >= 2 and not address[0]:
            raise ValueError("security profile %d needs a wss:// URL" % security_profile)
        self._secure = address[0]
        context = None
        if self._secure:
            context = modules.use("link.tls").context(security_profile, settings.tls_files)
        offered = settings.subprotocols
        # With security profile 3 the certificate says who the station is.
        password = settings.password if security_profile < 3 else None
        nonce = self._random_bytes(16)
        handshake = modules.use("link.handshake")
        request = handshake.request(address, nonce, offered, settings.identity, password)
        self._phase = "name"
        ip, port = await self._network.resolve(address[1], address[2])
        self._phase = "connecting"
        self._stream = stream = await open_stream(ip, port, context, address[1])
        self._phase = "upgrade"
        await stream.write(request)
        response = handshake.Response(nonce, offered)
        receiver.reset()
        while response.outcome is None:
            view = receiver.room()
            count = await stream.readinto(view)
            if not count:
                raise OSError("the server closed the connection")
            used = response.feed(view[:count])
            if used < count or response.outcome is not None:
                receiver.received(count, used)
        if response.outcome != handshake.OPEN:
            raise OSError(response.why)
        self._deadline = self._reported = None
        self.turns.worked(self.profile)
        self._backoff.reset()
        self.state = OPEN
        self._writer = asyncio.create_task(self._write())
        self._emit("connected", response.subprotocol or "")

    async def _read(self) -> None:
        receiver = self._receiver
        while True:
            event = receiver.next()
            while event is not None:
                self._received(event)
                while self._events or len(self._outbox) >= _BACKLOG:
                    self._room.clear()
                    await self._room.wait()
                event = receiver.next()
            if self._secure and self._closes == 2:
                return  # behind TLS a server can't close its half alone: it may wait for us
            count = await self._stream.readinto(receiver.room())
            if not count:
                return
            receiver.received(count)

    def _received(self, event) -> None:
        kind = event[0]
        if kind == TEXT:
            self._emit("message", event[1])
        elif kind == OVERSIZED:
            self._emit("oversized", event[1])
        elif kind == PING:
            self._pong_out = event[1]  # only the latest needs an answer
            self._output.set()
        elif kind == PONG:
            if event[1] == b"%d" % self._ping:
                self._pong_seen = True
                self._wake()
        else:
            self._closes += kind == CLOSE
            if self.state == OPEN:
                end = "closed by the server" if kind == CLOSE else "protocol error"
                self._why = "%s: %d %s" % (end, event[1], event[2])
                self._shut(event[1])

    async def _write(self) -> None:
        try:
            while not await self._control(not self._outbox):
                if not self._outbox:
                    self._wake()
                    self._output.clear()
                    await self._output.wait()
                    continue
                self._writing = True
                for chunk in self._sender.frames(self._outbox.popleft()):
                    if self._sender.starts_frame and await self._control(False):
                        return
                    await self._stream.write(chunk)
                    self._progress += 1
                self._writing = False
                self._make_room()
        except OSError as error:
            self._end(self._why or "connection lost: %s" % error)
        except Exception as error:
            self._fault = error
            self._end("internal error")

    async def _control(self, is_empty: bool) -> bool:
        """Write what is due; True after a close frame. is_empty: no message is to be sent."""
        while True:
            if self._pong_out is not None:
                frame = self._sender.control(PONG, self._pong_out)
                self._pong_out = None
            elif self._ping_out is not None:
                frame = self._sender.control(PING, self._ping_out)
                self._ping_out = None
            elif self._close_out is not None and (is_empty or not self._last_words):
                await self._stream.write(self._sender.control(CLOSE, self._close_out))
                self._closes += 1
                if self._secure and self._closes == 2:
                    self._end(self._why)
                return True
            else:
                return False
            self._writing = True
            await self._stream.write(frame)
            self._progress += 1
            self._writing = False

    def _make_room(self) -> None:
        if not self._events and len(self._outbox) < _BACKLOG:
            self._room.set()
