"""Making room in the journal: what may go when it fills up, and in which order. Transient.

Only meter detail goes. First every second of a transaction's Updated events that carry nothing but
meter values: the 1st, the 3rd, the 5th (E04.FR.07, E04.FR.08). Where none is left, every second of
the samples in an Ended event, never the first or the last (E12.FR.09). Started, Ended, and what
was told of tokens, cables and charging states stay.
"""

from ..compat import const
from .record_bytes import parts, unpack
from .samples import thinner

_TRANSACTION = b"\x01"  # first byte of a journal entry, see `outbox`
_FEW_BYTES = const(108)  # of samples: begin, end and one between


def updated(seen: dict, entry: bytes):
    """The entry, or None where it may go.

    seen: of each EVSE its transaction and how many of its Updated events have been looked at;
    kept by the caller for one pass.
    """
    record = _read(entry)
    if record is None or record.event_type != "Updated" or not record.is_detail:
        return entry
    if record.tell_evse or record.phases_used:
        return entry
    transaction_id, count = seen.get(record.evse_id, ("", 0))
    if transaction_id != record.transaction_id:
        count = 0
    seen[record.evse_id] = record.transaction_id, count + 1
    return None if count % 2 == 0 else entry


def ended(seen: dict, entry: bytes):
    """The entry, shorter where it is an Ended event with many samples."""
    record = _read(entry)
    if record is None or record.event_type != "Ended" or len(record.samples) <= _FEW_BYTES:
        return entry
    record.samples = thinner(record.samples)
    return b"".join((_TRANSACTION,) + parts(record))


def _read(entry: bytes):
    """The TransactionRecord of an entry, or None if it is none that can be read."""
    if entry[:1] != _TRANSACTION:
        return None
    try:
        return unpack(entry, 1)
    except (ValueError, IndexError):  # reported by the outbox, when its turn comes
        return None
