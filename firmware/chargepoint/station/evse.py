"""The facts of an EVSE and its connectors, and what follows from them at once.

Facts come from the hardware (plugged, pilot, closed, locked, faults, reading), from the driver
(authorized) and from the operator (operative, reserved). A status is never stored: it is derived
here each time it is asked for, so it can't go stale. Nothing here commands or tells anything; that
is the work of `transactions`."""

from ..compat import cold, const

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from .record import Reading
    from .transaction import Transaction

# Codes are ChargePointErrorCode of OCPP's older dialect, and DiodeFailure, WeldedContactor, Other.
# These leave the power path safe: the reader, the radio, a list or a reset failed, not the EVSE.
_HARMLESS = "NoError ReaderFailure WeakSignal LocalListConflict ResetFailure"
# No energy, but the connector is not Faulted and the transaction goes on, suspended.
_SUSPENDING = "EVCommunicationError"
_FOLLOW_MS = const(500)  # of a contactor whose driver says nothing else
_RAMP_DOWN_MS = const(6000)  # IEC 61851-1, table A.6: after that an EV that still draws is cut off
_IDLE_W = const(230)  # below these it draws nothing that a contactor would mind
_IDLE_MA = const(1000)
_FAULT_REASONS = (
    " GroundFailure=GroundFault OverCurrentFailure=OvercurrentFault"
    " OverVoltage=PowerQuality UnderVoltage=PowerQuality "
)


def is_printable(text: str) -> bool:
    """Whether it is printable ASCII alone, as a token's value is in every dialect."""
    data = text.encode()
    return not data or 0x20 <= min(data) <= max(data) <= 0x7E


class IdToken:
    """Who was authorized, and what belongs to that authorization."""

    def __init__(self, id_token: str, token_type: str, group: str = "", remote_start_id=None):
        self.id_token = id_token
        self.type = token_type
        self.group = group  # groupIdToken, "" if there is none
        self.remote_start_id = remote_start_id
        self.reservation_id: int | None = (
            None  # of the reservation that this authorization uses up
        )
        self.evse_ids: list | None = None  # where alone it is good, None: everywhere (C01.FR.21)
        # Evses without an authorization when the server was asked about it.
        self.free: list | tuple = ()

    def same(self, other) -> bool:
        """Equal in value, whatever the case, and in type (C01.FR.25)."""
        return (
            other is not None
            and self.id_token.lower() == other.id_token.lower()
            and self.type == other.type
        )

    def good_at(self, evse, station) -> bool:
        """Whether it may be authorized at `evse` now."""
        return (not self.evse_ids or evse.id in self.evse_ids) and evse.can_be_authorized(station)


class Connector:
    """One outlet of an EVSE; `type` is a ConnectorEnumType, a socket's begins with "s"."""

    def __init__(self, connector_id: int, connector_type: str):
        self.id = connector_id
        self.type = connector_type
        self.operative = True
        self.faults = []  # codes

    @property
    def socket(self) -> bool:
        """Whether the cable can be taken away here, and so is locked while it is in use."""
        return self.type[0] == "s"


class Evse:
    """One EVSE; at most one of its connectors and one transaction is in use at a time.

    layout: phases, max_current_a, connectors (types); None for the place where a token that was
    presented at the station waits for a plug (evse_id 0).
    """

    def __init__(self, evse_id: int, layout):
        self.id = evse_id
        self.phases = layout.phases if layout else 0
        self.max_current_ma = layout.max_current_a * 1000 if layout else 0
        types = layout.connectors if layout else ()
        self.connectors = [Connector(n + 1, kind) for n, kind in enumerate(types)]
        self.operative = True
        self.faults = []  # of the EVSE as a whole
        self.reserved: int | None = None  # reservation id
        self.plugged = 0  # connector id
        self.pilot = "A"
        self.reading: "Reading | None" = None  # record.Reading of the latest moment
        self.closed = False  # the contactor, as the hardware confirmed it
        self.wanted = False  # the contactor, as it was commanded
        self.charged = False  # since it was plugged and authorized, or it does not want to
        self.ask_by_ms: int | None = None  # then an EV that is offered current does not want to
        self.contactor_by_ms: int | None = (
            None  # when `closed` must agree with `wanted` at the latest
        )
        self.open_at_ms: int | None = (
            None  # when it opens at the latest; set while the EV is given time to stop drawing
        )
        self.close_ms = self.open_ms = _FOLLOW_MS  # a contactor's time to obey
        self.ramp_down_ms = _RAMP_DOWN_MS
        self.locked = False  # the cable, as the hardware confirmed it
        self.lock_wanted: bool | None = None  # the cable, as it was commanded since it is in
        self.ended_ms = 0  # tick at which the latest transaction was over
        self.offered_ma = 0
        self.authorized: IdToken | None = None
        self.owner: IdToken | None = None  # whose holder may take the cable; None: everybody
        self.connect_by_ms: int | None = (
            None  # the EV must be connected by then, or the authorization ends
        )
        self.transaction: "Transaction | None" = None
        self.finishing = False  # a transaction is over and its EV is still there

    @property
    def connected(self) -> bool:
        """Cable in, and an EV at its other end."""
        return self.plugged != 0 and self.pilot != "A"

    @property
    def transferring(self) -> bool:
        """Energy flows: the path is closed and the EV asks for it."""
        return self.closed and self.plugged != 0 and self.pilot in "CD"

    @property
    def points(self) -> int:
        """Which points hold: 1 EVConnected, 2 Authorized, 4 PowerPathClosed, 8 EnergyTransfer."""
        points = 1 if self.connected else 0
        if self.authorized is not None:
            points |= 6 if points else 2
        return points | 8 if self.transferring else points

    @property
    def faulted(self) -> bool:
        """One contactor serves all connectors, so a fault of one is a fault of the EVSE."""
        return self._hit(False)

    @property
    def usable(self) -> bool:
        """Whether a transaction may begin here."""
        if self.faulted or not self.operative:
            return False
        return self.connector is None or self.connector.operative

    @property
    def connector(self):
        """The Connector in use, or the only one there is, or None."""
        if self.plugged:
            return self.connectors[self.plugged - 1]
        return self.connectors[0] if len(self.connectors) == 1 else None

    @cold
    def can_be_authorized(self, station) -> bool:
        """Whether a token could be accepted here now."""
        if not (station.in_service and self.usable) or self.authorized is not None:
            return False
        return self.transaction is None or self.transaction.final is None

    def lapsed(self, station) -> bool:
        """Whether an authorization without a transaction has lost each EVSE that could begin one.

        One that waits in the lobby is for the next EVSE that nobody is authorized at.
        """
        token = self.authorized
        if token is None or self.transaction is not None or token.type == "NoAuthorization":
            return False
        for evse in station.evses:
            if evse is self or not (self.id or evse.authorized):
                if evse.usable and (not token.evse_ids or evse.id in token.evse_ids):
                    return not station.in_service
        return True

    def may_offer(self) -> bool:
        """Whether the EV may be told that there is current."""
        return self._entitled() and self.connected and self.pilot in "BCD" and not self._hit(True)

    def may_close(self) -> bool:
        """Whether power may flow: authorized, and safe."""
        return self._entitled() and self._is_safe()

    def may_ramp_down(self, now: int) -> bool:
        """Whether a contactor that must open can wait until the EV draws nothing any more.

        So it does at an ordinary stop: nothing but the entitlement is missing, and there is a
        transaction to count the energy.
        """
        if not (self.wanted and self.closed and self.transaction and self._is_safe()):
            return False
        reading = self.reading
        if (
            reading is not None
            and reading.power_w < _IDLE_W
            and max(reading.current_ma) < _IDLE_MA
        ):
            return False
        if self.open_at_ms is None:
            self.open_at_ms = now + self.ramp_down_ms
        return now < self.open_at_ms

    def _entitled(self) -> bool:
        """Whether there is somebody to whom the energy is given."""
        transaction = self.transaction
        return self.authorized is not None and (transaction is None or not transaction.blocked)

    def _is_safe(self) -> bool:
        """Whether the contactor can be closed: pilot healthy, cable locked, no fault (safety)."""
        return (
            self.connected
            and self.pilot in "CD"
            and not self._hit(True)
            and (self.locked or not self.connectors[self.plugged - 1].socket)
        )

    def deadlines(self) -> list:
        """The ticks at which something here is due, None for each that is not."""
        deadlines = [self.contactor_by_ms, self.open_at_ms, self.connect_by_ms, self.ask_by_ms]
        if self.transaction is not None and self.transaction.final is not None:
            deadlines.append(self.transaction.final_by_ms)
        return deadlines

    def obeys(self, served: bool) -> bool:
        """Whether offer and contactor are commanded as they may be, where energy is `served`."""
        offers = served and self.may_offer()
        closes = offers and self.may_close()
        return offers == (self.offered_ma != 0) and closes == self.wanted

    def charging_state(self) -> str:
        """ChargingStateEnumType."""
        if not self.connected:
            return "Idle"
        if self.transferring:
            return "Charging"
        if self.authorized is None:
            return "EVConnected"
        if not self.may_offer():
            return "SuspendedEVSE"
        # An EV that has not asked yet is not suspended at once: it wakes up when it sees an offer.
        return "SuspendedEV" if self.charged else "EVConnected"

    @cold
    def set_fault(self, connector_id: int, code: str, active: bool) -> bool:
        """Note that `code` holds or is over, connector_id 0: everywhere. True if that is new."""
        faults = self.connectors[connector_id - 1].faults if connector_id else self.faults
        if active == (code in faults) or code == "NoError":
            return False
        if active:
            faults.append(code)
        else:
            faults.remove(code)
        return True

    @cold
    def reason_of(self, code: str) -> str:
        """stoppedReason of a fault."""
        at = _FAULT_REASONS.find(" " + code + "=")
        return "Other" if at < 0 else _FAULT_REASONS[at + len(code) + 2 :].split()[0]

    def status(self, station, connector) -> str:
        """ConnectorStatusEnumType; while a transaction runs it stays Occupied (G03.FR.05)."""
        if self._hit(False, connector):
            return "Faulted"
        operative = station.in_service and self.operative and connector.operative
        if not operative and (self.transaction is None or self.plugged != connector.id):
            return "Unavailable"
        if self.plugged == connector.id:
            return "Occupied"
        return "Available" if self.reserved is None else "Reserved"

    def _hit(self, suspended: bool, connector=None) -> bool:
        """Whether a fault holds that stops the power, at `connector` or anywhere here.

        suspended: one that only suspends counts too.
        """
        for other in self.connectors:
            if connector in (None, other) and _stops(other.faults, suspended):
                return True
        return _stops(self.faults, suspended)


def _stops(codes: list, suspended: bool) -> bool:
    for code in codes:
        if code not in _HARMLESS.split() and (suspended or code != _SUSPENDING):
            return True
    return False
