"""A file on its way in, without a connection: hashed, and written if it is for this station.

The header comes first, also when a download goes on: it is compared with that of the last attempt.
Then `wanted` says from where the rest is asked for; of a server that sends all of it again what is
on flash already is passed over. What takes time is a generator of steps, see `installation`.
"""

from hashlib import sha256

from ..compat import const
from . import container, installation, progress, slots, trial

_SAVE_BYTES = const(32768)  # of the payload between two notes of the progress
_PIECE_BYTES = const(512)  # hashed in a step


class Failed(Exception):
    """The attempt has: why, and whether another one may help."""


class Receiving:
    """One attempt of the updater.

    wanted: (first, last) of the bytes to ask for next, last None: to the end; None: no more are
    needed, `digest` is the SHA-256 of the whole file.
    """

    def __init__(self, updater, location: str, fresh: bool):
        places = self._places = updater.places
        self._store = updater.store
        self._updater = updater
        self._hash = sha256()
        self._head = bytearray()  # of the header, while it comes in
        self._is_blank = True  # what is behind it, so far
        self._place = 0  # of the file, where the next byte of the body belongs
        self._done = 0  # up to there it was hashed, and written
        self._total = None
        self._work = None  # the Installation
        self._reason = None  # why there is none
        self._noted = 0
        self.digest = None
        number, key = 1 - places.running, progress.key(location)
        kinds = (container.APP, container.SYSTEM) if places.system else (container.APP,)
        self._limit = slots.HEADER_BYTES + max([installation.room_of(places, n) for n in kinds])
        found = None if fresh else progress.load(self._store)
        if found is not None and (found.number != number or found.location != key):
            found = None
        self._is_known = found is not None and self._is_good(found)
        self._progress = found if found and self._is_known else progress.Progress(number, key)
        self._kept = updater.kept if self._is_known else None
        if self._progress.state != progress.PARTLY:
            self.wanted = None
            self.digest = self._progress.digest
        else:
            self.wanted = (0, slots.HEADER_BYTES - 1) if self._is_known else (0, None)

    def _is_good(self, found) -> bool:
        """Whether what was kept is so on flash."""
        if found.state == progress.UNFIT:
            return True
        if installation.kind_of(self._places, found.rest) == container.SYSTEM:
            return True  # it has no record; its hash is read back
        records = self._places.records
        state = records.load() if records else None
        if state is None:
            return False
        mine = state.slots[found.number].state
        return mine == slots.EMPTY or (mine == slots.WHOLE and found.state == progress.FETCHED)

    def kept(self) -> "int | None":
        """Bytes of the payload that this boot has written, for its next attempt."""
        return self._work.written if self._work else self._kept

    def spoiled(self) -> None:
        """The flash did not do what it was told: nothing is sure behind the last note."""
        self._work = self._kept = None

    def opened(self, start: int, total: "int | None") -> None:
        """A body begins at that place of the file, which has so many bytes. Raises Failed."""
        if start > self._done or (total is not None and self._total not in (None, total)):
            raise self._changed()
        self._place = start
        if total is not None:
            self._total = total
            if total > self._limit:
                raise Failed(container.TOO_LARGE, False)

    def gone(self):
        """The server says that there is nothing where it was asked for. Raises Failed."""
        work = self._work
        if not self._done or (work is not None and work.written < work.payload_bytes):
            raise self._changed()
        self._place = self._total = self._done
        return self.ending()

    def taking(self, data):
        """The next bytes of the body. Raises Failed."""
        at = 0
        while at < len(data):
            count = min(len(data) - at, _PIECE_BYTES)
            if self._place < self._done:  # all of it once more: it is on flash
                count = min(count, self._done - self._place)
                self._place += count
            else:
                if self._place < slots.HEADER_BYTES:
                    count = min(count, slots.HEADER_BYTES - self._place)
                piece = data[at : at + count]
                self._hash.update(piece)
                self._place += count
                self._done = self._place
                if self._place > self._limit:
                    raise Failed(container.TOO_LARGE, False)
                yield from self._received(piece)
            at += count
            yield

    def ending(self):
        """The body is at its end; see `wanted`. Raises Failed."""
        is_header = self.wanted is not None and self.wanted[1] is not None
        if is_header and self._place == slots.HEADER_BYTES and self._total != self._done:
            self.wanted = (self._done, None)
            return
        if self._place < self._done:
            raise self._changed()
        if self._total is not None and self._place != self._total:
            raise Failed("the file ended too early", True)
        if self._place < slots.HEADER_BYTES:
            self._forget()
            self._refuse(container.TRUNCATED)
        elif self._work is not None:
            try:
                yield from self._work.completing()
            except container.Refused as refused:
                self._refuse(str(refused))
        self.wanted = None
        kept = self._progress
        kept.digest = self.digest = self._hash.digest()
        kept.state = progress.FETCHED
        if self._work is None:
            kept.state = progress.UNFIT
            kept.rest = str(self._reason).encode()
        progress.save(self._store, kept)
        yield

    def _received(self, piece):
        if self._place <= slots.HEADER_BYTES:
            room = container.HEAD_BYTES - len(self._head)
            self._head.extend(piece[:room])
            self._is_blank = self._is_blank and container.is_unused(piece[room:])
            if self._place == slots.HEADER_BYTES:
                head, self._head = bytes(self._head), bytearray()
                yield from self._decide(head)
        elif self._work is not None:
            try:
                yield from self._work.writing(piece)
            except container.Refused as refused:
                self._refuse(str(refused))
                return
            if self._work.written - self._noted >= _SAVE_BYTES:
                self._note()
                yield

    def _decide(self, head: bytes):
        """What the header is for."""
        known = self._progress.rest
        is_same = self._is_known and self._is_blank and head.startswith(known)
        try:
            if is_same and container.is_unused(head[len(known) :]):
                header = container.Header(head, True)
                work = installation.into(self._places, header)
                written = self._progress.written if self._kept is None else self._kept
                yield from work.resuming(written, self._kept is None)
                yield from work.hashing(self._hash, work.start, work.written)
            else:
                self._forget()
                kind = installation.kind_of(self._places, head)
                station = trial.this_station(
                    self._updater, kind, installation.room_of(self._places, kind)
                )
                header = yield from container.checking(
                    head, station, self._updater.verify, self._is_blank
                )
                work = installation.into(self._places, header)
                yield from work.beginning()
        except container.Refused as refused:
            self._refuse(str(refused))
            return
        self._progress.rest = work.head
        self._work = work
        self._done = slots.HEADER_BYTES + work.written
        self._note()

    def _note(self) -> None:
        self._noted = self._progress.written = self._work.written if self._work else 0
        progress.save(self._store, self._progress)

    def _refuse(self, reason: str) -> None:
        """The rest of the file is only hashed."""
        self._reason = reason
        self._work = None

    def _changed(self) -> Failed:
        self._forget()
        return Failed("the file has changed", True)

    def _forget(self) -> None:
        """What is on flash is of another file."""
        progress.forget(self._store)
        self._progress = progress.Progress(self._progress.number, self._progress.location)
        self._is_known = False
        self._work = self._kept = None
