"""When power flows, and when a transaction starts and ends (block E).

Theory of operation. Each input changes facts of an EVSE and calls `_update`, which does four
things in this order: opens the contactor if it may no longer be closed, starts or ends the
transaction, tells what happened, and closes the contactor, offers current and locks the cable as
the facts now allow. So opening comes before everything else, whatever caused it, and closing after
the record is safe.

The start and stop points are bits that either hold or don't: EVConnected, Authorized,
PowerPathClosed (both of them), EnergyTransfer. A transaction starts when a point of TxStartPoint
holds. It ends when a point of TxStopPoint that has held in it no longer does (PowerPathClosed
there stands for EVConnected and Authorized); a point that was never reached ends nothing. Besides:

    cause                                 ends                       stoppedReason, trigger
    a fault (Evse.faulted)                at once                    by its code, AbnormalCondition
    reset, unlock, power loss             at once                    as asked
    nothing holds any more                at once                    of the last cause (E03.FR.05)
    own or group card, remote stop        Authorized no longer holds Local or Remote
    idTokenInfo not Accepted              Authorized no longer holds DeAuthorized
      ... and StopTxOnInvalidId false     nothing: no energy past MaxEnergyOnInvalidId
    EV leaves, StopTxOnEVSideDisconnect   Authorized no longer holds EVDisconnected
    EV does not come (back) in time       Authorized no longer holds Timeout

Ended waits until the contactor is confirmed open (see `power`), so that it tells the last energy.
The authorization ends at once. Until Ended no card begins anything; after it a new card or plug
does. A contactor that does not follow its command in time is a fault of its own.

What the server must learn is journalled by `Station.record`; beside it a slot `tx<evse>` keeps the
identity of what runs, so that after a power cut it goes on or its end is told (`resume`). Who may
charge is decided in `authorization`, what is measured in `metering`, what is commanded in `power`.
"""

from .. import modules
from ..compat import cold, const
from . import power
from .evse import Evse, IdToken
from .transaction import Transaction

_AUTH_ENABLED = const(35)  # AuthCtrlr.Enabled
_EV_CONNECTION_TIME_OUT = const(87)  # TxCtrlr.EVConnectionTimeOut
_MAX_ENERGY_ON_INVALID_ID = const(88)  # TxCtrlr.MaxEnergyOnInvalidId
_RESUMPTION_TIMEOUT = const(138)  # TxCtrlr.ResumptionTimeout
_STOP_TX_ON_EV_SIDE_DISCONNECT = const(89)  # TxCtrlr.StopTxOnEVSideDisconnect
_STOP_TX_ON_INVALID_ID = const(90)  # TxCtrlr.StopTxOnInvalidId
_TX_BEFORE_ACCEPTED_ENABLED = const(91)  # TxCtrlr.TxBeforeAcceptedEnabled
_TX_START_POINT = const(92)  # TxCtrlr.TxStartPoint
_TX_STOP_POINT = const(93)  # TxCtrlr.TxStopPoint

_POINTS = "EVConnected Authorized PowerPathClosed EnergyTransfer"  # bits as in `Evse.points`
_CONNECTED = const(1)
_AUTHORIZED = const(2)
_POWER_PATH = const(4)
_ENERGY = const(8)

# What ends an authorization, and the transaction only if TxStopPoint says so; all else ends both.
_BY_STOP_POINT = "Local Remote MasterPass DeAuthorized EVDisconnected Timeout"


class Transactions:
    """The transactions and the power of one Station.

    lobby: an EVSE that does not exist (id 0), where a token waits that was presented at the
    station when no EV was there; the EVSE of the next plug takes over what it holds.
    """

    def __init__(self, station):
        self.station = station
        self.lobby = Evse(0, None)
        self._accepted = station.store.slots.load("accepted") is not None

    # ---- inputs

    @cold
    def on_plug(self, evse, connector_id: int, now: int) -> None:
        """A cable is in the connector."""
        was_connected = evse.connected
        evse.plugged = connector_id
        token = self.lobby.authorized
        if token is not None and evse.transaction is None and token.good_at(evse, self.station):
            self._leave_lobby(evse, now)
        self._moved(evse, was_connected, now)

    @cold
    def on_unplug(self, evse, now: int) -> None:
        """The cable is out."""
        was_connected = evse.connected
        evse.plugged = 0
        evse.pilot = "A"
        self._moved(evse, was_connected, now)

    @cold
    def on_pilot(self, evse, state: str, now: int) -> None:
        was_connected = evse.connected
        evse.pilot = state
        self._moved(evse, was_connected, now)

    @cold
    def on_contactor(self, evse, closed: bool, now: int) -> None:
        """The hardware confirms what the contactor is."""
        evse.closed = closed
        power.confirmed(evse, now)
        self._update(evse, "ChargingStateChanged", now)

    @cold
    def on_lock(self, evse, locked: bool, now: int) -> None:
        evse.locked = locked
        self._update(evse, "ChargingStateChanged", now)

    @cold
    def on_fault(self, evse, connector_id: int, code: str, active: bool, now: int) -> None:
        """A fault began or is over; its end starts nothing that it has ended."""
        if not evse.set_fault(connector_id, code, active):
            return
        power.cut(self, evse, now)
        if active and evse.faulted:
            self.stop(evse, evse.reason_of(code), "AbnormalCondition", now)  # E06.FR.16
        else:
            self._update(evse, "ChargingStateChanged", now)

    def on_reading(self, evse, now: int) -> None:
        """The register has moved (called by metering)."""
        if evse.transaction.blocked or evse.open_at_ms is not None:
            self._update(evse, "ChargingStateChanged", now)

    @cold
    def on_answer(self, record, answer: dict, now: int) -> None:
        """The server's answer to a TransactionEvent."""
        info = answer.get("idTokenInfo")
        if info is None:
            return
        authorization = self.station.authorization
        if record.id_token is not None:
            authorization.remember(record.id_token, record.id_token_type, info, now)
        for evse in self.all():
            transaction, token = evse.transaction, evse.authorized
            if transaction is None or transaction.id != record.transaction_id or token is None:
                continue
            model, group = self.station.model, token.group or authorization.group_of(info)
            if info.get("status") != "Accepted":
                if model.boolean(_STOP_TX_ON_INVALID_ID):  # E05.FR.09, E05.FR.10
                    self.stop(evse, "DeAuthorized", "Deauthorized", now)
                    continue
                transaction.limit_wh = model.integer(_MAX_ENERGY_ON_INVALID_ID)  # E05.FR.02, FR.03
            elif group == token.group:
                continue
            else:
                token.group = group  # C09.FR.12
            transaction.save(self.station, evse)
            self._update(evse, "ChargingStateChanged", now)

    def poll(self, now: int) -> None:
        """Do what is due."""
        if not self._accepted and self.station.provisioning.status == "Accepted":
            self._accepted = True
            self.station.store.slots.save("accepted", b"1")
        for evse in self.all():
            if evse.contactor_by_ms is not None and now >= evse.contactor_by_ms:
                evse.contactor_by_ms = None
                code = "WeldedContactor" if evse.closed else "PowerSwitchFailure"
                self.on_fault(evse, 0, code, True, now)
            if evse.open_at_ms is not None and now >= evse.open_at_ms:
                self._update(evse, "ChargingStateChanged", now)
            due = evse.connect_by_ms is not None and now >= evse.connect_by_ms
            if due or (evse.authorized is not None and evse.lapsed(self.station)):
                evse.connect_by_ms = None
                self.stop(evse, "Timeout", "EVConnectTimeout", now)  # E03.FR.05, E10.FR.02
            if evse.ask_by_ms is not None and now >= evse.ask_by_ms:
                evse.charged, evse.ask_by_ms = True, None
                self._update(evse, "ChargingStateChanged", now)  # to SuspendedEV
            transaction = evse.transaction
            if transaction is None:
                if evse.connected and (
                    self._may_begin(evse, evse.points)  # operative or accepted by now
                    or not evse.obeys(self.served(evse))
                ):
                    self._update(evse, "CablePluggedIn", now)
            elif transaction.final is not None and now >= transaction.final_by_ms:
                self._update(evse, "ChargingStateChanged", now)

    def next_deadline(self):
        """Tick in ms at which `poll` has something to do, or None."""
        deadlines = []
        for evse in self.all():
            deadlines += evse.deadlines()
        return min([due_ms for due_ms in deadlines if due_ms is not None], default=None)

    # ---- for the other blocks

    def all(self) -> list:
        """Every EVSE, and the lobby as the last."""
        return self.station.evses + [self.lobby]

    @cold
    def find(self, transaction_id: str):
        """The EVSE (or the lobby) in which that transaction runs, or None."""
        for evse in self.all():
            if evse.transaction is not None and evse.transaction.id == transaction_id:
                return evse
        return None

    def may_start(self) -> bool:
        """No reset is coming, there is room to tell it, we are accepted: now or once (B04)."""
        if self.station.resetting or self.station.outbox.full:
            return False
        status = self.station.provisioning.status or (self._accepted and "Accepted")
        if status == "Accepted":
            return True
        return self.station.model.boolean(_TX_BEFORE_ACCEPTED_ENABLED)

    def served(self, evse) -> bool:
        """Energy is for a transaction, or starts one where TxStartPoint says so."""
        return evse.transaction is not None or self._may_begin(evse, _ENERGY)

    @cold
    def authorize(self, evse, token, now: int) -> None:
        """The holder of `token` (IdToken) may charge at `evse`, or in the lobby."""
        evse.authorized = evse.owner = token
        evse.finishing = evse.charged = False
        transaction = evse.transaction
        if transaction is not None:
            transaction.reason = transaction.limit_wh = None
            transaction.token_told = False
        evse.connect_by_ms = None
        self._expect_ev(evse, now)
        self._update(evse, "Authorized", now)

    @cold
    def stop(self, evse, reason: str, trigger: str, now: int, id_token=None) -> None:
        """End the authorization, and the transaction if the table above says so.

        reason: stoppedReason; trigger: triggerReason; id_token: the IdToken that stopped it.
        """
        transaction = evse.transaction
        if transaction is None and evse.authorized is None:
            self._update(evse, trigger, now)
            return
        evse.authorized = evse.connect_by_ms = None
        power.free(self.station.model, evse, reason)
        if transaction is None:
            evse.finishing = evse.plugged != 0
        elif transaction.final is None:
            transaction.reason = reason
            if reason not in _BY_STOP_POINT.split():
                self._finish(evse, trigger, now, id_token)
            elif trigger == "Deauthorized" and evse.closed:
                transaction.deferred = trigger  # E05.FR.09: told with its charging state
                transaction.save(self.station, evse)  # nobody is authorized any more
                trigger = "ChargingStateChanged"
        self._update(evse, trigger, now, id_token)

    @cold
    def release(self, evse, now: int) -> None:
        """The owner has come for the cable."""
        evse.owner = None
        if evse.transaction is not None and evse.transaction.resumed is None:
            evse.transaction.save(self.station, evse)
        self._update(evse, "ChargingStateChanged", now)

    @cold
    def sampled(self, evse, trigger: str, samples: bytes, now: int) -> None:
        """Tell samples of the running transaction."""
        if evse.transaction.final is None:
            evse.transaction.tell(self.station, evse, "Updated", trigger, samples)

    # ---- inside

    @cold
    def _moved(self, evse, was_connected: bool, now: int) -> None:
        """Cable or pilot have changed."""
        model = self.station.model
        power.cut(self, evse, now)
        if evse.connected == was_connected:
            self._update(evse, "ChargingStateChanged", now)
        elif evse.connected:
            evse.finishing = evse.charged = False
            evse.connect_by_ms = None
            if evse.authorized is None and not model.boolean(_AUTH_ENABLED):
                evse.authorized = evse.owner = IdToken("", "NoAuthorization")  # C02.FR.01
            self._update(evse, "CablePluggedIn", now)
        elif evse.authorized is not None and model.boolean(_STOP_TX_ON_EV_SIDE_DISCONNECT):
            self.stop(evse, "EVDisconnected", "EVCommunicationLost", now)  # E09.FR.01
        else:
            self._update(evse, "EVCommunicationLost", now)
        if not evse.plugged:
            evse.finishing = False
            evse.owner = evse.authorized
            evse.set_fault(0, "PowerSwitchFailure", False)  # the next one may try again
        self._expect_ev(evse, now)

    @cold
    def _expect_ev(self, evse, now: int) -> None:
        """An authorization ends if no EV comes in time (E10.FR.02); with 0 s it never does.

        A cable that is locked in its socket waits for its owner instead (E10.FR.01).
        """
        if evse.authorized is None or evse.connected or evse.connect_by_ms is not None:
            return
        timeout_ms = self.station.model.integer(_EV_CONNECTION_TIME_OUT) * 1000
        began = evse.transaction is not None and evse.transaction.held & _CONNECTED
        if timeout_ms and not (began and evse.plugged and evse.connector.socket):
            evse.connect_by_ms = now + timeout_ms

    @cold
    def _update(self, evse, trigger: str, now: int, id_token=None) -> None:
        """Bring power, transaction and server in line with the facts; trigger: what happened."""
        power.cut(self, evse, now)
        if evse.transaction is None:
            if self._may_begin(evse, evse.points):
                self._start(evse, trigger, now)
        else:
            self._continue(evse, trigger, id_token, now)
        power.apply(self, evse, now)

    @cold
    def _start(self, evse, trigger: str, now: int) -> None:
        station = self.station
        transaction = Transaction(modules.use("station.record_bytes").new_id(station))
        evse.transaction, transaction.held = transaction, evse.points
        transaction.started_epoch_s = station.clock_epoch_s(now)
        samples = self._adopt(evse, now)
        transaction.begin_told = evse.id != 0
        if not transaction.begin(station, evse, trigger, samples):
            evse.transaction = None  # what can't be told must not begin

    @cold
    def _leave_lobby(self, evse, now: int) -> None:
        """What waits in the lobby goes on at `evse`."""
        lobby = self.lobby
        evse.authorized = evse.owner = lobby.authorized
        evse.connect_by_ms, evse.transaction = lobby.connect_by_ms, lobby.transaction
        lobby.authorized = lobby.owner = lobby.connect_by_ms = lobby.transaction = None
        if evse.transaction is not None:
            self._adopt(evse, now)
            evse.transaction.save(self.station, evse)
            self.station.store.slots.delete("tx0")

    @cold
    def _adopt(self, evse, now: int) -> bytes:
        """The transaction has got its EVSE and meter: the samples of its beginning."""
        transaction = evse.transaction
        if evse.reading is not None:
            shown_wh = evse.reading.energy_wh
            transaction.meter_wh = transaction.start_wh = transaction.register_wh = shown_wh
        return self.station.metering.begin(evse, transaction, now)

    @cold
    def _continue(self, evse, trigger: str, id_token, now: int) -> None:
        transaction, points = evse.transaction, evse.points
        if transaction.resumed is not None:
            modules.use("station.resume").settle(self, evse, now)
            return
        if transaction.final is None:
            stopped = trigger == "ChargingStateChanged" and not evse.transferring
            if stopped and transaction.deferred:
                trigger, transaction.deferred = transaction.deferred, None
            transaction.held |= points
            stop = self.station.model.bits(_TX_STOP_POINT, _POINTS)
            if stop & _POWER_PATH:
                stop |= _CONNECTED | _AUTHORIZED
            lost = transaction.held & ~points
            if lost & stop & ~_POWER_PATH or not points:
                if transaction.reason is None:
                    transaction.reason = transaction.own_reason(evse)
                self._finish(evse, transaction.deferred or trigger, now, id_token)
        if transaction.final is not None:
            if not evse.closed or now >= transaction.final_by_ms:
                self.over(evse, self.station.metering.end(evse, transaction))
        elif trigger != "ChargingStateChanged" or evse.charging_state() != transaction.state_told:
            transaction.tell(self.station, evse, "Updated", trigger, b"", id_token)

    @cold
    def _finish(self, evse, trigger: str, now: int, id_token) -> None:
        """The transaction is over; Ended is told once the contactor is open."""
        transaction = evse.transaction
        transaction.final = (trigger, id_token)
        evse.authorized = evse.connect_by_ms = None
        power.free(self.station.model, evse, transaction.reason)
        power.cut(self, evse, now)
        transaction.final_by_ms = (evse.open_at_ms or now) + evse.open_ms + power.GRACE_MS
        if self.station.model.integer(_RESUMPTION_TIMEOUT):  # after a power cut it goes not on
            transaction.save(self.station, evse)

    @cold
    def over(self, evse, samples: bytes) -> None:
        """Tell the end."""
        transaction = evse.transaction
        trigger, id_token = transaction.final
        transaction.tell(self.station, evse, "Ended", trigger, samples, id_token)
        evse.transaction = None
        evse.finishing = evse.plugged != 0
        evse.ended_ms = self.station.now
        modules.use("station.moments").seen(self.station)

    def _may_begin(self, evse, points: int) -> bool:
        """Whether one of these points begins a transaction here, and nothing stands against it."""
        if not points & self.station.model.bits(_TX_START_POINT, _POINTS) or evse.finishing:
            return False
        return self.station.in_service and evse.usable and self.may_start()
