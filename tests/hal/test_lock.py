"""The lock of a socket: motor and solenoid, a bolt that sticks, a motor that must not burn."""

from chargepoint.hal.lock import Lock, NoLock
from chargepoint.hal.sim import SimEvse
from tests.support import contracts
from tests.support.contracts import Rig
from tests.support.fakes.pins import Input, Output, World, locked_heap
from tests.support.fakes.power import MotorLock, Solenoid


class RealRig(Rig):
    def __init__(self, feedback=True):
        world = World()
        self.part = MotorLock(world)
        part = self.part
        driver = Lock(part.extend, part.retract, part.feedback if feedback else None)
        super().__init__(driver, world, 6000)

    def stick(self, stuck):
        self.part.stuck = stuck


class SolenoidRig(Rig):
    def __init__(self):
        world = World()
        self.part = Solenoid(world)
        super().__init__(Lock(self.part.extend, None, self.part.feedback), world, 6000)

    def stick(self, stuck):
        self.part.stuck = stuck


class SimRig(Rig):
    def stick(self, stuck):
        self.driver.stuck = stuck


def test_contract_of_the_simulated_driver():
    contracts.lock(SimRig(SimEvse().lock))


def test_contract_of_the_real_driver():
    contracts.lock(RealRig())
    contracts.lock(SolenoidRig())


def test_a_pulse_ends_and_the_bolt_stays():
    rig = RealRig()
    assert rig.driver.lock() is None
    rig.settle(2000)
    assert rig.driver.locked() and rig.part.pulses == 1
    assert rig.part.extend.level == rig.part.retract.level == 0
    rig.settle(10000)
    assert rig.part.pulses == 1


def test_a_bolt_that_sticks_gets_three_tries_then_it_is_a_fault():
    rig = RealRig()
    rig.stick(True)
    rig.driver.lock()
    rig.settle(10000)
    assert rig.part.pulses == 3 and rig.driver.fault == "ConnectorLockFailure"
    assert not rig.driver.locked()
    rig.stick(False)
    rig.driver.lock()  # a new command tries anew
    assert rig.driver.fault is None
    rig.settle()
    assert rig.driver.locked() and rig.driver.fault is None


def test_a_bolt_that_was_moved_by_hand_ends_the_fault():
    rig = RealRig()
    rig.stick(True)
    rig.driver.lock()
    rig.settle(10000)
    rig.part.feedback.set(1)
    rig.settle(2000)
    assert rig.driver.locked() and rig.driver.fault is None


def test_a_bolt_that_is_forced_is_put_back():
    rig = RealRig()
    rig.driver.lock()
    rig.settle()
    rig.part._place_ms = 0
    rig.part.feedback.set(0)
    rig.settle()
    assert rig.driver.locked() and rig.part.pulses == 2


def test_turning_round_stops_the_motor_first():
    rig = RealRig()
    rig.driver.lock()
    rig.settle(100)
    assert rig.part.extend.level
    rig.driver.unlock()
    assert not rig.part.extend.level and not rig.part.retract.level
    rig.settle(40)
    assert rig.part.retract.level
    rig.settle()
    assert not rig.driver.locked()


def test_without_feedback_it_is_believed_after_the_pulse():
    rig = RealRig(feedback=False)
    rig.driver.lock()
    rig.settle(400)
    assert not rig.driver.locked()
    rig.settle(1000)
    assert rig.driver.locked()
    rig.driver.unlock()
    rig.settle()
    assert not rig.driver.locked() and rig.driver.fault is None


def test_nothing_moves_before_the_first_command():
    rig = RealRig()
    rig.settle()
    assert rig.part.pulses == 0
    locked = Lock(Output(), Output(), Input(1))
    assert locked.locked()


def test_a_solenoid_is_held_while_it_is_locked():
    rig = SolenoidRig()
    rig.driver.lock()
    rig.settle()
    assert rig.part.extend.level == 1
    rig.driver.unlock()
    rig.settle()
    assert rig.part.extend.level == 0


def test_a_fixed_cable_has_no_lock():
    lock = NoLock()
    assert not lock.lock() and lock.unlock() and not lock.locked()


def test_a_poll_does_not_allocate():
    lock = Lock(Output(), Output(), Input(0))
    lock.lock()
    for n in range(200):
        locked_heap(lock.poll, 20 * n)
    assert lock.fault == "ConnectorLockFailure"
