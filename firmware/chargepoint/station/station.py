"""The charging station: named inputs and ticks go in, messages, commands and deadlines come out.

Nothing here does I/O or reads a clock. The shell calls an input (`plugged`, `meter`, `receive`,
...) with `now`, the tick in ms since boot, then `poll(now)`, then takes the outputs in this order:
`commands()` for the hardware, `to_send()` for the link, `reboot`. It calls again at
`next_deadline()`.

The blocks get the Station and use it in turn. What is sent, and in which order, is in `calls`;
which statuses in `statuses`; here is what a reset, an unlocking and a firmware update wait for, as
they have no block of their own that stays in memory.
"""

from .. import modules, profiles
from ..compat import cold, const
from .authorization import Authorization
from .calls import Calls
from .evse import Evse
from .metering import Metering
from .outbox import Outbox
from .provisioning import Provisioning
from .statuses import Statuses
from .transactions import Transactions

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from collections.abc import Callable

    from ..ota.updater import Updater

_LOCKED_CABLE_TIMEOUT = const(143)  # TxCtrlr.LockedCableTimeout
_OFFLINE_THRESHOLD = const(63)  # OCPPCommCtrlr.OfflineThreshold

_RESET_PATIENCE_MS = const(10000)  # B12.FR.05: how long a reset waits for the last answers


class Station:
    """One charging station.

    layout: device_model.model.Layout; model: DeviceModel; store: `.slots`, `.journal`,
    `.boot_count`, `.nonce` (8 letters, made once for the life of the journal), `.damaged` (names
    of what could not be read); random_bytes: n -> n bytes; boot_reason: BootReasonEnumType; log:
    called with one line of text for the maker's console.
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
        self.reboot: str | None = None  # why the shell must reboot the station, once all is sent
        self.link_request: str | None = None  # why the shell must close the link and connect anew
        self.report = None  # the cursor of a running report
        self.vendors = {}  # vendorId -> function(request, now) for DataTransfer
        self.operative = True  # of the station as a whole; see `availability`
        self.network: tuple = ("", 0, 0, (), 0)  # the profile in use, see `network`
        self.refusals = 0  # handshakes in a row at which a server took none of our subprotocols
        self.updater: "Updater | None" = None  # None: this board can't be updated
        self.factory_roots: "Callable | None" = None  # () -> PEM, see `manufacturer_roots`
        self.update: dict | None = None  # see `firmware_record`
        self.update_due_ms: int | None = None  # when it is looked at
        self.update_pending = False  # what is free is Unavailable until it is installed
        self._commands = []
        self._latest_epoch_s: int | None = None  # that earlier boots knew, if this one knows none
        self.offline_since_ms: int | None = None
        self._reset: tuple | None = None  # (boot reason, wait for idle, deadline in ms)
        self.unlocking: tuple | None = None  # (Evse, commanded, deadline in ms)
        self._damage_told = 0  # of store.damaged, which grows when a slot is read that can't be
        self.evses = [Evse(n + 1, evse) for n, evse in enumerate(layout.evses)]
        self.outbox = Outbox(self)
        self.calls = Calls(self)
        self.authorization = Authorization(self)
        self.metering = Metering(self)
        self.transactions = Transactions(self)
        self.provisioning = Provisioning(self)
        self.statuses = Statuses(self)
        if store.slots.load("availability") is not None:
            modules.use("station.availability").restore(self)
            modules.release()

    # ---- inputs

    @cold
    def start(self, now: int) -> None:
        """The station has booted; hardware facts may follow in any order."""
        self.now = now
        resume = modules.use("station.resume")
        if self.clock_epoch_s(now) is None:
            self._latest_epoch_s = resume.latest_epoch_s(self)
        self.security_event("StartupOfTheDevice", self.boot_reason)
        if self.boot_reason not in ("PowerUp", "Unknown"):
            self.security_event("ResetOrReboot", self.boot_reason)
        if self.model.garbled:
            self.security_event("StorageDamaged", "variables")
        self._tell_damage()
        resume.resume_lost(self, now)
        if self.updater is not None:
            modules.use("station.firmware").boot(self, now)
        modules.release()

    @cold
    def connected(self, subprotocol: str, now: int) -> None:
        """A link is up that speaks `subprotocol`."""
        self.now = self.sent_at_ms = now
        self.profile = self.calls.endpoint.profile = profiles.load(subprotocol)
        self.provisioning.connected(now)
        if self.provisioning.status == "Accepted":  # part 4, 5.3: no second BootNotification
            self._go_online(now)

    @cold
    def disconnected(self, now: int) -> None:
        """The link is gone, or frozen and given up."""
        self.now = now
        self.calls.settle()
        if self.offline_since_ms is None:
            self.offline_since_ms = now
        self.online = False
        self.profile = self.calls.endpoint.profile = None
        self.calls.drop()
        self.outbox.link_lost()

    @cold
    def receive(self, text, now: int) -> None:
        """One message of the server: a str, or a view of its bytes, which is not kept."""
        self.now = now
        try:
            self.calls.receive(text)
        finally:
            modules.release()

    @cold
    def oversized(self, beginning: str, now: int) -> None:
        """The link threw away a message beyond its limit that began so."""
        self.now = now
        self.calls.oversized(beginning)

    @cold
    def broke_off(self, error, now: int) -> None:
        """An error of ours ended the link, in the middle of a message as a rule."""
        self.now = now
        self.calls.broke_off(error)
        if isinstance(error, MemoryError):
            self.security_event("MemoryExhaustion", "a message broke off")

    @cold
    def plugged(self, evse_id: int, connector_id: int, now: int) -> None:
        self.now = now
        self.transactions.on_plug(self.evses[evse_id - 1], connector_id, now)

    @cold
    def unplugged(self, evse_id: int, now: int) -> None:
        self.now = now
        self.transactions.on_unplug(self.evses[evse_id - 1], now)

    @cold
    def pilot(self, evse_id: int, state: str, now: int) -> None:
        """`state`: "A" to "F" of IEC 61851."""
        self.now = now
        self.transactions.on_pilot(self.evses[evse_id - 1], state, now)

    @cold
    def contactor(self, evse_id: int, closed: bool, now: int) -> None:
        """The hardware confirms what the contactor is, whether or not that was asked for."""
        self.now = now
        self.transactions.on_contactor(self.evses[evse_id - 1], closed, now)

    @cold
    def locked(self, evse_id: int, locked: bool, now: int) -> None:
        self.now = now
        evse = self.evses[evse_id - 1]
        self.transactions.on_lock(evse, locked, now)
        if self.unlocking is not None and self.unlocking[0] is evse and self.unlocking[1]:
            status = "UnlockFailed" if locked else "Unlocked"
            modules.use("station.remote_control").answer_unlock(self, status)

    def meter(self, evse_id: int, reading, now: int) -> None:
        """`reading`: a record.Reading; taken over, not kept."""
        self.now = now
        self.metering.on_reading(self.evses[evse_id - 1], reading, now)

    @cold
    def token(self, id_token: str, token_type: str, evse_id: int, now: int) -> None:
        """A card was presented; evse_id 0 where the reader belongs to the station."""
        self.now = now
        self.authorization.on_token(id_token, token_type, evse_id, now)

    @cold
    def fault(self, evse_id: int, connector_id: int, code: str, active: bool, now: int) -> None:
        """`code`: a ChargePointErrorCode of OCPP 1.6 or a cause named in `evse`."""
        self.now = now
        self.transactions.on_fault(self.evses[evse_id - 1], connector_id, code, active, now)

    def poll(self, now: int) -> None:
        """Do what is due, then give the link its next message."""
        self.now = now
        self.calls.poll(now)
        self.transactions.poll(now)
        self.metering.poll(now)
        self.provisioning.poll(now)
        if self.outbox.thinning is not None:
            self.outbox.thin()
        if self.updater is not None and self.update_due_ms is not None:
            if self.updater.news or now >= self.update_due_ms:
                modules.use("station.firmware").poll(self, now)
        if self.unlocking is not None:
            modules.use("station.remote_control").poll_unlock(self, now, *self.unlocking)
        if self._reset is not None:
            modules.use("station.reset").poll(self, now, *self._reset)
        if len(self.store.damaged) > self._damage_told:
            self._tell_damage()
        if self.outbox.failing or self.outbox.errno or self.store.slots.failed:
            modules.use("station.unsaved").look_after(self.outbox, now)
        while self.reboot is None:
            if self.online:
                self.statuses.poll()
            if self.profile is None or not self.calls.next(now):
                break
        modules.release()  # what an event or an answer in pieces has brought in

    # ---- outputs

    def next_deadline(self):
        """The tick in ms at which `poll` must be called at the latest, or None."""
        deadlines = [
            self.calls.endpoint.next_deadline(),
            self.transactions.next_deadline(),
            self.metering.next_deadline(),
        ]
        if self.profile is not None:
            deadlines.append(self.provisioning.next_deadline())
        if self.online:
            deadlines.append(self.statuses.next_deadline())
        if self.online and not self.busy and self.outbox.head():
            deadlines.append(self.outbox.next_try_ms)
        if self._reset is not None and not self._reset[1]:
            deadlines.append(self._reset[2])
        if self.unlocking is not None:
            deadlines.append(self.unlocking[2])
        if self.outbox.thinning is not None:
            deadlines.append(self.now)
        deadlines.append(self.update_due_ms)
        if self.reboot is not None:
            return None
        deadlines = [deadline for deadline in deadlines if deadline is not None]
        return min(deadlines) if deadlines else None

    def commands(self) -> list:
        """What the hardware must do, in this order, before anything is sent."""
        commands = self._commands
        self._commands = []
        return commands

    def to_send(self):
        """The next text for the link (str, or an iterator of its pieces), or None."""
        text = self.calls.endpoint.take()
        if text is not None:
            self.sent_at_ms = self.now
        return text

    @property
    def busy(self) -> bool:
        """Whether an answer of the server is awaited."""
        return self.calls.endpoint.outstanding is not None

    # ---- for the blocks

    @cold
    def emit(self, kind: str, data, on_answer=None, wanted=False) -> bool:
        """Queue an event for the server; True if it will be sent.

        on_answer(answer, now): answer {} where it was refused or can't be read, None where nobody
        answers, at once when offline. A field may lack that was required. Before the server has
        accepted the station only what it asked for is sent (`wanted` True; B02.FR.02).
        """
        return self.calls.emit(kind, data, on_answer, wanted)

    @cold
    def record(self, record) -> bool:
        """Journal a TransactionRecord, with the present moment unless it has one; False if nothing
        of it is kept."""
        if not record.boot_count:
            record.epoch_s, record.estimated, record.tick_ms, record.boot_count = self.moment()
        record.offline = self.profile is None
        return self.outbox.append_transaction(record)

    @cold
    def security_event(self, event_type: str, tech_info=None) -> None:
        """Queue a critical security event with guaranteed delivery (A04.FR.02)."""
        epoch_s, estimated, tick_ms, boot_count = self.moment()
        event = {"type": event_type, "epoch_s": None if estimated else epoch_s}
        event["tick_ms"], event["boot_count"], event["techInfo"] = tick_ms, boot_count, tech_info
        if estimated:
            event["earliest_s"] = epoch_s
        self.outbox.append_security_event(event)

    @cold
    def command(self, *command) -> None:
        """("contactor", evse_id, closed), ("offer", evse_id, ma) or ("lock", evse_id, locked)."""
        self._commands.append(command)

    @cold
    def accepted(self, now: int) -> None:
        """The server has accepted the station: all statuses are told (B01.FR.05)."""
        self.statuses.forget()
        self._go_online(now)

    @cold
    def not_accepted(self, status: str) -> None:
        """The server has put the station off, or refused it: then it is silent (B03.FR.02)."""
        self.online = False
        if status == "Rejected":
            self.calls.forget()

    @cold
    def reset(self, boot_reason: str, when_idle: bool) -> None:
        """Reboot as soon as the last messages are told, or patience is over.

        when_idle: wait first until nobody charges, for as long as it takes, or has a cable locked
        in, for LockedCableTimeout after its transaction (errata 2.14).
        """
        self._reset = (boot_reason, when_idle, self.now + _RESET_PATIENCE_MS)

    @property
    def resetting(self) -> bool:
        """Whether a reset is decided: nothing new begins before it."""
        return self._reset is not None

    @property
    def in_service(self) -> bool:
        """Whether something new may begin: neither the operator nor an update is against it."""
        return self.operative and not self.update_pending

    @cold
    def idle(self) -> bool:
        """Whether nobody is charging or about to, or left a cable locked in a short time ago."""
        patience_ms = self.model.integer(_LOCKED_CABLE_TIMEOUT) * 1000
        for evse in self.transactions.all():
            if evse.transaction is not None or evse.authorized is not None:
                return False
            if evse.locked and evse.plugged:
                if not patience_ms or self.now < evse.ended_ms + patience_ms:
                    return False
        return True

    def clock_epoch_s(self, now: int):
        return self.provisioning.epoch_s(now)

    @cold
    def moment(self) -> tuple:
        """(epoch_s, estimated, tick_ms, boot_count) of now.

        estimated: epoch_s is reckoned as `moments` says; epoch_s is None if there is no ground.
        """
        epoch_s, latest_s = self.clock_epoch_s(self.now), self._latest_epoch_s
        estimated = epoch_s is None and latest_s is not None
        if epoch_s is None and latest_s is not None:
            epoch_s = latest_s + self.now // 1000
        return epoch_s, estimated, self.now, self.store.boot_count

    # ---- inside

    @cold
    def _go_online(self, now: int) -> None:
        self.online = True
        if self.update_due_ms is not None:
            self.update_due_ms = now
        if self.offline_since_ms is not None:
            offline_ms = now - self.offline_since_ms
            if offline_ms > self.model.integer(_OFFLINE_THRESHOLD) * 1000:  # B04.FR.01
                self.statuses.forget()
            self.offline_since_ms = None

    @cold
    def _tell_damage(self) -> None:
        for name in self.store.damaged[self._damage_told :]:
            self._damage_told += 1
            if name == "credential" and not self.model.credential():
                self.store.slots.save(name, b"")  # that there was one stays known
            self.security_event("StorageDamaged", name)

    def _compute(self, variable_id: int, evse_id: int, connector_id: int):
        return modules.use("station.computed").compute(self, variable_id, evse_id, connector_id)


def _no_log(text: str) -> None:
    pass
