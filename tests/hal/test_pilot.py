"""The control pilot: duty cycles, states, the diode, and lines that are broken."""

from chargepoint.hal.pilot import Pilot, TimerPwm
from chargepoint.hal.sim import SimEvse
from tests.support import contracts
from tests.support.contracts import Rig, failure
from tests.support.fakes.pins import Adc, Adc16, Pwm, World, locked_heap
from tests.support.fakes.power import PilotLine


class Cable:
    def __init__(self, rating_ma):
        self.rating_ma, self.fault = rating_ma, None

    def poll(self, now):
        pass


class RealRig(Rig):
    def __init__(self, coarse=False, inverted=False, **options):
        world, self.pwm = World(), Pwm(inverted)
        self.line = PilotLine(world, self.pwm, inverted)
        self.adc = Adc(world, self.line.adc_mv)
        adc = Adc16(self.adc) if coarse else self.adc
        super().__init__(Pilot(self.pwm, adc, inverted=inverted, **options), world)

    def ev(self, state):
        self.line.state = state


class SimRig(Rig):
    def ev(self, state):
        self.driver.pilot_state = state
        self.driver.connector_id = 0 if state == "A" else 1


def plugged(state="B", offer_ma=16000, **options):
    rig = RealRig(**options)
    rig.ev(state)
    rig.settle()
    rig.driver.offer(offer_ma)
    return rig


def test_contract_of_the_simulated_driver():
    contracts.pilot(SimRig(SimEvse().pilot))


def test_contract_of_the_real_driver():
    contracts.pilot(RealRig())
    contracts.pilot(RealRig(coarse=True, inverted=True))
    contracts.pilot(RealRig(proximity=Cable(20000)))


def test_duty_cycle_by_the_standard():
    rig = RealRig()
    assert rig.pwm.duty == 65535  # steady +12 V
    for current_ma, per_mille in (
        (6000, 100),
        (10000, 167),
        (16000, 267),
        (32000, 533),
        (51000, 850),
        (63000, 892),
        (80000, 960),
    ):
        assert rig.driver.offer(current_ma) == current_ma
        assert abs(rig.pwm.duty * 1000 / 65535 - per_mille) < 1
    rig.driver.offer(0)
    assert rig.pwm.duty == 65535


def test_what_can_not_be_said_is_not_offered():
    rig = RealRig()
    assert rig.driver.offer(5999) == 0 and rig.pwm.duty == 65535
    assert rig.driver.offer(100000) == 80000


def test_states_at_the_least_and_the_most_current():
    for offer_ma in (6000, 51000, 80000):
        rig = plugged("B", offer_ma)
        for state in "BCDB":
            rig.ev(state)
            rig.settle()
            assert rig.driver.state() == state


def test_the_ev_counts_as_b_until_its_diode_was_seen():
    rig = RealRig()
    rig.ev("C")
    rig.settle()
    assert rig.driver.state() == "B"  # steady +12 V proves nothing
    rig.driver.offer(16000)
    rig.settle()
    assert rig.driver.state() == "C"
    rig.driver.offer(0)
    rig.settle()
    assert rig.driver.state() == "B"


def test_a_missing_diode_is_a_fault_until_the_ev_is_gone():
    rig = RealRig()
    rig.line.diode = False
    rig.ev("C")
    rig.settle()
    rig.driver.offer(16000)
    states = []
    for _ in range(20):
        rig.settle(20)
        states.append(rig.driver.state())
    assert "C" not in states
    assert rig.driver.state() == "F" and rig.driver.fault == "DiodeFailure"
    assert rig.driver.plugged() == 1
    rig.driver.offer(0)  # what the station does then
    rig.settle()
    assert rig.driver.state() == "F"
    rig.ev("A")
    rig.settle()
    assert rig.driver.state() == "A" and rig.driver.fault is None


def test_a_diode_that_fails_while_charging():
    rig = plugged("C")
    rig.settle()
    assert rig.driver.state() == "C"
    rig.line.diode = False
    rig.settle()
    assert rig.driver.state() == "F" and rig.driver.fault == "DiodeFailure"


def test_an_ev_that_leaves_c_is_seen_within_60_ms():
    for offer_ma in (6000, 16000, 80000):
        for state in "ABE":
            rig = plugged("C", offer_ma)
            rig.settle()
            rig.ev(state)
            rig.settle(60)
            assert rig.driver.state() == state


def test_one_odd_sampling_changes_nothing():
    rig = plugged("C")
    rig.settle()
    rig.ev("A")
    rig.settle(20)
    rig.ev("C")
    rig.settle(20)
    assert rig.driver.state() == "C" and rig.driver.plugged() == 1


def test_a_burst_that_misses_the_high_level_is_passed_over():
    rig = plugged("B", 6000, samples=8)  # half a period
    highs = []
    for _ in range(100):
        rig.settle(20)
        highs.append(rig.driver.high_mv)
        assert rig.driver.state() == "B"
    assert min(highs) < -11000


def test_polls_at_the_same_moment_are_one_sampling():
    rig = RealRig()
    rig.settle()
    readings = rig.adc.readings
    rig.driver.poll(rig.world.now)
    rig.driver.poll(rig.world.now)
    assert rig.adc.readings - readings <= 24


def test_an_oscillator_that_is_dead_below_is_state_f():
    rig = plugged("B")
    rig.settle()
    rig.line.state = "F"
    rig.settle()
    assert rig.driver.state() == "F" and rig.driver.plugged() == 1


def test_an_impossible_level_is_no_answer():
    rig = RealRig()
    rig.settle()
    rig.line.offset_mv = 2000
    rig.world.advance(20)
    assert failure(rig.driver.poll, rig.world.now)
    assert failure(rig.driver.poll, rig.world.now)  # each time
    rig.line.offset_mv = 0
    rig.settle()
    assert rig.driver.state() == "A"


def test_the_cable_limits_the_offer():
    cable = Cable(13000)
    rig = plugged("B", 32000, proximity=cable)
    assert rig.driver.offered_ma == 13000
    assert rig.driver.offer(10000) == 10000
    rig.driver.offer(32000)
    cable.rating_ma = 20000
    rig.settle()
    assert rig.driver.offered_ma == 20000


def test_without_a_cable_nothing_is_plugged_or_offered():
    cable = Cable(32000)
    rig = plugged("B", 16000, proximity=cable)
    rig.settle()
    assert rig.driver.plugged() == 1
    cable.rating_ma = 0
    rig.settle()
    assert rig.driver.plugged() == 0 and rig.pwm.duty == 65535


def test_a_poll_does_not_allocate():
    rig = plugged("C")
    rig.settle()

    class Steady:
        def read_uv(self):
            return 2310000

    steady = Pilot(Pwm(), Steady(), proximity=Cable(32000))
    steady.offer(16000)
    for n in range(4):
        locked_heap(steady.poll, 100 + 20 * n)
    assert steady.state() == "B"


class Timer:
    """As pyb.Timer with one channel."""

    def __init__(self):
        self.frequency_hz = self.width = 0

    def freq(self, frequency_hz):
        self.frequency_hz = frequency_hz

    def period(self):
        assert self.frequency_hz
        return 53999  # 108 MHz, divided by 2, at 1 kHz

    def pulse_width(self, width):
        assert 0 <= width <= 54000
        self.width = width


def test_a_timer_makes_the_same_duty_cycles():
    timer = Timer()
    pilot = Pilot(TimerPwm(timer, timer), Adc(World(), lambda: 2970))
    assert timer.frequency_hz == 1000 and timer.width == 54000
    for current_ma, width in ((6000, 5400), (16000, 14400), (32000, 28800), (80000, 51840)):
        pilot.offer(current_ma)
        assert abs(timer.width - width) <= 2
    pilot.offer(0)
    assert timer.width == 54000
