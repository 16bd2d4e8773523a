"""Finding the journal in its sectors when the power comes, see `ring`. Transient.

Repairs what the power cut left half done: it frees what has been moved or told to the end, and
makes room if many such cuts have left sectors nearly empty.
"""

from ..compat import const
from . import ring_edit
from .ring_sectors import Walk, data_at, header, open_newest, release
from .tape import is_erased

_ENTRY_BYTES_MIN = const(16)


def recover(ring, first: int, sectors: int, damaged: list) -> None:
    """Fill in what the journal has in memory."""
    found = _headers(ring, first, sectors, damaged)
    _order(ring, found)
    if not ring.order:
        return
    is_bad, is_torn, lost_bytes = _walk(ring)
    if lost_bytes:
        damaged.append("journal: %d bytes lost" % lost_bytes)
    elif (is_bad or is_torn) and "journal" not in damaged:
        damaged.append("journal")
    if is_torn:
        ring.tail_at = ring.sector_bytes
    try:
        if len(ring.free) < 2 + sectors // 8:
            while ring_edit.step(ring, _same):
                pass
        if is_torn and len(ring.free) > 1:
            open_newest(ring, ring.next_seq)
    except OSError:
        pass  # whatever is written next is refused, too; what can be read is there
    ring.next_seq += is_torn  # what is torn may once have been whole, and told by this number


def _headers(ring, first: int, sectors: int, damaged: list) -> list:
    """[first_seq, serial, sector, origin, is a copy] of those in use; the others become free."""
    found = []
    free = []
    garbage = 0
    for sector in range(first, first + sectors):
        head = header(ring, sector)
        if head is None:
            if is_erased(ring, sector, 0, data_at(ring.align)):
                ring.free.append(sector)
            else:  # the power failed in its erase or its header: it is the next to be erased
                garbage += 1
                ring.free = bytearray((sector,)) + ring.free
        elif isinstance(head, int):  # of a newer firmware, to be kept for it
            damaged.append("journal")
            _beyond(ring, head)
        else:
            is_free, first_seq, origin, serial, is_copy = head
            ring.serial = max(ring.serial, serial + 1)
            ring.next_seq = max(ring.next_seq, first_seq)
            if is_free:
                free.append((serial, sector))
            else:
                found.append((first_seq, serial, sector, origin, is_copy))
    for _, sector in sorted(free):
        ring.free.append(sector)
    if garbage > 1 and found and "journal" not in damaged:  # one may have been about to begin
        damaged.append("journal")
        _beyond(ring, ring.next_seq)
    return sorted(found)


def _beyond(ring, seq: int) -> None:
    """Numbers that may be in a sector from `seq` on, and can't be read, are not used again."""
    ring.next_seq = max(ring.next_seq, seq + ring.sector_bytes // _ENTRY_BYTES_MIN)


def _order(ring, found: list) -> None:
    replaced = []
    for first_seq, serial, sector, _, _ in found:
        ring.order.append(sector)
        for other in found:
            if other[1] > serial and first_seq in (other[0], other[3] if other[4] else other[0]):
                replaced.append(sector)
                break
    for sector in replaced:
        index = 0
        while ring.order[index] != sector:
            index += 1
        release(ring, index)


def _walk(ring) -> tuple:
    """Count what waits, and free the sectors before; (something is lost, the newest is torn, bytes
    that were passed over)."""
    is_bad = False
    lost_bytes = 0
    head_index = 0
    walk = None
    for index in range(len(ring.order)):
        walk = Walk(ring, index)
        while walk.next():
            ring.next_seq = max(ring.next_seq, walk.seq + 1)
            if walk.is_told:  # and all before it
                ring.waiting = 0
                is_bad = walk.is_bad = False
                lost_bytes = walk.lost_bytes = 0
            else:
                if not ring.waiting:
                    head_index, ring.head_at = index, walk.at
                ring.waiting += 1
        lost_bytes += walk.lost_bytes
        if index < len(ring.order) - 1:
            is_bad = is_bad or walk.is_bad
    assert walk is not None
    is_torn = not walk.is_clean()
    ring.tail_at = walk.end
    if not ring.waiting:
        head_index, ring.head_at = len(ring.order) - 1, 0
    for _ in range(head_index):
        release(ring, 0)
    return is_bad, is_torn, lost_bytes


def _same(payload):
    return payload
