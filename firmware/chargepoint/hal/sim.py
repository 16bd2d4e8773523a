"""Drivers whose physics are elsewhere: a host process or a test sets facts, the Station's commands
are kept and told. Also the stores and the clock's companions that need no flash.

A contactor obeys at once; one that `weld` was called on stays as it is. The meter is exact: it
goes on linearly from the last fact, so that whoever simulates the energy need not be asked.
"""

from ..compat import const

_ENOSPC = const(28)
_ENTRY_BYTES = const(12)  # around a payload on flash
_EDIT_ENTRIES = const(32)  # in one step, about as many as a sector holds


class SimEvse:
    """All drivers of one EVSE, made to be given to `Hardware`."""

    def __init__(self, changed=None):
        self.changed = changed or _nothing  # called after a command has taken effect
        self.pilot = SimPilot(self)
        self.contactor = SimContactor(self)
        self.lock = SimLock(self)
        self.meter = SimMeter()
        self.faults = SimFaults()


class SimPilot:
    def __init__(self, evse):
        self._evse = evse
        self.connector_id = 0
        self.pilot_state = "A"
        self.offered_ma = 0

    def plugged(self) -> int:
        return self.connector_id

    def state(self) -> str:
        return self.pilot_state

    def offer(self, current_ma: int) -> None:
        if current_ma != self.offered_ma:
            self.offered_ma = current_ma
            self._evse.changed()


class SimContactor:
    def __init__(self, evse):
        self._evse = evse
        self._closed = False
        self.commanded = False
        self.welded = False

    def close(self) -> bool:
        self.commanded = True
        self._follow()
        return self._closed

    def open(self) -> bool:
        self.commanded = False
        self._follow()
        return not self._closed

    def closed(self) -> bool:
        return self._closed

    def weld(self, welded: bool) -> None:
        """From now on the contacts stay as they are; or, with False, obey again."""
        self.welded = welded
        self._follow()

    def _follow(self) -> None:
        if not self.welded and self._closed != self.commanded:
            self._closed = self.commanded
            self._evse.changed()


class SimLock:
    def __init__(self, evse):
        self._evse = evse
        self._locked = False
        self.stuck = False

    def lock(self) -> bool:
        self._set(True)
        return self._locked

    def unlock(self) -> bool:
        self._set(False)
        return not self._locked

    def locked(self) -> bool:
        return self._locked

    def _set(self, locked: bool) -> None:
        if not self.stuck and locked != self._locked:
            self._locked = locked
            self._evse.changed()


class SimMeter:
    """Energy in mWh at tick `at_ms`, and the power in W from then on."""

    def __init__(self):
        self.energy_mwh = 0
        self._rest_mj = 0  # of a mWh, so that nothing is lost where a whole Wh is near
        self.power_w = 0
        self.at_ms = 0
        self.currents_ma = (0, 0, 0)
        self.voltages_mv = (230000, 230000, 230000)
        self.soc_percent = -1
        self.broken = False
        self.shown_mwh = 0  # by the latest reading

    def set(
        self, energy_mwh, power_w, currents_ma, voltages_mv, soc_percent, at_ms, rest_mj=0
    ) -> None:
        """The fact that holds from `at_ms` on; rest_mj: beyond the whole mWh, below 3600."""
        self.energy_mwh, self._rest_mj = energy_mwh, rest_mj
        self.power_w, self.at_ms = power_w, at_ms
        self.currents_ma, self.voltages_mv = currents_ma, voltages_mv
        self.soc_percent = soc_percent

    def stop(self, now: int) -> None:
        """No power flows from `now` on."""
        rest_mj = self._rest_mj + self.power_w * max(0, now - self.at_ms)
        self.energy_mwh += rest_mj // 3600
        self._rest_mj = rest_mj % 3600
        self.power_w, self.at_ms = 0, now
        self.currents_ma = (0, 0, 0)

    def replace(self, energy_mwh: int) -> None:
        """Another register value; the only way for it to fall."""
        self.energy_mwh = self.shown_mwh = energy_mwh
        self._rest_mj = 0

    def read(self, reading, now: int) -> None:
        if self.broken:
            raise OSError("meter does not answer")
        # The clocks of two processes may differ by a moment; a register never falls for that.
        rest_mj = self._rest_mj + self.power_w * max(0, now - self.at_ms)
        self.shown_mwh = max(self.shown_mwh, self.energy_mwh + rest_mj // 3600)
        reading.energy_wh = self.shown_mwh // 1000
        reading.power_w = self.power_w
        reading.soc_percent = self.soc_percent
        reading.frequency_mhz = 50000
        for n in range(3):
            reading.current_ma[n] = self.currents_ma[n]
            reading.voltage_mv[n] = self.voltages_mv[n]


class SimFaults:
    def __init__(self):
        self._active = ()

    def active(self) -> tuple:
        return self._active

    def set(self, connector_id: int, code: str, active: bool) -> None:
        fault = (connector_id, code)
        others = tuple(other for other in self._active if other != fault)
        self._active = others + (fault,) if active else others


class SimReader:
    def __init__(self):
        self._tokens = []

    def present(self, id_token: str, token_type: str, evse_id: int = 0) -> None:
        self._tokens.append((id_token, token_type, evse_id))

    def take(self):
        return self._tokens.pop(0) if self._tokens else None


class MemoryStore:
    """A store that outlives the Station objects made on it, as flash outlives a power cut.

    Call `boot()` before each Station. Bytes are copied in, so that nobody can change them later.
    limit_bytes: of the journal.
    """

    def __init__(self, nonce: str = "0badcafe", limit_bytes: int = 262144):
        self.boot_count = 0
        self.damaged = []
        self.nonce = nonce
        self.slots = MemorySlots()
        self.journal = MemoryJournal(limit_bytes)

    def boot(self) -> "MemoryStore":
        self.boot_count += 1
        return self


class MemorySlots:
    def __init__(self):
        self.saved = {}
        self.failed = 0

    def load(self, name: str):
        return self.saved.get(name)

    def save(self, name: str, data) -> bool:
        self.saved[name] = bytes(data)
        return True

    def delete(self, name: str) -> bool:
        self.saved.pop(name, None)
        return True


class MemoryJournal:
    """limit_bytes: of what waits, each entry with `_ENTRY_BYTES` around it."""

    def __init__(self, limit_bytes: int):
        self._limit_bytes = limit_bytes
        self._records = []
        self._next_seq = 1
        self._edit_seq = 0  # where the pass goes on

    def append(self, *parts) -> int:
        payload = b"".join(parts)
        if len(payload) + _ENTRY_BYTES > self.room():
            raise OSError(_ENOSPC)
        seq = self._next_seq
        self._next_seq += 1
        self._records.append((seq, payload))
        return seq

    def head(self):
        return self._records[0] if self._records else None

    def acknowledge(self, seq: int) -> None:
        """The record `seq` and all before it are told and may be forgotten."""
        self._records = [record for record in self._records if record[0] > seq]

    def count(self) -> int:
        return len(self._records)

    def records(self):
        return iter(list(self._records))

    def room(self) -> int:
        used = sum([len(payload) + _ENTRY_BYTES for _, payload in self._records])
        return max(0, self._limit_bytes - used)

    def edit(self, change) -> bool:
        kept = self._records[:1]
        seen = 0
        for seq, payload in self._records[1:]:
            if seq >= self._edit_seq and seen < _EDIT_ENTRIES:
                seen += 1
                self._edit_seq = seq + 1
                payload = change(payload)
            if payload is not None:
                kept.append((seq, payload))
        self._records = kept
        if self._edit_seq < self._next_seq and seen == _EDIT_ENTRIES:
            return True
        self._edit_seq = 0
        return False


def _nothing() -> None:
    pass
