"""What the journal does not take because the store can't be written, see `outbox`. Transient.

It waits in RAM, in `outbox.unsaved`, behind what the journal holds.
"""

from ..compat import const

_BYTES = const(2048)  # of what is no end of a session; of those there is one for each EVSE
_FIRST_SEQ = const(0x20000000)  # the numbers begin beyond it, at random: they never come again
_AGAIN_MS = const(60000)  # between two attempts to write
_EIO = const(5)


def look_after(outbox, now: int) -> None:
    """The store has not taken a change: tell it, and try again now and then."""
    station = outbox.station
    is_told = False
    if outbox.failing and now >= outbox.again_ms:
        outbox.again_ms = now + _AGAIN_MS
        outbox.save_server_ids()
        if not station.store.slots.failed:
            outbox.is_trying = True
            station.security_event("StorageRestored")
            outbox.is_trying = False
            is_told = True  # unless `outbox.errno` says that it was not
    errno = outbox.errno or station.store.slots.failed
    if errno == outbox.failing:
        return
    was_failing, outbox.failing = outbox.failing, errno
    outbox.look(outbox.journal.room())
    if not errno:
        station.log("the store takes writes again")
        for evse in station.transactions.all():
            transaction = evse.transaction
            if transaction is not None and transaction.resumed is None:
                transaction.save(station, evse)
        if not is_told:  # something else has been written
            station.security_event("StorageRestored")
    elif not was_failing:
        outbox.again_ms = now + _AGAIN_MS
        station.log("the store takes no writes (errno %s): no session begins" % errno)
        station.security_event("StorageDamaged", "no writes, errno %s" % errno)


def keep(outbox, event_type: str, entry: bytes) -> bool:
    """In RAM, if there is room."""
    used = sum([len(unsaved[1]) for unsaved in outbox.unsaved])
    if event_type != "Ended" and used + len(entry) > _BYTES:
        return False
    if outbox.last_seq < _FIRST_SEQ:
        chance = int.from_bytes(outbox.station.random_bytes(3), "little")
        outbox.last_seq = _FIRST_SEQ + (chance << 5)
    outbox.last_seq += 1
    outbox.unsaved.append((outbox.last_seq, entry))
    return True


def save(outbox, head: "tuple | None") -> None:
    """What waits in RAM goes into the journal, but not `head`, whose attempts have one message id.
    Raises OSError."""
    while outbox.unsaved:
        seq, entry = outbox.unsaved[0]
        if head is not None and head[0] == seq:
            raise OSError(_EIO)
        outbox.last_seq = outbox.journal.append(entry)
        del outbox.unsaved[0]
    outbox.offline_until = min(outbox.offline_until, outbox.last_seq)
