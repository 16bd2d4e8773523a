"""The pulse meter: counting, bouncing, power from the interval, and what goes to flash."""

from chargepoint.hal.meter_s0 import Meter
from chargepoint.station.record import Reading
from tests.support import contracts
from tests.support.fakes.pins import Input, World


class Rig:
    def __init__(self, **options):
        self.world = World()
        self.pin = Input(1)
        self.saved = []
        options.setdefault("save", self.saved.append)
        options.setdefault("hard", True)
        self.driver = Meter(self.pin, ticks_ms=self.ticks, ticks_diff=self.difference, **options)
        self.reading = Reading()

    def ticks(self):
        return self.world.now & 0x3FFFFFFF

    def difference(self, end, start):
        return ((end - start + 0x20000000) & 0x3FFFFFFF) - 0x20000000

    def pulse(self, gap_ms, bounce=0):
        self.world.us += gap_ms * 1000
        for _ in range(bounce):
            self.pin.set(0)
            self.world.us += 1000
            self.pin.set(1)
            self.world.us += 1000
        self.pin.set(0)
        self.world.us += 30000
        self.pin.set(1)

    def read(self):
        assert self.driver.read(self.reading, self.world.now) is not False
        return self.reading.energy_wh, self.reading.power_w


class ContractRig:
    def __init__(self, bounces):
        self._rig, self._bounces = Rig(), bounces

    def flow(self, power_w, duration_s):
        if not power_w:
            self._rig.world.us += duration_s * 1000000
            return
        interval_ms = 3600000 // power_w
        for _ in range(duration_s * 1000 // interval_ms):
            self._rig.pulse(interval_ms - 30 - 2 * self._bounces, self._bounces)

    def read(self):
        self._rig.read()
        return self._rig.reading


def test_contract_of_the_register():
    contracts.register(ContractRig(0))
    contracts.register(ContractRig(3))


def test_pulses_become_energy_and_power():
    rig = Rig(pulses_per_kwh=1000)
    for _ in range(11):
        rig.pulse(970)
    energy_wh, power_w = rig.read()
    assert energy_wh == 11 and abs(power_w - 3600) < 120  # a pulse a second
    assert rig.reading.current_ma == [-1, -1, -1] == rig.reading.voltage_mv


def test_the_register_goes_on_from_where_it_was():
    rig = Rig(pulses_per_kwh=800, pulses=800000)
    assert rig.read()[0] == 1000000
    for _ in range(8):
        rig.pulse(500)
    assert rig.read()[0] == 1000010


def test_bouncing_is_one_pulse():
    rig = Rig()
    for _ in range(5):
        rig.pulse(500, bounce=5)
    assert rig.read()[0] == 5


def test_power_fades_when_pulses_stay_away():
    rig = Rig()
    rig.pulse(1000)
    rig.pulse(1000)
    assert 3000 < rig.read()[1] < 3700
    rig.world.us += 9000000
    assert 300 < rig.read()[1] < 410
    rig.world.us += 60000000
    assert rig.read() == (2, 0)


def test_the_register_is_saved_now_and_then_and_when_the_flow_has_ended():
    rig = Rig(save_wh=10)
    for _ in range(35):
        rig.pulse(470)
        rig.read()
    assert rig.saved[0] == 1 and rig.saved[-1] == 31 and len(rig.saved) == 4
    rig.world.us += 61000000
    rig.read()
    rig.read()
    assert rig.saved[-1] == 35 and len(rig.saved) == 5


def test_the_tick_may_wrap():
    rig = Rig()
    rig.world.us = 0x3FFFFF00 * 1000
    rig.driver = Meter(Input(1), ticks_ms=rig.ticks, ticks_diff=rig.difference)
    rig.driver._interrupt(None)
    rig.world.us += 1000000
    rig.driver._interrupt(None)
    assert rig.read() == (2, 3600)


def test_weeks_without_a_pulse_do_not_lose_the_next_one():
    rig = Rig()
    rig.pulse(1000)
    for _ in range(40):
        rig.world.us += 86400 * 1000000
        rig.read()
    rig.pulse(0)
    assert rig.read()[0] == 2
