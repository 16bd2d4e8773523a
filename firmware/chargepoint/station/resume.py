"""After a boot: a transaction that a power cut or a reset has cut off is ended, and told so.

The contactor was open all the while, so what the meter reads first is the register at the cut:
Ended waits for it, for a few seconds. The slot `tx<evse>` may be one record behind the journal; a
record that was never delivered is still in the journal, one that was delivered is in the slot.
"""

import json

from ..compat import const
from .record_bytes import unpack
from .transaction import Transaction

_READING_MS = const(5000)
_TRANSACTION = const(1)  # first byte of a journal entry that is a transaction record, see `outbox`


def resume_lost(station, now: int) -> None:
    """End what a power cut or a reset has cut off."""
    for evse in station.transactions.all():
        if station.store.slots.load("tx%d" % evse.id) is not None:
            _resume(station, evse, now)


def _resume(station, evse, now: int) -> None:
    """Give `evse` the transaction of its slot, decided to end with PowerLoss or Reboot."""
    slots = station.store.slots
    saved = json.loads(slots.load("tx%d" % evse.id))
    transaction_id, seq_no, register_wh, meter_wh, start_wh, connector_id = saved
    for _, entry in station.outbox.journal.records():
        if entry and entry[0] == _TRANSACTION:
            try:
                record = unpack(entry, 1)
            except ValueError:  # reported by the outbox, when its turn comes
                continue
            if record.transaction_id == transaction_id:
                seq_no = -1 if record.event_type == "Ended" else record.seq_no + 1
                counted_wh = record.meter_wh - register_wh
                if counted_wh > 0:  # the meter's next reading must not count it again
                    register_wh += counted_wh
                    meter_wh += counted_wh
    if seq_no <= 0:  # ended already, or its Started was never written
        slots.delete("tx%d" % evse.id)
        return
    transaction = evse.transaction = Transaction(transaction_id)
    transaction.seq_no, transaction.connector_id = seq_no, connector_id
    transaction.register_wh, transaction.meter_wh = register_wh, meter_wh
    transaction.start_wh = start_wh
    transaction.evse_told = transaction.begin_told = transaction.resumed = True
    power_up = station.boot_reason in ("PowerUp", "Unknown")
    transaction.reason = "PowerLoss" if power_up else "Reboot"
    transaction.final = ("AbnormalCondition", None)
    transaction.final_by_ms = now + _READING_MS
