"""An image on its way into the free slot: written, and read back.

The order is what keeps a station alive. The record of the slot is emptied before a byte of it is
touched; the header, without which a slot does not boot, is written last, after the payload was
read back and its hash found right. All that takes time is a generator, whose steps are one
operation of the flash each, or some hundred bytes of hashing.
"""

from hashlib import sha256

from .. import modules
from ..compat import const
from . import container, progress, slots, trial

_UNIT_BYTES = const(512)  # programmed at a time; a multiple of what any flash asks for
_SECTORS = const(4)  # ioctl
_SECTOR_BYTES = const(5)  # ioctl
_ERASE = const(6)  # ioctl
ON_TRIAL = "the running image is on trial"
NOT_SIGNED = "the running image has no header"
NO_RECORD = "this board has no record of its slots"
TORN = "the power failed when the header was written"


def kind_of(places, head) -> int:
    """Of the image, as its header says; all is one for the application that is nothing else."""
    is_system = places.system is not None and head[5:6] == b"\x02"
    return container.SYSTEM if is_system else container.APP


def room_of(places, kind: int) -> int:
    """Bytes of a payload that there is room for."""
    device = _device(places, kind)
    size = device.ioctl(_SECTORS, 0) * device.ioctl(_SECTOR_BYTES, 0)
    return size if kind == container.SYSTEM else size - slots.HEADER_BYTES


def into(places, header):
    """The installation of an image whose header was checked."""
    if header.kind == container.SYSTEM:
        return modules.use("ota.system").System(places, header)
    return Installation(places, header)


def _device(places, kind: int):
    if kind == container.SYSTEM:
        return places.system.device
    return places.devices[1 - places.running]


def installing(updater):
    """The file that was fetched becomes the image on trial; see Updater.install."""
    places, kept = updater.places, progress.load(updater.store)
    if kept is not None and kept.state == progress.UNFIT:
        return str(kept.rest, "utf-8")
    why = trial.look(places)[2]
    if why is not None:  # it was on trial already, and a power cut has kept that back
        return why
    if kept is None or kept.number == places.running or kept.state == progress.PARTLY:
        raise ValueError("no file was fetched")
    kind = kind_of(places, kept.rest)
    head = kept.rest + b"\xff" * (container.HEAD_BYTES - len(kept.rest))
    try:
        station = trial.this_station(updater, kind, room_of(places, kind))
        header = yield from container.checking(head, station, updater.verify, True)
        work = into(places, header)
        yield from work.finishing()
        work.trying(updater)
    except container.Refused as refused:
        return str(refused)
    except OSError as error:
        return "flash: %s" % error
    # In the same step: nobody may cancel what boots next without knowing that it does.
    progress.forget(updater.store)
    return None


class Installation:
    """One image with this container.Header, which was checked, and the slot that does not run.

    head: the header without what is unused behind it; written: bytes of its payload that are on
    flash, of payload_bytes; start: where it begins in the slot.
    """

    def __init__(self, places, header):
        self.head = bytes(header.signed) + bytes(header.signature)
        self.payload_bytes = header.payload_bytes
        self.start = 0 if header.kind == container.SYSTEM else slots.HEADER_BYTES
        self._digest = header.digest
        self._places = places
        self._records = places.records
        self._number = 1 - places.running
        self._device = _device(places, header.kind)
        self._sector_bytes = self._device.ioctl(_SECTOR_BYTES, 0)
        self._buffer = bytearray(_UNIT_BYTES)
        self._held = 0  # bytes in the buffer
        self.written = 0

    def beginning(self):
        """Empty the record of the slot, then erase its header.

        Raises Refused while the running image is on trial: the other one is its way back. Or if
        the running one has no header, for then it could not come back.
        """
        running, records = self._places.running, self._records
        view = self._places.views[running]
        if records is None:
            raise container.Refused(NO_RECORD)
        if slots.image(view) is None:
            raise container.Refused(NOT_SIGNED)
        state = records.load() or slots.State()
        mine = state.slots[running]
        if mine.state == slots.TRIAL:
            raise container.Refused(ON_TRIAL)
        if self._places.system is not None:
            modules.use("ota.system").forget(self._places)
        # It runs, whatever the record says; of one that was flashed since, that it is damaged.
        is_damaged = mine.state == slots.BAD and mine.why in (slots.DAMAGED, slots.NOT_MOUNTED)
        if is_damaged or mine.state in (slots.EMPTY, slots.WHOLE):
            mine.set(slots.CONFIRMED)
            mine.digest = slots.header_digest(view)
            state.active = running
        state.counter = trial.counter(state, view)
        state.slots[self._number].set(slots.EMPTY)
        state.slots[self._number].digest = bytes(32)
        records.save(state)
        yield
        self._device.ioctl(_ERASE, 0)
        self.written = self._held = 0
        yield

    def resuming(self, written: int, is_torn: bool):
        """Go on behind the bytes of the payload that were written; `written` says from where, 0:
        all is to come again. There has been a `beginning`.

        is_torn: there was a reboot, so what lies behind them may be half programmed: then it goes
        on at the beginning of a sector.
        """
        state = self._records.load() if self._records else None
        if state is None or state.slots[self._number].state != slots.EMPTY:
            yield from self.beginning()
            return
        if not is_torn:
            self.written = min(written, self.payload_bytes)
            return
        sector = self._sector_bytes
        at = (slots.HEADER_BYTES + min(written, self.payload_bytes)) // sector * sector
        at = max(0, at - slots.HEADER_BYTES)
        if sector != slots.HEADER_BYTES:
            is_blank = yield from self._is_blank()
            at = at if is_blank else 0
        if sector == slots.HEADER_BYTES or not at:
            self._device.ioctl(_ERASE, 0)  # there may be a part of the header
            yield
        self.written = at

    def writing(self, data):
        """The next bytes of the payload. Raises Refused if there are more than the header says."""
        if self.written + self._held + len(data) > self.payload_bytes:
            raise container.Refused(container.TRAILING)
        at = 0
        while at < len(data):
            count = min(len(data) - at, _UNIT_BYTES - self._held)
            self._buffer[self._held : self._held + count] = data[at : at + count]
            self._held += count
            at += count
            if self._held == _UNIT_BYTES:
                yield from self._programming()

    def completing(self):
        """That was the last of the payload. Raises Refused if the header says more."""
        if self.written + self._held < self.payload_bytes:
            raise container.Refused(container.TRUNCATED)
        if self._held:
            yield from self._programming()

    def hashing(self, hashed, at: int, count: int):
        """Add to a hash what the slot has from there on."""
        while count:
            block, offset = divmod(at, self._sector_bytes)
            size = min(count, _UNIT_BYTES)
            self._device.readblocks(block, self._buffer, offset)
            hashed.update(memoryview(self._buffer)[:size])
            at += size
            count -= size
            yield

    def finishing(self):
        """The hash read back, the header written, the slot recorded as whole. Raises Refused."""
        digest = self._header_digest()
        state = self._records.load()
        mine = state.slots[self._number] if state else slots.Slot()
        if mine.state == slots.WHOLE and mine.digest == digest:
            return
        if mine.state != slots.EMPTY:
            raise ValueError("slot %d is not being written" % self._number)
        yield from self.checking_payload()
        if self._sector_bytes == slots.HEADER_BYTES:
            # Even if it reads as blank: the power may have failed in its last erase.
            self._device.ioctl(_ERASE, 0)
            yield
        else:  # a part of the payload is beside it, programmed since it was erased
            is_blank = yield from self._is_blank()
            if not is_blank:
                raise container.Refused(TORN)
        at = (len(self.head) - 1) // _UNIT_BYTES * _UNIT_BYTES
        while at >= 0:  # from its end to its beginning: with its magic it is there as a whole
            unit = self.head[at : at + _UNIT_BYTES]
            self._device.writeblocks(0, unit + b"\xff" * (_UNIT_BYTES - len(unit)), at)
            at -= _UNIT_BYTES
            yield
        header = sha256()
        yield from self.hashing(header, 0, slots.HEADER_BYTES)
        if header.digest() != digest:
            raise container.Refused(container.WRONG_HASH)
        mine.set(slots.WHOLE)
        mine.digest = digest
        self._records.save(state)
        yield

    def trying(self, updater) -> None:
        """The next boot is of it."""
        trial.put_on_trial(self._records, self._number, updater.boots, updater.deadline_s)

    def checking_payload(self):
        """Its hash, read back. Raises Refused."""
        payload = sha256()
        yield from self.hashing(payload, self.start, self.payload_bytes)
        if payload.digest() != self._digest:
            raise container.Refused(container.WRONG_HASH)

    def _programming(self):
        """The buffer, filled up with what erased flash has."""
        for at in range(self._held, _UNIT_BYTES):
            self._buffer[at] = 0xFF
        block, offset = divmod(self.start + self.written, self._sector_bytes)
        if not offset:  # an application's first sector was erased by `beginning`
            self._device.ioctl(_ERASE, block)
            yield
        self._device.writeblocks(block, self._buffer, offset)
        self.written += self._held
        self._held = 0
        yield

    def _header_digest(self) -> bytes:
        hashed = sha256(self.head)
        left = slots.HEADER_BYTES - len(self.head)
        while left:
            count = min(left, 64)
            hashed.update(b"\xff" * count)
            left -= count
        return hashed.digest()

    def _is_blank(self):
        """Whether nothing of a header is there."""
        for at in range(0, slots.HEADER_BYTES, _UNIT_BYTES):
            self._device.readblocks(0, self._buffer, at)
            if not container.is_unused(self._buffer):
                return False
            yield
        return True
