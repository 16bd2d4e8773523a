"""The whole firmware as an update (kind 2): into the slot of the boot loader that does not run.

The boot loader tries it once, and goes back by itself at the next restart unless it is told that
the new one stays. Which slot was to run is in the store: if another one does, it has gone back.

The board's `places.system` has running, target: names of the two slots; device: block device of
the target; slots: of the store; boot(): the target is tried at the next boot, OSError if the boot
loader does not take it; keep(): the running one stays.
"""

import struct

from ..compat import const
from . import container, installation, slots

_NAME = "system"
# u8 version, u8 why it was given up (0: it was not), u16 deadline in s, u32 security counter;
# then the name of its slot.
_LAYOUT = "<BBHI"
_HEAD_BYTES = const(8)
_VERSION = const(1)


class System(installation.Installation):
    """The payload from the slot's beginning on; its header is in the store only."""

    def __init__(self, places, header):
        installation.Installation.__init__(self, places, header)
        self._counter = header.counter

    def beginning(self):
        """Raises Refused while something is on trial: what runs now may not stay."""
        if self._records is None:
            raise container.Refused(installation.NO_RECORD)
        state = self._records.load() or slots.State()
        if state.slots[self._places.running].state == slots.TRIAL:
            raise container.Refused(installation.ON_TRIAL)
        forget(self._places)
        self.written = self._held = 0
        yield

    def resuming(self, written: int, is_torn: bool):
        at = min(written, self.payload_bytes)
        self.written = at // self._sector_bytes * self._sector_bytes if is_torn else at
        yield

    def finishing(self):
        """The hash read back. Raises Refused."""
        yield from self.checking_payload()

    def trying(self, updater) -> None:
        """Raises OSError if the boot loader finds that it is no firmware, or if that it is tried
        can't be remembered."""
        system = self._places.system
        if not _save(system, 0, updater.deadline_s, self._counter, system.target):
            raise OSError("the store can't be written")
        try:
            system.boot()
        except OSError:
            system.slots.delete(_NAME)
            raise


def trial_s(places) -> "int | None":
    """As Updater has it, of the running firmware."""
    found = _on_trial(places)
    return found[1] if found else None


def _on_trial(places) -> "tuple | None":
    """What is kept, if the running firmware is on trial."""
    found = _load(places.system)
    return found if found and found[3] == places.system.running else None


def fell_back(places) -> "str | None":
    """As Updater has it. None as long as the firmware that was to run does."""
    found = _load(places.system)
    if found is None or found[3] == places.system.running:
        return None
    if found[0] == slots.DEADLINE_PASSED:
        return "deadline passed"
    return "given up" if found[0] else "the boot loader went back"


def forget(places) -> None:
    """What an earlier update has left. Raises Refused while the running firmware is on trial."""
    if trial_s(places) is not None:
        raise container.Refused(installation.ON_TRIAL)
    places.system.slots.delete(_NAME)


def confirm(places) -> bool:
    """The running firmware stays, and the security counter is not below its own any more. False
    if it was not on trial."""
    found = _on_trial(places)
    if found is None:
        return False
    places.system.keep()
    state = places.records.load() or slots.State()
    if found[2] > state.counter:
        state.counter = found[2]
        places.records.save(state)
    places.system.slots.delete(_NAME)
    return True


def give_up(places, deadline: bool) -> bool:
    """The boot loader goes back at the restart that follows. False if it was not on trial."""
    found = _on_trial(places)
    if found is None:
        return False
    why = slots.DEADLINE_PASSED if deadline else slots.GIVEN_UP
    _save(places.system, why, *found[1:])
    return True


def _save(system, why: int, deadline_s: int, counter: int, name: str) -> bool:
    head = struct.pack(_LAYOUT, _VERSION, why, deadline_s, counter)
    return system.slots.save(_NAME, head + name.encode())


def _load(system) -> "tuple | None":
    """(why, deadline_s, counter, name)"""
    data = system.slots.load(_NAME)
    if data is None or len(data) <= _HEAD_BYTES or data[0] != _VERSION:
        return None
    _, why, deadline_s, counter = struct.unpack(_LAYOUT, data[:_HEAD_BYTES])
    return why, deadline_s, counter, str(bytes(data[_HEAD_BYTES:]), "utf-8")
