"""An image on its way into the free slot: written, and read back.

The order is what keeps a station alive. The record of the slot is emptied before a byte of it is
touched; the header, without which a slot does not boot, is written last, after the payload was
read back and its hash found right.
"""

from hashlib import sha256

from ..compat import const
from . import container, slots, trial

_UNIT_BYTES = const(512)  # programmed at a time; a multiple of what any flash asks for
_SECTOR_BYTES = const(5)  # ioctl
_ERASE = const(6)  # ioctl
ON_TRIAL = "the running image is on trial"
NOT_SIGNED = "the running image has no header"


class Installation:
    """One image. `header`: bytes of its first sector, checked (container.check) before a byte is
    written. `device`: block device of the slot `number`, which is not the one that runs.
    """

    def __init__(self, records, device, number: int, header, station, verify=None):
        self.header = container.check(header, station, verify)
        self._head = bytes(header[: slots.HEADER_BYTES])
        self._records = records
        self._device = device
        self._number = number
        self._sector_bytes = device.ioctl(_SECTOR_BYTES, 0)
        self._buffer = bytearray(_UNIT_BYTES)
        self._held = 0  # bytes in the buffer
        self.written = 0  # bytes of the payload that are on flash

    def begin(self, running: int, running_slot) -> None:
        """Empty the record of the slot, then erase its header. running_slot: its bytes.

        Raises Refused while the running image is on trial: the other one is its way back. Or if
        the running one has no header, for then it could not come back.
        """
        if running == self._number:
            raise ValueError("slot %d runs" % running)
        if slots.image(running_slot) is None:
            raise container.Refused(NOT_SIGNED)
        state = self._records.load() or slots.State()
        mine = state.slots[running]
        if mine.state == slots.TRIAL:
            raise container.Refused(ON_TRIAL)
        if mine.state in (slots.EMPTY, slots.WHOLE):  # it runs, whatever the record says
            mine.set(slots.CONFIRMED)
            mine.digest = slots.header_digest(running_slot)
            state.active = running
        state.counter = trial.counter(state, running_slot)
        state.slots[self._number].set(slots.EMPTY)
        state.slots[self._number].digest = bytes(32)
        self._records.save(state)
        self._device.ioctl(_ERASE, 0)

    def resume(self, written: int) -> int:
        """After a power cut: go on behind the bytes of the payload that were written, of which so
        many count as this returns; 0: all is to come again. There has been a `begin`."""
        state = self._records.load()
        if state is None or state.slots[self._number].state != slots.EMPTY:
            raise ValueError("slot %d is not being written" % self._number)
        sector = self._sector_bytes
        at = (slots.HEADER_BYTES + min(written, self.header.payload_bytes)) // sector * sector
        at = max(0, at - slots.HEADER_BYTES)
        if sector == slots.HEADER_BYTES:
            self._device.ioctl(_ERASE, 0)  # there may be a part of the header
        elif not at or self._hash(0, slots.HEADER_BYTES) != _blank():
            at = 0
            self._device.ioctl(_ERASE, 0)
        self.written = at
        return at

    def write(self, data) -> None:
        """The next bytes of the payload. Raises Refused if there are more than the header says."""
        if self.written + self._held + len(data) > self.header.payload_bytes:
            raise container.Refused(container.TRAILING)
        at = 0
        while at < len(data):
            count = min(len(data) - at, _UNIT_BYTES - self._held)
            self._buffer[self._held : self._held + count] = data[at : at + count]
            self._held += count
            at += count
            if self._held == _UNIT_BYTES:
                self._program()

    def finish(self) -> None:
        """The hash read back, the header written, the slot recorded as whole. Raises Refused."""
        if self.written + self._held < self.header.payload_bytes:
            raise container.Refused(container.TRUNCATED)
        if self._held:
            self._program()
        if self._hash(slots.HEADER_BYTES, self.header.payload_bytes) != self.header.digest:
            raise container.Refused(container.WRONG_HASH)
        for at in range(0, slots.HEADER_BYTES, _UNIT_BYTES):
            # From its end to its beginning: with its magic it is there as a whole.
            place = slots.HEADER_BYTES - _UNIT_BYTES - at
            self._device.writeblocks(0, self._head[place : place + _UNIT_BYTES], place)
        digest = sha256(self._head).digest()
        if self._hash(0, slots.HEADER_BYTES) != digest:
            raise container.Refused(container.WRONG_HASH)
        state = self._records.load()
        state.slots[self._number].set(slots.WHOLE)
        state.slots[self._number].digest = digest
        self._records.save(state)

    def _program(self) -> None:
        """The buffer, filled up with what erased flash has."""
        for at in range(self._held, _UNIT_BYTES):
            self._buffer[at] = 0xFF
        block, offset = divmod(slots.HEADER_BYTES + self.written, self._sector_bytes)
        if not offset:  # the first sector was erased by `begin`
            self._device.ioctl(_ERASE, block)
        self._device.writeblocks(block, self._buffer, offset)
        self.written += self._held
        self._held = 0

    def _hash(self, at: int, count: int) -> bytes:
        """SHA-256 of what the flash has there."""
        hashed = sha256()
        while count:
            block, offset = divmod(at, self._sector_bytes)
            size = min(count, _UNIT_BYTES)
            self._device.readblocks(block, self._buffer, offset)
            hashed.update(memoryview(self._buffer)[:size])
            at += size
            count -= size
        return hashed.digest()


def _blank() -> bytes:
    hashed = sha256()
    for _ in range(slots.HEADER_BYTES // _UNIT_BYTES):
        hashed.update(b"\xff" * _UNIT_BYTES)
    return hashed.digest()


def counter(state, running_slot) -> int:
    """The security counter that a new image must not be below."""
    found = slots.image(running_slot)
    return max(state.counter if state else 0, found[2] if found else 0)
