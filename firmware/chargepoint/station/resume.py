"""After a boot: a transaction that a power cut or a reset has cut off goes on, or is ended.

It goes on (E17 of OCPP 2.1, the variables that it brings) if TxCtrlr.ResumptionTimeout is not 0
and

- the same connector has a cable with an EV at its other end, within a few seconds of the boot;
- the meter shows no less than was recorded;
- station, EVSE and connector are operative and without fault;
- from the last recorded moment to now it was not longer than the timeout. While wall time is not
  known it waits, without energy, until the time comes or the boot alone is older than that.

Then it keeps its id, the sequence, who authorized it and whose cable it is, the register at its
start, its time of charging and its limit. An Updated tells of the interruption, with the register
at both its ends. Its contactor closes as at any other time, unless
TxCtrlr.AllowEnergyTransferResumption is false; statuses come from the hardware.

Otherwise it ends, with PowerLoss or Reboot, at the last recorded moment, with the last recorded
register; with what the meter shows if that is more, for what it has counted since flowed before
the cut. So it does, too, if it was already about to end, its owner takes the cable meanwhile, or
the journal is ahead of the slot: what the slot misses may have changed who may charge. The slot
stays until the server has the end. A transaction that only the journal still knows, without its
end, ends likewise, with the last that is there: its slot, or its Ended, can't be read.

The slot `tx<evse>` is JSON, a list: format number, transactionId, next seqNo, register, what the
meter showed, register at the start, connector, flags (see `Transaction.save`), points that have
held, moment (epoch_s, tick in ms, boot count), epoch_s of the start, time of charging in ms,
phases told, energy limit, stoppedReason so far, token (idToken, type, group, remoteStartId,
reservationId) or null. A later version may append; what this one does not know it ignores. Without
a number, beginning with the transactionId, it is of the first format, which has the five values
after that.
"""

import json

from ..compat import const
from . import moments, power
from .evse import IdToken
from .record import Reading, TransactionRecord
from .record_bytes import unpack
from .samples import MEASURANDS, pack
from .transaction import Transaction

_SAMPLED_ENABLED = const(71)  # SampledDataCtrlr.Enabled
_TX_UPDATED_MEASURANDS = const(75)  # SampledDataCtrlr.TxUpdatedMeasurands
_TX_ENDED_MEASURANDS = const(77)  # SampledDataCtrlr.TxEndedMeasurands
_RESUMPTION_TIMEOUT = const(138)  # TxCtrlr.ResumptionTimeout
_ALLOW_ENERGY_TRANSFER = const(139)  # TxCtrlr.AllowEnergyTransferResumption

_FACTS_MS = const(5000)  # how long meter, cable and EV may take to show up
_FORMAT = const(2)
_ENTRIES = const(18)  # of the list that this version knows
_TRANSACTION = const(1)  # first byte of a journal entry that is a transaction record, see `outbox`
_EPOCH_AT = const(9)  # of its epoch_s
_VERY_LONG_S = const(1000000000)

# Flags of the slot, as `Transaction.save` sets them.
_AUTHORIZED = const(1)
_OWNER = const(2)
_TOKEN_TOLD = const(4)
_EVSE_TOLD = const(8)
_BEGIN_TOLD = const(16)
_ENDING = const(32)
_ESTIMATED = const(64)
_CONNECTED = const(1)  # of the points


def latest_epoch_s(station):
    """The latest moment that earlier boots knew, or None."""
    latest_s = moments.latest_s(station)
    for evse in station.transactions.all():
        try:
            saved = _load(station, evse)
        except ValueError:  # reported by `resume_lost`
            continue
        if saved is not None:
            latest_s = max(latest_s, saved[9] or 0)
    for _, entry in station.outbox.journal.records():
        if entry[:1] == bytes((_TRANSACTION,)):
            known = entry[_EPOCH_AT : _EPOCH_AT + 4]
            latest_s = max(latest_s, int.from_bytes(known, "little"))
    return latest_s or None


def resume_lost(station, now: int) -> None:
    """Take up what a power cut or a reset has cut off; `settle` decides what becomes of it."""
    found = []
    for evse in station.transactions.all():
        try:
            saved = _load(station, evse)
        except ValueError:
            station.security_event("StorageDamaged", "tx%d" % evse.id)
            continue
        if saved is not None:
            found.append((evse, saved))
    newest = _newest(station, [saved[1] for _, saved in found])
    for evse, saved in found:
        _take_up(station, evse, saved, newest.pop(saved[1], None), now)
    for transaction_id in newest:
        _end_lost(station, newest[transaction_id])


def _newest(station, known: list) -> dict:
    """transactionId -> its newest record in the journal, of those in `known` and of all that have
    no Ended there."""
    newest = {}
    for _, entry in station.outbox.journal.records():
        if entry[:1] != bytes((_TRANSACTION,)):
            continue
        try:
            record = unpack(entry, 1)
        except ValueError:  # reported by the outbox, when its turn comes
            continue
        if record.event_type == "Ended" and record.transaction_id not in known:
            newest.pop(record.transaction_id, None)
        else:
            record.samples = b""
            newest[record.transaction_id] = record
    return newest


def _end_lost(station, last) -> None:
    """End a transaction of which the journal has the start only, at that record."""
    ended = TransactionRecord("Ended", last.transaction_id, last.seq_no + 1)
    ended.epoch_s, ended.estimated = last.epoch_s, last.estimated
    ended.tick_ms, ended.boot_count = last.tick_ms, last.boot_count
    ended.evse_id, ended.connector_id = last.evse_id, last.connector_id
    ended.trigger_reason, ended.stopped_reason = "AbnormalCondition", _reason(station)
    ended.meter_wh = last.meter_wh
    station.record(ended)


def _reason(station) -> str:
    return "PowerLoss" if station.boot_reason in ("PowerUp", "Unknown") else "Reboot"


def _load(station, evse):
    """The slot's list, in the present format, or None. ValueError for what can't be read."""
    stored = station.store.slots.load("tx%d" % evse.id)
    if stored is None:
        return None
    try:
        saved = json.loads(stored)
        if isinstance(saved[0], str):
            if len(saved) != 6:
                raise ValueError
            flags = _TOKEN_TOLD | _EVSE_TOLD | _BEGIN_TOLD | _ENDING
            saved = [_FORMAT] + saved + [flags, 0, None, 0, 0, None, -1, 0, None, None, None]
        if saved[0] != _FORMAT or len(saved) < _ENTRIES:
            raise ValueError
        return saved
    except (ValueError, TypeError, IndexError, KeyError):
        raise ValueError("slot of an unknown format") from None


def _take_up(station, evse, saved: list, record, now: int) -> None:
    """Give `evse` the transaction of its slot, for the time being without energy.

    record: its newest in the journal, or None.
    """
    transaction_id, seq_no, register_wh, meter_wh, start_wh, connector_id, flags = saved[1:8]
    moment = saved[9], bool(flags & _ESTIMATED), saved[10], saved[11]
    if record is not None and record.seq_no >= seq_no:
        if record.event_type == "Ended":  # the slot stays until that is told
            return
        seq_no = record.seq_no + 1
        flags |= _ENDING
        moment = record.epoch_s, record.estimated, record.tick_ms, record.boot_count
        counted_wh = record.meter_wh - register_wh
        if counted_wh > 0:  # the meter's next reading must not count it again
            register_wh += counted_wh
            meter_wh += counted_wh
    if not seq_no:  # its Started was never written
        station.store.slots.delete("tx%d" % evse.id)
        return
    transaction = evse.transaction = Transaction(transaction_id)
    transaction.seq_no, transaction.connector_id = seq_no, connector_id
    transaction.register_wh, transaction.meter_wh = register_wh, meter_wh
    transaction.start_wh, transaction.held = start_wh, saved[8]
    transaction.started_epoch_s, transaction.charging_ms = saved[12:14]
    transaction.phases_told, transaction.limit_wh, transaction.reason = saved[14:17]
    transaction.token_told = bool(flags & _TOKEN_TOLD)
    transaction.evse_told = bool(flags & _EVSE_TOLD)
    transaction.begin_told = bool(flags & _BEGIN_TOLD)
    token = None
    if saved[17]:
        token = IdToken(*saved[17][:4])
        token.reservation_id = saved[17][4]
    timeout_ms = station.model.integer(_RESUMPTION_TIMEOUT) * 1000
    if flags & _ENDING or not transaction.held & _CONNECTED:
        timeout_ms = 0
    if timeout_ms and flags & _OWNER:
        evse.owner = token
    if transaction.reason is None or not saved[7] & _ENDING:
        reason = _reason(station)
    else:
        reason = transaction.reason  # it was over, but for its contactor
    transaction.resumed = (timeout_ms, now, register_wh, meter_wh, moment, flags, token, reason)
    transaction.final = ("AbnormalCondition", None)
    transaction.final_by_ms = now + _FACTS_MS


def settle(transactions, evse, now: int) -> None:
    """Let it go on, or end it, as soon as the facts are there."""
    station, transaction = transactions.station, evse.transaction
    timeout_ms, began_ms, _, meter_wh, moment, flags, _, _ = transaction.resumed
    early = now < began_ms + _FACTS_MS
    if early:
        transaction.final_by_ms = began_ms + _FACTS_MS
    if evse.reading is None:
        if early:
            return
    elif timeout_ms and station.operative and evse.usable and evse.reading.energy_wh >= meter_wh:
        freed = flags & _OWNER and evse.owner is None
        if evse.connected and evse.plugged == transaction.connector_id and not freed:
            if station.clock_epoch_s(now) is None:
                if now < began_ms + timeout_ms:
                    transaction.final_by_ms = began_ms + timeout_ms
                    return
            elif _lasted_s(station, moment, now) * 1000 <= timeout_ms:
                _go_on(station, evse, now)
                return
        elif early and not freed:
            return
    _end(transactions, evse)


def _lasted_s(station, moment: tuple, now: int) -> int:
    """How long the interruption was, at most; very long where that can't be known."""
    epoch_s, estimated, tick_ms, boot_count = moment
    if epoch_s is None or estimated:
        known_s, exact = moments.resolve(station, boot_count, tick_ms, epoch_s)
        if epoch_s is None and not exact:
            return _VERY_LONG_S
        epoch_s = known_s
    return abs(station.clock_epoch_s(now) - epoch_s)  # a clock that went back knows nothing


def _go_on(station, evse, now: int) -> None:
    transaction, model = evse.transaction, station.model
    _, _, register_wh, _, moment, flags, token, _ = transaction.resumed
    transaction.final = transaction.resumed = None
    transaction.token = token
    if flags & _AUTHORIZED:
        evse.authorized = token
    if not model.boolean(_ALLOW_ENERGY_TRANSFER):  # E17.FR.12
        transaction.limit_wh = transaction.energy_wh
    transaction.sampled_ms = [now, now]
    transaction.samples = bytearray(_begin(station, transaction))
    samples = b""
    if moment[0] is not None:
        context = "Interruption.Begin"
        samples = _register(station, _TX_UPDATED_MEASURANDS, moment[0], context, register_wh)
    samples += station.metering.sample(evse, "Interruption.End")
    transaction.tell(station, evse, "Updated", "AbnormalCondition", samples)  # E17.FR.14


def _end(transactions, evse) -> None:
    station, transaction = transactions.station, evse.transaction
    _, _, _, _, moment, _, _, reason = transaction.resumed
    if not moment[3]:  # the first format of the slot has none
        moment = station.moment()
    epoch_s, estimated, tick_ms, _ = transaction.moment = moment
    transaction.reason = reason
    if estimated:  # it is counted from its record, which may learn its own
        epoch_s = None
    place = _TX_ENDED_MEASURANDS, epoch_s, "Transaction.End"
    samples = _begin(station, transaction)
    samples += _register(station, *place, transaction.register_wh, tick_ms // 1000)
    power.free(station.model, evse, reason)
    transactions.over(evse, samples)


def _begin(station, transaction) -> bytes:
    """The first of the samples for Ended, which was in RAM."""
    epoch_s = transaction.started_epoch_s
    if epoch_s is None:
        return b""
    context, start_wh = "Transaction.Begin", transaction.start_wh
    return _register(station, _TX_ENDED_MEASURANDS, epoch_s, context, start_wh)


def _register(
    station, measurands: int, epoch_s, context: str, register_wh: int, tick_s=0
) -> bytes:
    """A sample of the register alone, b"" where that is not wanted."""
    model = station.model
    mask = model.bits(measurands, MEASURANDS) & 1
    if not mask or not model.boolean(_SAMPLED_ENABLED):
        return b""
    return pack(epoch_s, context, mask, Reading(), register_wh, 0, tick_s)
