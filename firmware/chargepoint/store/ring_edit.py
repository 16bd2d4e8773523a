"""Making room in the journal, one sector a step, see `ring`. Transient.

What stays of a sector goes behind the entries of the one before it, as far as it fits, and else
into a free sector, whose header comes last and takes the sector's place. Behind the entries of the
one before nothing counts until then, for its number is too high; and then the old one is freed.
"""

from . import frame
from .ring_sectors import Walk, data_at, entry_bytes, first_seq, release, write_entry, write_header
from .tape import Tape, erase


def step(ring, change) -> bool:
    """Look at the next sector; True while there is another. The newest stays as it is."""
    index = 0
    newest = len(ring.order) - 1
    while index < newest and first_seq(ring, index) < ring.edit_seq:
        index += 1
    if index >= newest or not ring.free:
        ring.edit_seq = 0
        return False
    next_seq = first_seq(ring, index + 1)
    is_last = index + 1 == newest
    _thin(ring, index, change)
    ring.edit_seq = 0 if is_last else next_seq
    return not is_last


def _thin(ring, index: int, change) -> None:
    room_at = _room_at(ring, index - 1) if index else 0  # 0: there can be nothing added
    look = _Look(ring, index, change, ring.sector_bytes - room_at if room_at else 0)
    fits = look.moved_bytes == look.kept_bytes and (room_at or not index)
    if not (look.is_changed or fits or look.won_bytes >= ring.sector_bytes // 4):
        return
    moved = 0
    while moved < len(look.kept) and moved < look.moved:
        at, sector = look.kept[moved], ring.order[index - 1]
        room_at = _copy(ring, ring.order[index], at, look.changed.get(at), sector, room_at)
        moved += 1
    if not fits:
        _move(ring, index, look, moved)
    release(ring, index)
    ring.waiting -= look.dropped
    if index == 0:
        ring.head_at = 0


def _room_at(ring, index: int) -> int:
    """Where something can be added to that sector, or 0."""
    walk = Walk(ring, index)
    while walk.next():
        pass
    return walk.end if walk.is_clean() else 0


def _move(ring, index: int, look, moved: int) -> None:
    """What has not been moved yet goes into a free sector that takes the place of this one."""
    source, sector = ring.order[index], ring.free[0]
    erase(ring, sector)
    end = data_at(ring.align)
    for at in look.kept[moved:]:
        end = _copy(ring, source, at, look.changed.get(at), sector, end)
    origin = seq = first_seq(ring, index)
    if moved:
        seq = frame.read(Tape(ring, source, look.kept[moved]))[1]
    write_header(ring, sector, seq, origin, True)
    ring.free = ring.free[1:]
    ring.order = ring.order[: index + 1] + bytes((sector,)) + ring.order[index + 1 :]


def _copy(ring, source: int, at: int, payload, sector: int, end: int) -> int:
    """Write that entry, or the payload in its place; where the next one may begin."""
    entry = frame.read(Tape(ring, source, at))
    if entry is None:
        raise OSError("an entry of the journal is gone from the flash")
    return write_entry(ring, sector, end, entry[1], entry[2] if payload is None else payload)


class _Look:
    """What is to become of the sector's entries: `kept` places, and their payloads if `changed`.

    The first `moved` of them go into the room of the sector before.
    """

    def __init__(self, ring, index: int, change, room: int):
        self.kept = []
        self.changed = {}
        self.dropped = self.moved = 0
        self.kept_bytes = self.moved_bytes = 0
        is_head = index == 0
        walk = Walk(ring, index)
        while walk.next():
            if walk.is_told:
                continue
            payload = walk.payload if is_head else change(walk.payload)
            is_head = False
            if payload is None:
                self.dropped += 1
                continue
            if payload is not walk.payload:
                self.changed[walk.at] = payload
            size = entry_bytes(ring.align, len(payload))
            self.kept.append(walk.at)
            if self.moved_bytes == self.kept_bytes and self.moved_bytes + size <= room:
                self.moved += 1
                self.moved_bytes += size
            self.kept_bytes += size
        self.is_changed = self.dropped > 0 or len(self.changed) > 0
        self.won_bytes = self.moved_bytes + walk.end - data_at(ring.align) - self.kept_bytes
        if not walk.is_clean():
            self.won_bytes += ring.sector_bytes - walk.end
