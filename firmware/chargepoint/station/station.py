"""The charging station: named inputs and ticks go in, messages, commands and deadlines come out.

Nothing here does I/O or reads a clock. The shell calls an input (`plugged`, `meter`, `receive`, ...)
with `now`, the tick in ms since boot, then `poll(now)`, then takes the outputs in this order:
`commands()` for the hardware, `to_send()` for the link, `reboot`. It calls again at `next_deadline()`.

Two queues feed the one CALL that may be on its way: `emit` keeps events in RAM, which are worth
nothing once the link is gone (a status is told anew, an authorization fails at once), and `record`
journals what must arrive. Answers of the server come back to the block that asked.
"""

from collections import deque

from .. import modules, profiles, timestamp
from ..compat import const
from ..rpc.endpoint import Endpoint
from ..rpc.errors import CallError
from . import router
from .authorization import Authorization
from .evse import Evse
from .metering import Metering
from .outbox import Outbox
from .provisioning import Provisioning
from .transactions import Transactions

_MESSAGE_TIMEOUT = const(58)  # OCPPCommCtrlr.MessageTimeout[Default]
_OFFLINE_THRESHOLD = const(63)  # OCPPCommCtrlr.OfflineThreshold

_MAX_EVENTS = const(32)
_RESET_PATIENCE_MS = const(10000)  # B12.FR.05: how long a reset waits for the last answers
_UNLOCK_PATIENCE_MS = const(10000)


class Station:
    """One charging station.

    layout: device_model.model.Layout; model: DeviceModel; store: `.slots`, `.journal`, `.boot_count`,
    `.nonce` (8 letters, made once for the life of the journal); random_bytes: n -> n bytes;
    boot_reason: BootReasonEnumType; log: called with one line of text for the maker's console.
    """

    def __init__(self, layout, model, store, random_bytes, boot_reason="PowerUp", log=None):
        self.layout = layout
        self.model = model
        model.compute = self._compute
        self.store = store
        self.random_bytes = random_bytes
        self.boot_reason = boot_reason
        self.log = log or _no_log
        self.now = 0
        self.profile = None  # of the connection that is up
        self.online = False  # connected and accepted
        self.sent_at_ms = 0
        self.reboot = None  # why the shell must reboot the station, once all is sent
        self.link_request = None  # "reconnect": the shell drops the link and connects anew
        self.report = None  # the cursor of a running report
        self.vendors = {}  # vendorId -> function(request, now) for DataTransfer
        self.operative = True  # of the station as a whole; see `availability`
        self.network_slot = 0  # of the network connection profile in use
        self._commands = []
        self._events = deque((), _MAX_EVENTS)
        self._offline_since_ms = None
        self._reported = {}  # (evse_id, connector_id) -> status last told
        self._reset = None  # (boot reason, wait for idle, deadline in ms) once a reset is decided
        self._owed = None  # (action, request) of the CALL that is answered later
        self._unlocking = None  # (evse_id, deadline in ms) while an UnlockConnector is unanswered
        self._message_number = 0
        self.endpoint = Endpoint(self._new_message_id)
        self.endpoint.on_error = self._on_defect
        self.evses = [Evse(n + 1, evse) for n, evse in enumerate(layout.evses)]
        self.outbox = Outbox(self)
        self.authorization = Authorization(self)
        self.metering = Metering(self)
        self.transactions = Transactions(self)
        self.provisioning = Provisioning(self)
        if store.slots.load("availability") is not None:
            modules.use("station.availability").restore(self)
            modules.release()

    # ---- inputs

    def start(self, now: int) -> None:
        """The station has booted; hardware facts may follow in any order."""
        self.now = now
        self.security_event("StartupOfTheDevice", self.boot_reason)
        if self.boot_reason not in ("PowerUp", "Unknown"):
            self.security_event("ResetOrReboot", self.boot_reason)
        self.transactions.resume_lost(now)

    def connected(self, subprotocol: str, now: int) -> None:
        """A link is up that speaks `subprotocol`."""
        self.now = now
        self.profile = self.endpoint.profile = profiles.load(subprotocol)
        self.provisioning.connected(now)
        if self.provisioning.status == "Accepted":  # part 4, 5.3: no second BootNotification
            self._go_online(now)

    def disconnected(self, now: int) -> None:
        """The link is gone, or frozen and given up."""
        self.now = now
        if self.online or self._offline_since_ms is None:
            self._offline_since_ms = now
        self.online = False
        self.profile = self.endpoint.profile = None
        self.report = None
        self.endpoint.drop(now)
        self.outbox.link_lost()
        while self._events:
            self._fail(self._events.popleft()[3])

    def receive(self, text: str, now: int) -> None:
        """One message of the server."""
        self.now = now
        try:
            self.endpoint.receive(text, now, self._on_call, self._on_answer)
        finally:
            modules.release()

    def oversized(self, beginning: str, now: int) -> None:
        """The link threw away a message beyond its limit that began so."""
        self.now = now
        self.endpoint.oversized(beginning, now, self._on_answer)

    def plugged(self, evse_id: int, connector_id: int, now: int) -> None:
        self.now = now
        self.transactions.on_plug(self.evses[evse_id - 1], connector_id, now)

    def unplugged(self, evse_id: int, now: int) -> None:
        self.now = now
        self.transactions.on_unplug(self.evses[evse_id - 1], now)

    def pilot(self, evse_id: int, state: str, now: int) -> None:
        """`state`: "A" to "F" of IEC 61851."""
        self.now = now
        self.transactions.on_pilot(self.evses[evse_id - 1], state, now)

    def contactor(self, evse_id: int, closed: bool, now: int) -> None:
        """The hardware confirms what the contactor is, whether or not that was asked for."""
        self.now = now
        self.transactions.on_contactor(self.evses[evse_id - 1], closed, now)

    def locked(self, evse_id: int, locked: bool, now: int) -> None:
        self.now = now
        self.transactions.on_lock(self.evses[evse_id - 1], locked, now)
        if self._unlocking is not None and self._unlocking[0] == evse_id:
            self._answer_unlock("UnlockFailed" if locked else "Unlocked")

    def meter(self, evse_id: int, reading, now: int) -> None:
        """`reading`: a record.Reading; taken over, not kept."""
        self.now = now
        self.metering.on_reading(self.evses[evse_id - 1], reading, now)

    def token(self, id_token: str, token_type: str, evse_id: int, now: int) -> None:
        """A card was presented; evse_id 0 where the reader belongs to the station."""
        self.now = now
        self.authorization.on_token(id_token, token_type, evse_id, now)

    def fault(self, evse_id: int, connector_id: int, code: str, active: bool, now: int) -> None:
        """`code`: a ChargePointErrorCode of OCPP 1.6 or a cause named in `evse`."""
        self.now = now
        self.transactions.on_fault(self.evses[evse_id - 1], connector_id, code, active, now)

    def poll(self, now: int) -> None:
        """Do what is due, then give the link its next message."""
        self.now = now
        self.endpoint.poll(now, self._on_answer)
        self.authorization.poll(now)
        self.transactions.poll(now)
        self.metering.poll(now)
        self.provisioning.poll(now)
        if self.online:
            self._report_statuses()
        if self.profile is not None and self.endpoint.outstanding is None:
            self._call_next(now)
        if self._reset is not None:
            self._poll_reset(now)
        if self._unlocking is not None and now >= self._unlocking[1]:
            self._answer_unlock("UnlockFailed")

    # ---- outputs

    def next_deadline(self):
        """The tick in ms at which `poll` must be called at the latest, or None."""
        deadlines = [
            self.endpoint.next_deadline(),
            self.authorization.next_deadline(),
            self.transactions.next_deadline(),
            self.metering.next_deadline(),
        ]
        if self.profile is not None:
            deadlines.append(self.provisioning.next_deadline())
        if self.online and self.endpoint.outstanding is None and self.outbox.head():
            deadlines.append(self.outbox.next_try_ms)
        if self._reset is not None and not self._reset[1]:
            deadlines.append(self._reset[2])
        if self._unlocking is not None:
            deadlines.append(self._unlocking[1])
        deadlines = [deadline for deadline in deadlines if deadline is not None]
        return min(deadlines) if deadlines else None

    def commands(self) -> list:
        """What the hardware must do, in this order, before anything is sent."""
        commands = self._commands
        self._commands = []
        return commands

    def to_send(self):
        """The next text for the link (str, or an iterator of its pieces), or None."""
        text = self.endpoint.take()
        if text is not None:
            self.sent_at_ms = self.now
        return text

    @property
    def busy(self) -> bool:
        """Whether an answer of the server is awaited."""
        return self.endpoint.outstanding is not None

    # ---- for the blocks

    def emit(self, kind: str, data, on_answer=None, wanted=False) -> bool:
        """Queue an event for the server; True if it will be sent.

        on_answer(answer, now): answer None where it failed, at once when offline. Before the server
        has accepted the station only what it asked for is sent (`wanted` True; B02.FR.02).
        """
        if not (self.online or (wanted and self.profile is not None)):
            self._fail(on_answer)
            return False
        if len(self._events) == _MAX_EVENTS:
            self.log("event queue full: %s dropped" % kind)
            self._fail(on_answer)
            return False
        self._events.append((self.outbox.last_seq, kind, data, on_answer))
        return True

    def record(self, record) -> None:
        """Journal a TransactionRecord with the present moment."""
        record.epoch_s = self.clock_epoch_s(self.now)
        record.tick_ms, record.boot_count = self.now, self.store.boot_count
        record.offline = not self.online
        self.outbox.append_transaction(record)

    def security_event(self, event_type: str, tech_info=None) -> None:
        """Queue a critical security event with guaranteed delivery (A04.FR.02)."""
        self.outbox.append_security_event(
            {
                "type": event_type,
                "epoch_s": self.clock_epoch_s(self.now),
                "tick_ms": self.now,
                "boot_count": self.store.boot_count,
                "techInfo": tech_info,
            }
        )

    def command(self, *command) -> None:
        """("contactor", evse_id, closed), ("offer", evse_id, ma) or ("lock", evse_id, locked)."""
        self._commands.append(command)

    def accepted(self, now: int) -> None:
        """The server has accepted the station: all statuses are told (B01.FR.05)."""
        self._reported = {}
        self._go_online(now)

    def reset(self, boot_reason: str, when_idle: bool) -> None:
        """Reboot as soon as the last messages are told, or patience is over.

        when_idle: wait first until no transaction runs, for as long as it takes.
        """
        self._reset = (boot_reason, when_idle, self.now + _RESET_PATIENCE_MS)

    def unlock(self, evse_id: int) -> None:
        """Unlock the EVSE's connector and then answer the UnlockConnector that is being handled."""
        self._unlocking = (evse_id, self.now + _UNLOCK_PATIENCE_MS)
        self.command("lock", evse_id, False)

    def clock_epoch_s(self, now: int):
        return self.provisioning.epoch_s(now)

    def moment_epoch_s(self, boot_count: int, tick_ms: int) -> int:
        """Wall time of a moment that was journalled by tick, when time was unknown.

        Of an earlier boot only the order is known: such a moment is told as this boot's beginning.
        """
        same_boot = (
            boot_count == self.store.boot_count & 0xFFFF or boot_count == self.store.boot_count
        )
        return self.clock_epoch_s(tick_ms if same_boot else 0)

    # ---- inside

    def _go_online(self, now: int) -> None:
        self.online = True
        if self._offline_since_ms is not None:
            offline_ms = now - self._offline_since_ms
            if offline_ms > self.model.integer(_OFFLINE_THRESHOLD) * 1000:  # B04.FR.01
                self._reported = {}
            self._offline_since_ms = None

    def _report_statuses(self) -> None:
        """Tell each status that differs from what was told last (B04.FR.02)."""
        self._report_changed(None, None)
        for evse in self.evses:
            for connector in evse.connectors:
                self._report_changed(evse, connector)

    def _report_changed(self, evse, connector) -> None:
        status = self.profile.connector_status(self, evse, connector)
        if self._reported.get(connector) != status:
            self.report_status(evse, connector)

    def report_status(self, evse, connector) -> None:
        """Tell the status of a connector, or of the station as a whole (both None)."""
        status = self.profile.connector_status(self, evse, connector)
        if status is None:  # the dialect has no such status
            return
        data = {
            "timestamp": timestamp.format(self.clock_epoch_s(self.now)),
            "connectorStatus": status,
            "evseId": evse.id if evse else 0,
            "connectorId": connector.id if connector else 0,
        }
        if self.emit("StatusNotification", data, None, True):
            self._reported[connector] = status

    def _call_next(self, now: int) -> None:
        """Send what comes next: events first, but none before a fact that it followed."""
        head = self.outbox.head() if self.online else None
        if self._events:
            after_seq = self._events[0][0]
            if head is None or head[0] > after_seq or head[0] <= self.outbox.offline_until:
                _, kind, data, on_answer = self._events.popleft()
                if not self._call(kind, data, on_answer, None, now) and on_answer is not None:
                    # Not to be said in this dialect: the profile knows what that means.
                    on_answer(self.profile.decode_answer(self, kind, data, None), now)
                return
        while head is not None and now >= self.outbox.next_try_ms:
            seq, kind, data = head
            if self._call(kind, data, None, self.outbox.message_id(seq), now):
                return
            self.outbox.done()  # nothing to say in this dialect
            head = self.outbox.head()
        if self.report is not None and head is None:
            self._continue_report(now)

    def _continue_report(self, now: int) -> None:
        part = modules.use("device_model.report").next_part(self, now)
        if part is not None:
            self._call("NotifyReport", part, None, None, now)
        modules.release()

    def _call(self, kind, data, on_answer, message_id, now) -> bool:
        encoded = self.profile.encode(self, kind, data)
        if encoded is None:
            return False
        timeout_ms = self.model.integer(_MESSAGE_TIMEOUT) * 1000
        context = (kind, data, on_answer, message_id)
        self.endpoint.call(encoded[0], encoded[1], context, now, timeout_ms, message_id)
        return True

    def _on_call(self, action: str, payload: dict):
        """Answer a CALL of the server. Raises CallError."""
        if self.provisioning.status == "Rejected":  # B03.FR.08
            raise CallError("SecurityError", "the station is not accepted by the CSMS")
        intent, request = self.profile.decode(self, action, payload)
        if intent is None:  # the profile has answered by itself: a matter of its dialect alone
            return request
        result = router.handle(self, intent, request, self.now)
        if result is None:
            self._owed = (action, request)
            return None
        return self.profile.encode_result(self, action, request, result)

    def _on_answer(self, context, payload, error) -> None:
        """The server's answer to our CALL; payload None with `error` text where it failed."""
        kind, data, on_answer, message_id = context
        answer = None
        if payload is not None:
            answer = self.profile.decode_answer(self, kind, data, payload)
        if message_id is not None:
            if answer is None and self.profile is not None:
                self.outbox.failed(error, self.now)
            elif answer is not None:
                self.outbox.done()
                if kind == "TransactionEvent":
                    self.transactions.on_answer(data, answer, self.now)
        elif on_answer is not None:
            on_answer(answer, self.now)

    def _fail(self, on_answer) -> None:
        if on_answer is not None:
            on_answer(None, self.now)

    def _answer_unlock(self, status: str) -> None:
        self._unlocking = None
        if self.profile is not None:
            action, request = self._owed
            result = {"status": status}
            self.endpoint.answer(self.profile.encode_result(self, action, request, result))
            modules.release()

    def _poll_reset(self, now: int) -> None:
        boot_reason, when_idle, deadline = self._reset
        if when_idle:
            for evse in self.evses:
                if evse.transaction is not None:
                    return
            self.reset(boot_reason, False)
            return
        waiting = self.online and (self.endpoint.outstanding or self._events or self.outbox.head())
        if not waiting or now >= deadline:
            self.reboot = boot_reason

    def _compute(self, variable_id: int, evse_id: int, connector_id: int):
        return modules.use("station.computed").compute(self, variable_id, evse_id, connector_id)

    def _on_defect(self, error) -> None:
        self.log("a request could not be handled: %r" % error)

    def _new_message_id(self) -> str:
        self._message_number += 1
        return "%s.%x.%x" % (self.store.nonce, self.store.boot_count, self._message_number)


def _no_log(text: str) -> None:
    pass
