"""One asyncio loop that joins Station, Link, Hardware and clock.

Every pass feeds what is new into the Station, polls it, executes its commands before anything is
sent, and sends. Then it waits for the earliest deadline or for `wake()`, which a driver, the
link or a board calls when something has happened. Nothing else in the program waits for the
Station.

Whatever ends the loop, the contactors open first. An exception that nobody caught is written to
the store and told to the server after the reboot; `run()` returns the reason of the reboot, and
it is the board's main that restarts the machine.
"""

import asyncio
import gc

from . import modules
from .compat import MICROPYTHON, cold, const

_ROUNDS = const(16)  # commands, confirmations and what follows from them settle well below this
_CONNECT_MS = const(30000)
# Garbage is collected after so many bytes, not only when the heap is full: what stays then lies
# low in the heap, and a message finds its kilobytes in one piece in a heap a fifth smaller.
_GARBAGE = const(4096)
_LONGEST_MS = const(3600000)
_LOOK_MS = const(10000)  # between two looks whether a profile still has to wait
_MAX_TRACE = const(250)  # characters of an error that go into a security event

_ATTEMPTS = const(62)  # OCPPCommCtrlr.NetworkProfileConnectionAttempts
_PING_INTERVAL = const(69)  # OCPPCommCtrlr.WebSocketPingInterval
_RANDOM_RANGE = const(65)  # OCPPCommCtrlr.RetryBackOffRandomRange
_REPEAT_TIMES = const(66)  # OCPPCommCtrlr.RetryBackOffRepeatTimes
_WAIT_MINIMUM = const(67)  # OCPPCommCtrlr.RetryBackOffWaitMinimum


class LinkSettings:
    """What the link asks of the station, read anew at each use, but for the profiles, which are
    those of the last boot; and how a network connection profile fares that is on trial or has to
    wait (see station.network).

    tls_files: paths of root certificates, own certificate and key, None each; limit: bytes of the
    longest message, which the link keeps room for. `review` is called when `due` says so.
    """

    def __init__(self, station, tls_files=(None, None, None), limit=4096):
        self._station = station
        self._model = station.model
        self.identity = station.layout.identity
        self.tls_files = tls_files
        self.message_limit = limit
        self.connect_timeout_ms = _CONNECT_MS
        self.due: int | None = None  # tick of the next look
        self._profiles: list | None = None  # by priority, as they were at the boot
        self._first: tuple | None = None  # (URL, level, slot) of the one that is tried first
        self._held = False  # that one has to wait until the queue is empty
        self._failure: str | None = None  # of the last attempt with it
        self.last_failure: str | None = None  # why the last attempt with any of them failed
        self._told = False  # that it has failed
        self._trial: tuple | None = None  # (slot, since when) of the one on trial

    @cold
    def profiles(self) -> list:
        """The profiles to try, the best first."""
        network = modules.use("station.network")
        if self._profiles is None:
            self._profiles = network.by_priority(self._model)
        found, self._held = network.choice(self._station, self._profiles)
        self._first = found[0][:3] if found else None
        return found

    @cold
    def failed(self, profile, why: str) -> None:
        """An attempt to connect by this profile."""
        self.last_failure = why
        if "subprotocol" in why:  # the server is there, and speaks something else
            self._station.refusals += 1
        if profile[:3] == self._first:
            self._failure = why

    @cold
    def connected(self, profile, subprotocol: str, now: int) -> None:
        network = modules.use("station.network")
        slot = profile[2]
        self._station.refusals = 0
        if profile[:3] == self._first:
            self._told = False
        elif self._failure is not None and self._first is not None:
            _, level, first = self._first
            if not self._told or first == slot:  # each time that a higher level was asked for
                what = (first, level, self._failure, slot, profile[1])
                text = "slot %d, security profile %d: %s; slot %d, security profile %d is used"
                network.report(self._station, text % what)
            self._told = True
        self._failure = None
        if not network.connected(self._station, profile, subprotocol):
            self._trial = None
            self.due = now + _LOOK_MS if self._held else None
        elif self._trial is None or self._trial[0] != slot:
            self._trial = slot, now
            network.began(self._station)
            self.due = network.trial_ends_ms(self._station, now)

    @cold
    def review(self, link, now: int) -> None:
        """`due` has come."""
        station, network = self._station, modules.use("station.network")
        self.due = None
        if self._trial is None:
            if network.may_change(station):
                link.close(1000, "another network profile", 0)
            elif station.profile is not None:
                self.due = now + _LOOK_MS
            return
        slot, since_ms = self._trial
        ends_ms = network.trial_ends_ms(station, since_ms)
        if ends_ms is None:
            self._trial = None
        elif now < ends_ms:
            self.due = ends_ms
        else:
            self._trial = None
            network.give_up(station, slot, now - since_ms)
            link.close(1000, "network profile given up", 0)

    @cold
    def password(self):
        """Raises ValueError if there was one that can't be read: nothing goes out without it."""
        password = self._model.credential()
        if not password and (password is not None or "credential" in self._station.store.damaged):
            raise ValueError("the password can't be read: it must be set anew")
        return password

    def ping_interval_s(self) -> int:
        return self._model.integer(_PING_INTERVAL)

    @cold
    def attempts(self) -> int:
        return self._model.integer(_ATTEMPTS)

    @cold
    def backoff(self) -> tuple:
        model = self._model
        return (
            model.integer(_REPEAT_TIMES),
            model.integer(_RANDOM_RANGE),
            model.integer(_WAIT_MINIMUM),
        )


class Runtime:
    """station, hardware as in their modules; clock: of hal.clock; settings: LinkSettings;
    make_link(wake) -> the Link on these settings.

    on_message(direction, message) sees every message (simulator): "in" the view of a received one,
    "out" one of ours, a str or an iterator of pieces; then it gives what is to be sent.
    before_wait(deadline_ms, settled): called after each pass, settled True when nothing is awaited
    from outside. Both may be None.
    """

    def __init__(
        self, station, hardware, clock, settings, make_link, on_message=None, before_wait=None
    ):
        self.station = station
        self.settings: LinkSettings = settings
        self._awake = False  # something has happened since the last pass began
        self._sleeper = None  # the task of `run`, while it waits
        self.link = make_link(self.wake)
        self.hardware = hardware
        self.clock = clock
        self.on_message = on_message
        self.before_wait = before_wait
        self.stopping = False  # True: end in order, without a reboot
        self._is_closing = False
        self._updater = None

    def wake(self) -> None:
        """Something has happened: make a pass soon."""
        self._awake = True
        sleeper, self._sleeper = self._sleeper, None
        if sleeper is not None:
            sleeper.cancel()

    async def run(self) -> str:
        """Work until the station must reboot; the reason of that, also after an error.

        An empty reason means that it was asked to stop (`stopping`).
        """
        station = self.station
        reason = "ApplicationReset"
        if MICROPYTHON:
            gc.threshold(_GARBAGE)  # pyright: ignore[reportAttributeAccessIssue]
        try:
            self._start()
            reason = await self._loop()
        except Exception as error:
            self.hardware.open_all()
            text = "%s: %s" % (type(error).__name__, error)
            station.log("unhandled " + text)
            self.trace(error)
            station.store.slots.save("crash", text[:_MAX_TRACE].encode())
        finally:
            self.hardware.open_all()
            if self._updater is not None:
                self._updater.stop()
        if reason:
            station.store.slots.save("boot_reason", reason.encode())
        return reason

    def trace(self, error) -> None:
        """Where a board has a console, it may show where the error came from."""

    @cold
    def _start(self) -> None:
        station, now = self.station, self.clock.now()
        self._updater = getattr(station, "updater", None)
        if self._updater is not None:
            self._updater.wake = self.wake
        station.start(now)
        crash = station.store.slots.load("crash")
        if crash:
            station.store.slots.delete("crash")
            text = crash.decode()
            memory = text.startswith("MemoryError")
            station.security_event("MemoryExhaustion" if memory else "ResetOrReboot", text)

    async def _loop(self) -> str:
        while True:
            self._awake = False
            now = self.clock.now()
            self._pass(now)
            reason = "" if self.stopping else self.station.reboot
            if reason is not None and self._closed(now):
                return reason
            deadline = self._deadline()
            if self.before_wait is not None:
                self.before_wait(deadline, not (self.station.busy or self.link.busy))
            await self._wait(deadline)

    async def _wait(self, deadline) -> None:
        """Sleep until then or until `wake`; an asyncio.Event would need another task each time."""
        wait_ms = _LONGEST_MS
        if deadline is not None:
            wait_ms = min(wait_ms, self.clock.real_ms(deadline - self.clock.now()))
        if self._awake or wait_ms <= 0:
            await asyncio.sleep(0)  # let the link's tasks run
            return
        sleeper = self._sleeper = asyncio.current_task()
        try:
            await asyncio.sleep(wait_ms / 1000)
        except asyncio.CancelledError:
            if self._sleeper is not None:  # not by `wake`: the program ends
                raise
            if not MICROPYTHON:
                sleeper.uncancel()  # CPython counts: a later Ctrl-C is not to be one of many
        self._sleeper = None

    def _pass(self, now: int) -> None:
        station, link, hardware = self.station, self.link, self.hardware
        hardware.poll(station, now)
        due = self.settings.due
        if due is not None and now >= due:
            self.settings.review(link, now)
        link.poll(now)
        if self._updater is not None:
            self._updater.poll(now)
        event = link.take()
        while event is not None:
            modules.release()  # what has received it
            if event[0] == "message":
                if self.on_message is not None:
                    self.on_message("in", event[1])
                station.receive(event[1], now)
            else:
                self._link_event(event, now)
            event = link.take()
        for _ in range(_ROUNDS):
            station.poll(now)
            commands = station.commands()
            if not commands:
                break
            hardware.execute(station, commands, now)
        text = station.to_send()
        while text is not None:
            if self.on_message is not None:
                text = self.on_message("out", text)
            link.send(text)
            station.poll(now)  # an answer sent may free the way for a CALL
            text = station.to_send()
        request, station.link_request = station.link_request, None
        if request is not None:
            link.close(1000, request, 0)  # after the answer to what asked for it

    @cold
    def _link_event(self, event, now: int) -> None:
        station, kind = self.station, event[0]
        if kind == "connected":
            station.log("connected: " + event[1])
            station.network = self.link.profile
            station.connected(event[1], now)
            self.settings.connected(self.link.profile, event[1], now)
        elif kind == "disconnected":
            station.log("disconnected: " + event[1])
            station.disconnected(now)
        elif kind == "oversized":
            station.oversized(event[1], now)
        elif kind == "security":
            station.security_event(event[1])
        elif kind == "fault":
            self.trace(event[1])
            station.broke_off(event[1], now)
        else:
            station.log("no connection: " + event[1])
            self.settings.failed(self.link.profile, event[1])

    @cold
    def _closed(self, now: int) -> bool:
        """Whether the link has been closed in order, or has had its time for it."""
        if not self._is_closing:
            self._is_closing = True
            self.link.enabled = False
            self.link.close(1001)
        self.link.poll(now)
        return not self.link.busy

    def _deadline(self):
        earliest = self.settings.due
        for part in (self.station, self.link, self.hardware, self._updater):
            deadline = part.next_deadline() if part is not None else None
            if deadline is not None and (earliest is None or deadline < earliest):
                earliest = deadline
        return earliest
