"""One transaction that runs: what it is, what it has told, and how it tells more.

Facts that go to the server once (who, where, the remote start, the samples of the beginning) are
told with the first event that can; this is where that is remembered. Every event is journalled by
`Station.record` before anything comes of it, and the slot `tx<evse>` then says how far it has
come, so that after a power cut `resume` can let it go on or end it. When events are due is decided
in `transactions`."""

import json

from ..compat import cold, const
from .record import TransactionRecord

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from .evse import IdToken


_SLOT_FORMAT = const(2)


class Transaction:
    """id: transactionId, unique for the station's life (E01.FR.08)."""

    def __init__(self, transaction_id: str):
        self.id = transaction_id
        self.seq_no = 0
        self.started_epoch_s: int | None = None
        self.held = 0  # points that have held, bits of `transactions`
        self.token: "IdToken | None" = None  # that authorized it; no other may (C01.FR.23)
        self.token_told = False
        self.connector_id = 0
        self.evse_told = False
        self.begin_told = False  # the samples of its beginning
        self.phases_told = 0
        self.state_told: str | None = None
        self.reason: str | None = None  # stoppedReason of the latest cause
        self.deferred: str | None = None  # trigger that is told when no energy flows any more
        self.final: tuple | None = (
            None  # (trigger, IdToken or None) of Ended, once that is decided
        )
        self.final_by_ms = 0
        self.resumed: tuple | None = None  # it was found after a boot and is not settled, `resume`
        self.moment: tuple | None = None  # of its Ended, if that is not now: see Station.moment
        self.limit_wh: int | None = (
            None  # energy at which delivery ends, once its token proved invalid
        )
        self.meter_wh = 0  # what the meter showed last
        self.start_wh = 0
        self.register_wh = 0  # what is told: never falls
        self.charging_ms = -1  # -1: has not charged yet
        self.charging_since_ms: int | None = None
        self.samples = bytearray()  # for Ended; `stride` and `skip` thin them, see `metering`
        self.stride = 1
        self.skip = 0
        self.sampled_ms = [0, 0]

    @property
    def energy_wh(self) -> int:
        return self.register_wh - self.start_wh

    @property
    def blocked(self) -> bool:
        """Whether it gets no energy any more."""
        if self.final is not None:
            return True
        return self.limit_wh is not None and self.energy_wh >= self.limit_wh

    @cold
    def own_reason(self, evse) -> str:
        """stoppedReason where no one asked for the end."""
        if not evse.connected:
            return "EVDisconnected"
        if self.limit_wh is not None:
            return "DeAuthorized"
        return "StoppedByEV" if evse.pilot == "B" else "Other"

    @cold
    def begin(self, station, evse, trigger: str, samples: bytes) -> bool:
        """Journal its Started; False if the store can't."""
        if self.save(station, evse) and self.tell(station, evse, "Started", trigger, samples):
            return True
        station.store.slots.delete("tx%d" % evse.id)
        return False

    @cold
    def tell(self, station, evse, event_type, trigger, samples, id_token=None) -> bool:
        """Journal one TransactionEvent of now; False if nothing of it is kept.

        samples: bytes, see `samples`; id_token: the IdToken that stops it, if one does.
        """
        record = TransactionRecord(event_type, self.id, self.seq_no)
        token = evse.authorized
        if id_token is None and token is not None and not self.token_told:
            self.token_told = True  # E03.FR.01
            self.token = id_token = token
            record.remote_start_id = token.remote_start_id  # F02.FR.01
            record.reservation_id = token.reservation_id  # E03.FR.03
            if token.remote_start_id is not None and event_type != "Ended":
                trigger = "RemoteStart"  # F02.FR.21
        if id_token is not None:
            record.id_token, record.id_token_type = id_token.id_token, id_token.type
        record.trigger_reason = trigger
        record.charging_state = self.state_told = evse.charging_state()
        charging = self._count_charging(evse, station.now)
        if charging and not self.begin_told:  # E02.FR.21
            self.begin_told = True
            samples = station.metering.begun(evse) + samples
        if self.moment is not None:
            record.epoch_s, record.estimated, record.tick_ms, record.boot_count = self.moment
        elif evse.connector is not None and (evse.plugged or not self.connector_id):
            self.connector_id = evse.connector.id
        record.evse_id, record.connector_id = evse.id, self.connector_id
        if evse.connected and not self.evse_told:  # E01.FR.16
            record.tell_evse = self.evse_told = True
        if charging and evse.reading is not None:
            phases = len([1 for current_ma in evse.reading.current_ma if current_ma > 0])
            if phases and phases != self.phases_told:  # E02.FR.18, E02.FR.19
                record.phases_used = self.phases_told = phases
        if event_type == "Ended":
            record.stopped_reason = self.reason or "Other"
            if self.charging_ms >= 0:
                record.time_spent_charging_s = self.charging_ms // 1000
        record.meter_wh = self.register_wh
        record.samples = samples
        is_kept = station.record(record)
        self.seq_no += 1
        if event_type != "Ended":
            self.save(station, evse)
        return is_kept

    @cold
    def save(self, station, evse) -> bool:
        """Keep what `resume` must know after a power cut; there is what each place means. False if
        the store can't."""
        epoch_s, estimated, tick_ms, boot_count = station.moment()
        token = evse.authorized or self.token
        facts = (evse.authorized, evse.owner, self.token_told, self.evse_told, self.begin_told)
        flags = 0
        for bit, fact in enumerate(facts + (self.final, estimated)):
            flags |= 1 << bit if fact else 0
        charging_ms = self.charging_ms
        if self.charging_since_ms is not None:
            charging_ms += station.now - self.charging_since_ms
        saved = [_SLOT_FORMAT, self.id, self.seq_no, self.register_wh, self.meter_wh]
        saved += [self.start_wh, self.connector_id, flags, self.held]
        saved += [epoch_s, tick_ms, boot_count, self.started_epoch_s, charging_ms]
        saved += [self.phases_told, self.limit_wh, self.reason]
        if token is None:
            saved.append(None)
        else:
            of_start = [token.remote_start_id, token.reservation_id]
            saved.append([token.id_token, token.type, token.group] + of_start)
        return station.store.slots.save("tx%d" % evse.id, json.dumps(saved).encode())

    @cold
    def _count_charging(self, evse, now: int) -> bool:
        """Add up the time of charging; True if it charges now."""
        charging = evse.transferring
        if charging and self.charging_since_ms is None:
            self.charging_since_ms = now
            self.charging_ms = max(self.charging_ms, 0)
        elif not charging and self.charging_since_ms is not None:
            self.charging_ms += now - self.charging_since_ms
            self.charging_since_ms = None
        return charging
