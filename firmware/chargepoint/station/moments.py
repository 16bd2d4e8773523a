"""When it was, what was journalled while wall time was not known. Transient.

A record always has its tick and its boot. If its boot learned the time later, its moment is exact:
the slot `boots` keeps, for the last few boots that learned it, what the time was at their tick 0.
Of a boot that never did, only the order and two bounds are known: such a moment is not before the
latest one that was known when it booted, and not after the beginning of the next boot that learned
the time. It is told as if no time had passed without power, so it never goes back within a
transaction and intervals stay as they were; never after the second bound. Nothing on the wire says
that it was reckoned, for no dialect has a word for it; the record does (`estimated`).

The latest known moment is that of a record in the journal, of a transaction that was running, or
in the slot `boots`, which is written when a boot learns the time, when a transaction is over, and
once a day.

The slot: a format byte, then for each boot, oldest first: boot count, seconds and milliseconds of
its tick 0, and the latest moment that was written. What is not of this format is not used, and
replaced when the time is known next.
"""

import struct

from ..compat import const

_FORMAT = const(1)
_BOOT = "<IiHI"
_BOOT_BYTES = const(14)
_SEEN_AT = const(10)
_KEPT = const(8)
_MASK = const(0xFFFF)  # of the boot count in a record


def learned(station, base_epoch_s: int, base_ms: int) -> None:
    """Wall time has become known in this boot: it is `base_epoch_s` at tick `base_ms`."""
    start_s, part_ms = base_epoch_s + -base_ms // 1000, -base_ms % 1000
    entry = struct.pack(_BOOT, station.store.boot_count, start_s, part_ms, base_epoch_s)
    kept = _boots(station)[-(_KEPT - 1) * _BOOT_BYTES :]
    station.store.slots.save("boots", bytes((_FORMAT,)) + kept + entry)
    for evse in station.transactions.all():
        transaction = evse.transaction
        if transaction is not None and transaction.resumed is not None:
            transaction.final_by_ms = station.now  # it may have waited for the time


def seen(station) -> None:
    """Note the present moment for later boots that do not know the time."""
    boots, epoch_s = _boots(station), station.clock_epoch_s(station.now)
    if boots and epoch_s is not None:
        entries = bytearray((_FORMAT,)) + boots
        struct.pack_into("<I", entries, len(entries) - _BOOT_BYTES + _SEEN_AT, epoch_s)
        station.store.slots.save("boots", bytes(entries))


def resolve(station, boot_count: int, tick_ms: int, earliest_s) -> tuple:
    """(epoch_s, whether that is exact) of a moment; epoch_s None if nothing is known of it.

    earliest_s: what it is told as if it can't be known, see above; or None.
    """
    boot_count &= _MASK
    latest_s = station.clock_epoch_s(0)
    if boot_count == station.store.boot_count & _MASK:
        if latest_s is not None:
            return station.clock_epoch_s(tick_ms), True
        return earliest_s, False
    boots = _boots(station)
    for at in range(0, len(boots), _BOOT_BYTES):
        boot, start_s, part_ms, _ = struct.unpack_from(_BOOT, boots, at)
        ahead = (boot - boot_count) & _MASK
        if ahead == 0:
            return start_s + (tick_ms + part_ms) // 1000, True
        if ahead <= _MASK >> 1:
            latest_s = start_s
            break
    if earliest_s is None or latest_s is None:
        return (latest_s if earliest_s is None else earliest_s), False
    return min(earliest_s, latest_s), False


def settle(station, record) -> None:
    """Give a TransactionRecord that does not know its moment the one that it is told with."""
    moment = resolve(station, record.boot_count, record.tick_ms, record.epoch_s)
    record.epoch_s = moment[0]
    if not moment[1]:
        record.tick_ms = 0  # then its samples are told with its own moment, too


def latest_s(station) -> int:
    """The latest moment that was written; 0 if there is none."""
    boots = _boots(station)
    return struct.unpack_from(_BOOT, boots, len(boots) - _BOOT_BYTES)[3] if boots else 0


def _boots(station) -> bytes:
    """The entries of the slot; b"" if there is none that can be read."""
    saved = station.store.slots.load("boots") or b""
    if len(saved) % _BOOT_BYTES != 1 or saved[0] != _FORMAT:
        return b""
    return saved[1:]
