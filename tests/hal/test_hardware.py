"""The poller: what it tells, in which order, and what it does before anybody asks."""

from chargepoint.hal.hardware import Hardware
from chargepoint.hal.sim import SimEvse, SimReader


class Recorder:
    """A Station that notes its inputs, and what the contactor was at that moment."""

    def __init__(self, evse):
        self.evse = evse
        self.calls = []
        self.closed_then = []

    def note(self, *call):
        self.calls.append(call)
        self.closed_then.append(self.evse.contactor.closed())

    def plugged(self, evse_id, connector_id, now):
        self.note("plugged", evse_id, connector_id)

    def unplugged(self, evse_id, now):
        self.note("unplugged", evse_id)

    def pilot(self, evse_id, state, now):
        self.note("pilot", evse_id, state)

    def contactor(self, evse_id, closed, now):
        self.note("contactor", evse_id, closed)

    def locked(self, evse_id, locked, now):
        self.note("locked", evse_id, locked)

    def meter(self, evse_id, reading, now):
        self.note("meter", evse_id, reading.energy_wh, reading.power_w)

    def token(self, id_token, token_type, evse_id, now):
        self.note("token", id_token, token_type, evse_id)

    def fault(self, evse_id, connector_id, code, active, now):
        self.note("fault", evse_id, connector_id, code, active)

    def log(self, text):
        self.calls.append(("log", text))

    def taken(self):
        calls, self.calls, self.closed_then = self.calls, [], []
        return calls


def made(**options):
    evse, reader = SimEvse(), SimReader()
    hardware = Hardware((evse,), reader, **options)
    station = Recorder(evse)
    hardware.poll(station, 0)
    station.taken()
    return evse, reader, hardware, station


def charging():
    evse, reader, hardware, station = made()
    evse.pilot.connector_id, evse.pilot.pilot_state = 1, "C"
    hardware.poll(station, 1)
    hardware.execute(station, [("offer", 1, 16000), ("contactor", 1, True)], 2)
    hardware.poll(station, 3)
    assert evse.contactor.closed()
    station.taken()
    return evse, reader, hardware, station


def test_facts_are_told_once_and_cable_before_pilot():
    evse, _, hardware, station = made()
    evse.pilot.connector_id, evse.pilot.pilot_state = 1, "B"
    hardware.poll(station, 1)
    assert station.taken() == [("plugged", 1, 1), ("pilot", 1, "B")]
    hardware.poll(station, 2)
    assert station.taken() == []
    evse.pilot.connector_id, evse.pilot.pilot_state = 0, "A"
    hardware.poll(station, 3)
    assert station.taken() == [("unplugged", 1), ("pilot", 1, "A")]


def test_cards_are_told_in_order():
    _, reader, hardware, station = made()
    reader.present("A", "ISO14443")
    reader.present("B", "ISO15693", 1)
    hardware.poll(station, 1)
    assert station.taken() == [("token", "A", "ISO14443", 0), ("token", "B", "ISO15693", 1)]


def test_commands_are_confirmed():
    evse, _, hardware, station = made()
    evse.pilot.connector_id, evse.pilot.pilot_state = 1, "C"
    hardware.poll(station, 1)
    station.taken()
    commands = [("lock", 1, True), ("offer", 1, 32000), ("contactor", 1, True)]
    hardware.execute(station, commands, 2)
    assert station.taken() == [("locked", 1, True), ("contactor", 1, True)]
    assert evse.pilot.offered_ma == 32000 and evse.contactor.closed() and evse.lock.locked()


def test_the_contactor_does_not_close_without_a_healthy_pilot():
    for state in "AEF":
        evse, _, hardware, station = made()
        evse.pilot.pilot_state = state
        hardware.poll(station, 1)
        station.taken()
        hardware.execute(station, [("contactor", 1, True)], 2)
        assert station.taken() == [("contactor", 1, False)] and not evse.contactor.closed()


def test_the_contactor_does_not_close_on_a_fault():
    evse, _, hardware, station = charging()
    hardware.execute(station, [("contactor", 1, False)], 4)
    evse.faults.set(1, "GroundFailure", True)
    hardware.poll(station, 5)
    station.taken()
    hardware.execute(station, [("contactor", 1, True)], 6)
    assert station.taken() == [("contactor", 1, False)]


def test_a_fault_opens_the_contactor_before_the_station_hears_of_it():
    evse, _, hardware, station = charging()
    evse.faults.set(1, "GroundFailure", True)
    hardware.poll(station, 4)
    assert station.calls[0] == ("fault", 1, 1, "GroundFailure", True)
    assert station.closed_then[0] is False
    assert ("contactor", 1, False) in station.calls
    evse.faults.set(1, "GroundFailure", False)
    station.taken()
    hardware.poll(station, 5)
    assert station.taken() == [("fault", 1, 1, "GroundFailure", False)]
    assert not evse.contactor.closed()  # never by itself


def test_a_lost_pilot_opens_the_contactor_at_once():
    for state in "AEF":
        evse, _, hardware, station = charging()
        evse.pilot.pilot_state = state
        hardware.poll(station, 4)
        assert station.calls[0] == ("pilot", 1, state) and station.closed_then[0] is False


def test_a_fault_that_leaves_the_power_path_safe_does_not_open_it():
    evse, _, hardware, station = charging()
    evse.faults.set(1, "ReaderFailure", True)
    hardware.poll(station, 4)
    assert station.taken() == [("fault", 1, 1, "ReaderFailure", True)]
    assert evse.contactor.closed()


def test_a_welded_contactor_is_a_fault_and_what_is_so_is_told():
    evse, _, hardware, station = charging()
    evse.contactor.weld(True)
    hardware.execute(station, [("contactor", 1, False)], 4)
    assert station.taken() == [("contactor", 1, True)]
    hardware.poll(station, 5)
    assert ("fault", 1, 0, "WeldedContactor", True) in station.taken()
    evse.contactor.weld(False)
    hardware.poll(station, 6)
    assert ("contactor", 1, False) in station.taken()
    hardware.poll(station, 7)
    assert ("fault", 1, 0, "WeldedContactor", False) in station.taken()


def test_a_contactor_that_opens_by_itself_is_told():
    evse, _, hardware, station = charging()
    evse.contactor.open()
    hardware.poll(station, 4)
    assert station.taken() == [("contactor", 1, False)]


def test_the_meter_is_told_when_it_shows_something_else():
    evse, _, hardware, station = charging()
    evse.meter.set(0, 3600, (15652, 0, 0), (230000, 0, 0), -1, 0)
    hardware.poll(station, 10000)
    assert station.taken() == [("meter", 1, 10, 3600)]
    hardware.poll(station, 10100)
    assert station.taken() == []


def test_a_dead_meter_opens_the_contactor_and_faults_the_evse():
    evse, _, hardware, station = charging()
    evse.meter.broken = True
    hardware.poll(station, 4)
    assert not evse.contactor.closed()
    assert ("fault", 1, 0, "PowerMeterFailure", True) in station.taken()
    hardware.poll(station, 5)
    hardware.poll(station, 6)
    assert [call for call in station.taken() if call[0] == "fault"] == []
    evse.meter.broken = False
    hardware.poll(station, 7)
    assert ("fault", 1, 0, "PowerMeterFailure", False) in station.taken()


def test_a_dead_pilot_driver_opens_the_contactor():
    evse, _, hardware, station = charging()

    def dead():
        raise OSError("no ADC")

    evse.pilot.state = dead
    hardware.poll(station, 4)
    assert not evse.contactor.closed()
    calls = station.taken()
    assert ("pilot", 1, "F") in calls and ("fault", 1, 0, "InternalError", True) in calls


def test_deadlines():
    _, _, hardware, _ = made()
    assert hardware.next_deadline() is None  # nothing to ask without an occasion
    _, _, hardware, _ = charging()
    assert hardware.next_deadline() == 3 + 1000
    _, _, hardware, station = made(poll_ms=50)
    hardware.poll(station, 7)
    assert hardware.next_deadline() == 57


def test_open_all_makes_everything_safe():
    evse, _, hardware, _ = charging()
    hardware.open_all()
    assert not evse.contactor.closed() and evse.pilot.offered_ma == 0


class Slow:
    """A contactor or lock that takes until it is told to have moved."""

    def __init__(self):
        self.wanted = self.there = self.failed = False
        self.polls = 0

    def poll(self, now):
        self.polls += 1

    def command(self, wanted):
        if wanted != self.wanted:
            self.wanted, self.failed = wanted, False
        if self.there == wanted:
            return True
        return False if self.failed else None

    def close(self):
        return self.command(True)

    def open(self):
        return self.command(False)

    lock, unlock = close, open

    def closed(self):
        return self.there

    locked = closed


class Dying:
    """A driver whose part does not answer any more."""

    def __init__(self, driver):
        self.offer = getattr(driver, "offer", None)

    def poll(self, now):
        raise OSError("no SPI")


class Drivers:
    def __init__(self, pilot, contactor, lock, meter, faults):
        self.pilot, self.contactor, self.lock = pilot, contactor, lock
        self.meter, self.faults = meter, faults


class Modest:
    """A meter with nothing to say, a pilot that offers less."""

    def read(self, reading, now):
        return False

    def offer(self, current_ma):
        return min(current_ma, 13000)


def slow(meter=None):
    sim = SimEvse()
    evse = Drivers(sim.pilot, Slow(), Slow(), meter or sim.meter, sim.faults)
    hardware = Hardware((evse,), None)
    station = Recorder(evse)
    evse.pilot.connector_id, evse.pilot.pilot_state = 1, "C"
    hardware.poll(station, 0)
    station.taken()
    return evse, hardware, station


def test_a_command_that_takes_time_is_confirmed_when_it_is_done():
    for kind, part in (("contactor", "contactor"), ("lock", "locked")):
        evse, hardware, station = slow()
        driver = getattr(evse, kind)
        for wanted in (True, False):
            hardware.execute(station, [(kind, 1, wanted)], 1)
            hardware.poll(station, 2)
            assert station.taken() == []
            driver.there = wanted
            hardware.poll(station, 3)
            assert station.taken() == [(part, 1, wanted)]
        assert driver.polls == 5


def test_a_contactor_is_welded_only_when_its_driver_says_so():
    evse, hardware, station = slow()
    hardware.execute(station, [("contactor", 1, True)], 1)
    evse.contactor.there = True
    hardware.poll(station, 2)
    hardware.execute(station, [("contactor", 1, False)], 3)
    hardware.poll(station, 4)
    assert station.taken() == [("contactor", 1, True)]
    evse.contactor.failed = True
    hardware.poll(station, 5)
    assert station.taken() == [("fault", 1, 0, "WeldedContactor", True)]
    evse.contactor.there = False
    hardware.poll(station, 6)
    hardware.poll(station, 7)
    assert ("fault", 1, 0, "WeldedContactor", False) in station.taken()


def test_a_fault_recalls_a_contactor_that_has_not_closed_yet():
    evse, hardware, station = slow()
    hardware.execute(station, [("contactor", 1, True)], 1)
    evse.faults.set(0, "GroundFailure", True)
    hardware.poll(station, 2)
    assert evse.contactor.wanted is False


def test_what_is_offered_may_be_less_than_what_was_asked():
    sim = SimEvse()
    evse = Drivers(Modest(), sim.contactor, sim.lock, sim.meter, sim.faults)
    hardware, station = Hardware((evse,), None), Recorder(evse)
    hardware.execute(station, [("offer", 1, 32000)], 4)
    assert hardware._units[0].reading.offered_ma == 13000


def test_a_meter_that_knows_nothing_yet_is_neither_told_nor_a_fault():
    _, hardware, station = slow(Modest())
    hardware.poll(station, 1)
    assert station.taken() == []


def test_a_dead_reader_is_told_once_and_harms_nothing():
    evse, reader, hardware, station = charging()
    hardware.reader = Dying(reader)
    hardware.poll(station, 4)
    hardware.poll(station, 5)
    assert station.taken() == [
        ("log", "card reader: no SPI"),
        ("fault", 1, 0, "ReaderFailure", True),
    ]
    assert evse.contactor.closed()
    hardware.reader = reader
    hardware.poll(station, 6)
    assert station.taken() == [("fault", 1, 0, "ReaderFailure", False)]


def test_movers_are_looked_after_whatever_the_pilot_says():
    sim = SimEvse()
    evse = Drivers(Dying(sim.pilot), Slow(), Slow(), sim.meter, sim.faults)
    station = Recorder(evse)
    Hardware((evse,), None).poll(station, 1)
    assert evse.lock.polls == 1
    assert ("fault", 1, 0, "InternalError", True) in station.taken()
