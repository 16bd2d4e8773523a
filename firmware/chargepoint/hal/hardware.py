"""Polls the drivers, tells the Station what has changed, and does what the Station commands.

Safety comes before news: when a fault or a bad pilot is seen, the contactor opens first and the
Station hears of it afterwards. It closes only on command, with a pilot that is healthy (B, C or
D) and no fault; a refused or failed command is answered with what is so, never with what was
asked. Facts come in the order in which they can be understood: meter, cable, pilot, faults,
contactor, lock.

The contracts of the drivers are in the package's documentation. What this does not do: decide
who may charge, or count energy.
"""

from ..compat import const
from ..station.record import Reading

_HEALTHY = "BCD"
# Failures of parts that have nothing to do with the power path.
_HARMLESS = "NoError ReaderFailure WeakSignal LocalListConflict ResetFailure"
_METER_MS = const(1000)


class Hardware:
    """The peripherals of one station.

    evses: the drivers of each EVSE, in order of their ids; reader: the card reader, or None;
    poll_ms: how often drivers that can't wake the runtime must be asked (None: all of them can);
    meter_ms: how often the meter is read while a contactor is closed, besides all other occasions.
    """

    def __init__(self, evses, reader=None, poll_ms=None, meter_ms=_METER_MS):
        self.reader = reader
        self.poll_ms = poll_ms
        self.meter_ms = meter_ms
        self._units = [_Unit(n + 1, drivers) for n, drivers in enumerate(evses)]
        self._polled_ms = 0
        self._reader_answers = True

    def introduce(self, station) -> None:
        """Tell the Station what times the drivers take, where they differ from the usual."""
        for unit in self._units:
            evse, contactor = station.evses[unit.id - 1], unit.drivers.contactor
            evse.close_ms = getattr(contactor, "close_ms", evse.close_ms)
            evse.open_ms = getattr(contactor, "open_ms", evse.open_ms)
            evse.ramp_down_ms = getattr(unit.drivers.pilot, "ramp_down_ms", evse.ramp_down_ms)

    def poll(self, station, now: int) -> None:
        """Read every driver and feed the Station's inputs with what is new."""
        self._polled_ms = now
        for unit in self._units:
            unit.poll(station, now)
        if self.reader is not None:
            self._read_cards(station, now)

    def execute(self, station, commands, now: int) -> None:
        """Do the Station's commands in order; each is confirmed by an input."""
        for kind, evse_id, value in commands:
            self._units[evse_id - 1].execute(station, kind, value, now)

    def next_deadline(self):
        """Tick in ms of the next poll that is due without an occasion, or None."""
        if self.poll_ms is not None:
            return self._polled_ms + self.poll_ms
        for unit in self._units:
            if unit.closed:
                return self._polled_ms + self.meter_ms
        return None

    def _read_cards(self, station, now: int) -> None:
        reader, answers = self.reader, True
        try:
            if hasattr(reader, "poll"):
                reader.poll(now)
            token = reader.take()
            while token is not None:
                station.token(token[0], token[1], token[2], now)
                token = reader.take()
        except OSError as error:
            answers = False
            if self._reader_answers:
                station.log("card reader: %s" % error)
        if answers != self._reader_answers:
            self._reader_answers = answers
            for unit in self._units:
                station.fault(unit.id, 0, "ReaderFailure", not answers, now)

    def open_all(self) -> None:
        """Open every contactor and end every offer, whatever state the program is in."""
        for unit in self._units:
            try:
                unit.make_safe()
            except OSError:
                continue  # nobody is left to be told, and the next one must open too


class _Unit:
    """One EVSE's drivers, and what the Station was told of them last."""

    def __init__(self, evse_id: int, drivers):
        self.id = evse_id
        self.drivers = drivers
        self.reading = Reading()
        self.closed = False
        self.welded = False
        self._commanded = False  # to close, whether it has followed or not
        self._opening = False  # it may still follow
        # What moves by itself must be looked after whatever the others say; these never raise.
        self._movers = [d for d in (drivers.contactor, drivers.lock) if hasattr(d, "poll")]
        self._sensors = [d for d in (drivers.pilot, drivers.faults) if hasattr(d, "poll")]
        self._connector_id = 0
        self._pilot = "A"
        self._faults = ()
        self._locked = False
        self._metered = None
        self._meter_answers = True

    def poll(self, station, now: int) -> None:
        drivers = self.drivers
        for driver in self._movers:
            driver.poll(now)
        if self._opening:
            self._follow()
        try:
            for driver in self._sensors:
                driver.poll(now)
            connector_id, pilot = drivers.pilot.plugged(), drivers.pilot.state()
            faults = drivers.faults.active()
        except OSError as error:  # a driver that is dead can't vouch for anything
            station.log("EVSE %d: %s" % (self.id, error))
            connector_id, pilot, faults = self._connector_id, "F", ((0, "InternalError"),)
        metered = self._read_meter(station, now)
        if not self._meter_answers:
            faults = tuple(faults) + ((0, "PowerMeterFailure"),)
        if (self.closed or self._commanded) and (pilot not in _HEALTHY or _harmful(faults)):
            self._open()
        if self.welded:
            faults = tuple(faults) + ((0, "WeldedContactor"),)
        if metered:  # first, for the other facts may end a transaction
            self._tell_meter(station, now)
        self._tell_cable(station, connector_id, pilot, now)
        self._tell_faults(station, faults, now)
        self._tell_contactor(station, now)
        locked = drivers.lock.locked()
        if locked != self._locked:
            self._locked = locked
            station.locked(self.id, locked, now)

    def execute(self, station, kind: str, value, now: int) -> None:
        drivers = self.drivers
        if kind == "contactor":
            done = False
            if not value:
                self._open()
                done = None if self._opening else True
            elif self._may_close():
                self._commanded, self._opening = True, False
                done = drivers.contactor.close()
            closed = drivers.contactor.closed()
            if done is not None or closed != self.closed:  # else the poll will tell
                self.closed = closed
                station.contactor(self.id, closed, now)
        elif kind == "offer":
            offered_ma = drivers.pilot.offer(value)
            self.reading.offered_ma = value if offered_ma is None else offered_ma
            self._metered = None
        elif kind == "lock":
            done = (drivers.lock.lock if value else drivers.lock.unlock)()
            locked = drivers.lock.locked()
            if done is not None or locked != self._locked:
                self._locked = locked
                station.locked(self.id, locked, now)

    def _may_close(self) -> bool:
        """What the poll found holds for as long as the station takes to decide."""
        try:
            return self.drivers.pilot.state() in _HEALTHY and not _harmful(self._faults)
        except OSError:
            return False

    def make_safe(self) -> None:
        """Open first; then stop offering. An error of one driver must not keep the other."""
        try:
            self._open()
        finally:
            self.drivers.pilot.offer(0)

    def _open(self) -> None:
        self._commanded = False
        self._follow()

    def _follow(self) -> None:
        """A contactor that stays closed on command is welded, until it opens."""
        opened = self.drivers.contactor.open()
        self._opening = opened is None
        self.welded = opened is False

    def _tell_cable(self, station, connector_id: int, pilot: str, now: int) -> None:
        if connector_id != self._connector_id:
            if self._connector_id:
                station.unplugged(self.id, now)
            self._connector_id = connector_id
            if connector_id:
                station.plugged(self.id, connector_id, now)
        if pilot != self._pilot:
            self._pilot = pilot
            station.pilot(self.id, pilot, now)

    def _tell_faults(self, station, faults, now: int) -> None:
        if faults == self._faults:
            return
        before, self._faults = self._faults, faults
        for fault in before:
            if fault not in faults:
                station.fault(self.id, fault[0], fault[1], False, now)
        for fault in faults:
            if fault not in before:
                station.fault(self.id, fault[0], fault[1], True, now)

    def _tell_contactor(self, station, now: int) -> None:
        closed = self.drivers.contactor.closed()
        if not closed:
            self.welded = False
        if closed != self.closed:
            self.closed = closed
            station.contactor(self.id, closed, now)

    def _read_meter(self, station, now: int) -> bool:
        """Whether the reading is one; `_meter_answers` is about the meter itself."""
        try:
            known = self.drivers.meter.read(self.reading, now)
        except OSError as error:
            if self._meter_answers:
                station.log("EVSE %d: meter: %s" % (self.id, error))
            self._meter_answers = False
            return False
        self._meter_answers = True
        return known is not False

    def _tell_meter(self, station, now: int) -> None:
        reading = self.reading
        metered = (reading.energy_wh, reading.power_w, reading.soc_percent)
        if metered != self._metered:
            self._metered = metered
            station.meter(self.id, reading, now)


def _harmful(faults) -> bool:
    for fault in faults:
        if fault[1] not in _HARMLESS.split():
            return True
    return False
