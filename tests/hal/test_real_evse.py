"""Hardware on the real drivers: a whole session, faults, and parts that take their time."""

from chargepoint.hal.contactor import Contactor
from chargepoint.hal.evse import EvseDrivers
from chargepoint.hal.hardware import Hardware
from chargepoint.hal.lock import Lock
from chargepoint.hal.meter_modbus import SDM120, Bus, Meter
from chargepoint.hal.pilot import Pilot
from chargepoint.hal.proximity import Proximity
from chargepoint.hal.reader_mfrc522 import Mfrc522
from chargepoint.hal.residual_current import ResidualCurrent
from tests.support.fakes.cards import Card, Mfrc522Chip
from tests.support.fakes.modbus import Device, Uart
from tests.support.fakes.pins import Adc, Pwm, World
from tests.support.fakes.power import Monitor, MotorLock, PilotLine, Relay

_POLL_MS = 20


class Station:
    """Notes its inputs."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)

        def note(*arguments):
            if name == "meter":
                arguments = (arguments[0], arguments[1].energy_wh, None)
            self.calls.append((name,) + arguments[: 1 if name == "log" else -1])

        return note

    def taken(self, *names):
        calls, self.calls = self.calls, []
        return [call for call in calls if not names or call[0] in names]


class Rig:
    def __init__(self):
        world = self.world = World()
        pwm = self.pwm = Pwm()
        self.line = PilotLine(world, pwm)
        self.plug_ohm = 1000000
        self.relay, self.bolt, self.monitor = Relay(world), MotorLock(world), Monitor(world)
        self.chip = Mfrc522Chip(world)
        uart = Uart(world)
        self.device = Device(
            1, {(4, 0): 230.0, (4, 6): 0.0, (4, 12): 0.0, (4, 0x46): 50.0, (4, 0x48): 5.0}
        )
        uart.devices.append(self.device)
        proximity = Proximity(Adc(world, lambda: 3300 * self.plug_ohm // (self.plug_ohm + 1000)))
        pilot = Pilot(pwm, Adc(world, self.line.adc_mv), proximity=proximity)
        current = ResidualCurrent(
            self.monitor.trip, self.monitor.test, cleared=lambda: not pilot.plugged()
        )
        contactor = Contactor(self.relay.coil, self.relay.feedback, test=current)
        current._on_trip = contactor.cut
        lock = Lock(self.bolt.extend, self.bolt.retract, self.bolt.feedback)
        meter = Meter(Bus(uart, 9600), 1, SDM120)
        self.evse = EvseDrivers(pilot, contactor, lock, meter, (current, proximity))
        self.hardware = Hardware(
            (self.evse,), Mfrc522(self.chip, self.chip.select), poll_ms=_POLL_MS
        )
        self.station = Station()
        self.run(1000)

    def run(self, duration_ms=400):
        for _ in range(duration_ms // _POLL_MS):
            self.world.advance(_POLL_MS)
            self.hardware.poll(self.station, self.world.now)

    def execute(self, *command):
        self.hardware.execute(self.station, [command], self.world.now)


def charging():
    rig = Rig()
    rig.plug_ohm, rig.line.state = 220, "B"
    rig.run()
    rig.execute("lock", 1, True)
    rig.execute("offer", 1, 16000)
    rig.line.state = "C"
    rig.run(1000)
    rig.execute("contactor", 1, True)
    rig.run()
    assert rig.relay.closed and rig.evse.contactor.closed()
    return rig


def test_a_whole_session():
    rig = Rig()
    assert rig.station.taken() == [("meter", 1, 5000)]
    rig.chip.cards.append(Card(b"\x04\x01\x02\x03\x04\x05\x06"))
    rig.run()
    rig.chip.cards.clear()
    assert rig.station.taken() == [("token", "04010203040506", "ISO14443", 0)]
    rig.plug_ohm, rig.line.state = 680, "B"
    rig.run()
    assert rig.station.taken() == [("plugged", 1, 1), ("pilot", 1, "B")]
    rig.execute("lock", 1, True)
    rig.execute("offer", 1, 32000)
    assert rig.station.taken() == []  # the bolt is on its way
    rig.run(1000)
    assert rig.station.taken("locked") == [("locked", 1, True)]
    assert rig.evse.pilot.offered_ma == 20000  # what the cable carries
    rig.line.state = "C"
    rig.run()
    assert rig.station.taken() == [("pilot", 1, "C")]
    rig.execute("contactor", 1, True)
    assert rig.station.taken() == []
    rig.run()
    assert rig.station.taken() == [("contactor", 1, True)]
    rig.device.set(4, 0x48, 5.25)
    rig.run(1000)
    assert rig.station.taken() == [("meter", 1, 5250)]
    rig.execute("contactor", 1, False)
    rig.execute("offer", 1, 0)
    rig.run()
    assert rig.station.taken("contactor", "fault") == [("contactor", 1, False)]
    rig.execute("lock", 1, False)
    rig.run(3000)
    assert ("locked", 1, False) in rig.station.taken()
    rig.plug_ohm, rig.line.state = 1000000, "A"
    rig.run()
    assert rig.station.taken() == [("unplugged", 1), ("pilot", 1, "A")]


def test_contacts_that_open_in_their_time_are_not_welded():
    rig = charging()
    rig.station.taken()
    rig.execute("contactor", 1, False)
    rig.run()
    assert rig.station.taken("fault", "contactor") == [("contactor", 1, False)]


def test_contacts_that_do_not_open_are_welded():
    rig = charging()
    rig.relay.welded = True
    rig.station.taken()
    rig.execute("contactor", 1, False)
    rig.run(100)
    assert rig.station.taken("fault") == []
    rig.run(300)
    assert rig.station.taken("fault") == [("fault", 1, 0, "WeldedContactor", True)]
    rig.relay.welded = False
    rig.run()
    calls = rig.station.taken("fault", "contactor")
    assert ("contactor", 1, False) in calls
    assert ("fault", 1, 0, "WeldedContactor", False) in calls


def test_a_fault_while_the_contacts_are_still_on_their_way_opens_them():
    rig = charging()
    rig.execute("contactor", 1, False)
    rig.run()
    rig.execute("contactor", 1, True)
    while not rig.relay.coil.level:
        rig.run(_POLL_MS)
    rig.world.advance(5)
    rig.monitor.spike()
    assert not rig.relay.coil.level
    rig.run(2000)
    assert not rig.relay.closed and not rig.relay.coil.level
    assert ("fault", 1, 0, "GroundFailure", True) in rig.station.taken("fault")


def test_power_is_off_100_ms_after_the_ev_has_gone():
    rig = charging()
    rig.line.state = "A"
    rig.run(100)
    assert not rig.relay.closed


def test_a_missing_diode_opens_the_contactor():
    rig = charging()
    rig.line.diode = False
    rig.run()
    calls = rig.station.taken()
    assert ("pilot", 1, "F") in calls and ("fault", 1, 0, "DiodeFailure", True) in calls
    assert not rig.relay.closed


def test_a_dead_pilot_does_not_keep_the_lock_from_ending_its_pulse():
    rig = Rig()
    rig.execute("lock", 1, True)
    rig.run(100)
    assert rig.bolt.extend.level
    rig.line.offset_mv = 2000
    rig.run(3000)
    assert not rig.bolt.extend.level
    calls = rig.station.taken()
    assert ("fault", 1, 0, "InternalError", True) in calls and ("pilot", 1, "F") in calls


def test_a_dead_meter_and_a_dead_reader():
    rig = charging()
    rig.station.taken()
    rig.chip.version = 0
    rig.run(3000)
    calls = rig.station.taken("fault")
    assert calls == [("fault", 1, 0, "ReaderFailure", True)] and rig.relay.closed
    rig.device.fault = "silent"
    rig.run(3000)
    assert rig.station.taken("fault") == [("fault", 1, 0, "PowerMeterFailure", True)]
    assert not rig.relay.closed
    rig.chip.version, rig.device.fault = 0x92, ""
    rig.run(3000)
    assert rig.station.taken("fault") == [
        ("fault", 1, 0, "PowerMeterFailure", False),
        ("fault", 1, 0, "ReaderFailure", False),
    ]


def test_the_cable_that_is_pulled_out_ends_it():
    rig = charging()
    rig.plug_ohm = 1000000
    rig.run(100)
    assert ("unplugged", 1) in rig.station.taken()
    assert rig.pwm.duty == 65535


def test_everything_is_made_safe_at_the_end():
    rig = charging()
    rig.hardware.open_all()
    assert not rig.relay.coil.level and rig.pwm.duty == 65535
