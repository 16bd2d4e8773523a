"""The drivers of one EVSE as `Hardware` wants them, and its faults gathered from them."""


class EvseDrivers:
    """pilot, contactor, lock, meter: drivers; sensors: whatever else has poll(now) and `fault`."""

    def __init__(self, pilot, contactor, lock, meter, sensors=()):
        self.pilot = pilot
        self.contactor = contactor
        self.lock = lock
        self.meter = meter
        self.faults = Faults((pilot, lock) + tuple(sensors), sensors)


class Faults:
    """The `fault` (a code or None) of each of `parts`, as faults of the whole EVSE.

    polled: those of them that nobody else polls. `active()` allocates only when something changed.
    """

    def __init__(self, parts, polled=()):
        self._parts = [part for part in parts if hasattr(part, "fault")]
        self._polled = polled
        self._known: list = [None] * len(self._parts)
        self._active = ()

    def poll(self, now: int) -> None:
        for part in self._polled:
            part.poll(now)

    def active(self) -> tuple:
        changed = False
        for n in range(len(self._parts)):
            fault = self._parts[n].fault
            if fault != self._known[n]:
                self._known[n] = fault
                changed = True
        if changed:
            codes = []
            for fault in self._known:
                if fault is not None and fault not in codes:
                    codes.append(fault)
            self._active = tuple([(0, code) for code in codes])
        return self._active
