"""The residual current monitor, and the faults of an EVSE gathered."""

from chargepoint.hal.evse import EvseDrivers, Faults
from chargepoint.hal.residual_current import ResidualCurrent
from chargepoint.hal.sim import SimEvse
from tests.support import contracts
from tests.support.contracts import Rig
from tests.support.fakes.pins import World, locked_heap
from tests.support.fakes.power import Monitor


class RealRig(Rig):
    def __init__(self, **options):
        world = World()
        self.monitor = Monitor(world)
        self.unplugged = True
        options.setdefault("cleared", lambda: self.unplugged)
        self.current = ResidualCurrent(self.monitor.trip, self.monitor.test, **options)
        super().__init__(Faults((self.current,), (self.current,)), world, 2000)

    def trip(self, tripped):
        self.monitor.leaking = tripped


class SimRig(Rig):
    def trip(self, tripped):
        self.driver.set(0, "GroundFailure", tripped)


def test_contract_of_the_simulated_driver():
    contracts.faults(SimRig(SimEvse().faults))


def test_contract_of_the_real_driver():
    contracts.faults(RealRig())


def test_a_trip_that_nobody_saw_is_latched():
    rig = RealRig()
    rig.settle(20)
    rig.monitor.spike()
    rig.settle(20)
    assert rig.driver.active() == ((0, "GroundFailure"),)


def test_a_trip_holds_until_the_ev_is_gone_and_the_input_quiet():
    rig = RealRig()
    rig.unplugged = False
    rig.monitor.spike()
    rig.settle()
    assert rig.driver.active()
    rig.unplugged = True
    rig.settle(900)
    assert rig.driver.active()
    rig.settle(200)
    assert rig.driver.active() == ()


def test_without_a_way_to_clear_it_holds():
    rig = RealRig(cleared=None)
    rig.monitor.spike()
    rig.settle(60000)
    assert rig.driver.active()


def test_the_self_test_is_no_fault_and_ends():
    rig = RealRig()
    rig.current.start()
    assert not rig.current.passed
    rig.settle(200)
    assert rig.current.passed and rig.driver.active() == ()
    assert rig.monitor.test.level == 0 and rig.monitor.trip.level == 0


def test_a_self_test_that_does_not_trip_or_does_not_end_is_a_fault():
    for weakness in ("deaf", "sticky"):
        rig = RealRig()
        rig.current.start()
        setattr(rig.monitor, weakness, True)
        rig.settle(500)
        assert not rig.current.passed and rig.driver.active()
        assert rig.monitor.test.level == 0


def test_without_a_test_input_every_test_passes_but_after_a_trip():
    world = World()
    monitor = Monitor(world)
    current = ResidualCurrent(monitor.trip)
    current.start()
    assert current.passed
    monitor.spike()
    current.poll(20)
    current.start()
    assert not current.passed


def test_a_broken_wire_is_a_trip_where_the_level_is_chosen_so():
    world = World()
    monitor = Monitor(world)
    current = ResidualCurrent(monitor.trip, trip_level=0)  # the input is pulled low
    current.poll(0)
    assert current.fault == "GroundFailure"


def test_the_faults_of_all_parts_are_told_once():
    class Part:
        def __init__(self):
            self.fault: str | None = None

    parts = [Part(), Part(), Part()]
    evse = EvseDrivers(parts[0], None, parts[1], None, ())
    assert evse.faults.active() == ()
    parts[0].fault, parts[1].fault = "DiodeFailure", "ConnectorLockFailure"
    assert evse.faults.active() == ((0, "DiodeFailure"), (0, "ConnectorLockFailure"))
    parts[1].fault = "DiodeFailure"
    assert evse.faults.active() == ((0, "DiodeFailure"),)
    locked_heap(lambda _: evse.faults.active(), None)


def test_the_interrupt_may_be_a_hard_one():
    for hard in (False, True):
        monitor = Monitor(World())
        ResidualCurrent(monitor.trip, hard=hard)
        assert monitor.trip.hard is hard


def test_a_poll_does_not_allocate():
    rig = RealRig()
    rig.current.start()
    for n in range(10):
        locked_heap(rig.driver.poll, 20 * n)
