"""The contactor: contacts that take their time, bounce, weld and stick; tests before closing."""

from chargepoint.hal.contactor import Contactor
from chargepoint.hal.residual_current import ResidualCurrent
from chargepoint.hal.sim import SimEvse
from tests.support import contracts
from tests.support.contracts import Rig
from tests.support.fakes.pins import Input, Output, World, locked_heap
from tests.support.fakes.power import Monitor, Relay


class RealRig(Rig):
    def __init__(self, feedback=True, relay_ms=(25, 18), **options):
        world = World()
        self.relay = Relay(world, *relay_ms)
        driver = Contactor(self.relay.coil, self.relay.feedback if feedback else None, **options)
        super().__init__(driver, world)

    def weld(self, welded):
        self.relay.welded = welded


class SimRig(Rig):
    def weld(self, welded):
        self.driver.weld(welded)


def test_contract_of_the_simulated_driver():
    contracts.contactor(SimRig(SimEvse().contactor))


def test_contract_of_the_real_driver():
    contracts.contactor(RealRig())


def test_contract_of_an_external_controller_that_takes_three_seconds():
    rig = RealRig(relay_ms=(3000, 2900), pull_in_ms=3200, release_ms=3100)
    assert rig.driver.close_ms > 3200 and rig.driver.open_ms > 3100
    contracts.contactor(rig)


def test_it_is_closed_when_the_contacts_are_and_not_before():
    rig = RealRig()
    assert rig.driver.close() is None and not rig.driver.closed()
    while not rig.driver.closed():
        rig.settle(20)
        assert not rig.driver.closed() or rig.relay.closed
    assert rig.world.now <= 60


def test_it_counts_as_open_only_when_no_contact_is_closed():
    rig = RealRig()
    rig.driver.close()
    rig.settle()
    assert rig.driver.open() is None
    while rig.driver.closed():
        rig.settle(20)
    assert not rig.relay.closed and rig.world.now <= 400 + 80


def test_bouncing_does_not_show():
    rig = RealRig()
    seen = []
    rig.driver.close()
    for n in range(200):
        if n == 100:
            rig.driver.open()
        rig.world.advance(1)
        rig.driver.poll(rig.world.now)
        if not seen or seen[-1] != rig.driver.closed():
            seen.append(rig.driver.closed())
    assert seen == [False, True, False]


def test_one_that_does_not_close_says_so_in_time():
    rig = RealRig()
    rig.relay.stuck = True
    assert rig.driver.close() is None
    rig.settle(200)
    assert rig.driver.close() is False and not rig.driver.closed()
    assert rig.driver.open() is True


def test_one_that_is_welded_says_so_in_time_and_no_sooner():
    rig = RealRig()
    rig.driver.close()
    rig.settle()
    rig.weld(True)
    answers = []
    for _ in range(12):
        answers.append(rig.driver.open())
        rig.settle(20)
    assert answers[:7] == [None] * 7 and answers[-2:] == [False, False]


def test_one_that_was_welded_before_the_start_is_closed():
    feedback = Input(0)
    contactor = Contactor(Output(), feedback)
    assert contactor.closed()
    for now in range(0, 400, 20):
        contactor.poll(now)
        contactor.open()
    assert contactor.open() is False and contactor.closed()


def test_one_that_falls_open_by_itself_shows_it():
    rig = RealRig()
    rig.driver.close()
    rig.settle()
    rig.relay.feedback.set(1)
    rig.driver.poll(500)
    rig.driver.poll(520)
    assert not rig.driver.closed()


def test_without_feedback_it_is_closed_from_the_command_and_open_after_the_release():
    rig = RealRig(feedback=False)
    assert rig.driver.close() is True and rig.driver.closed()
    rig.settle()
    assert rig.driver.open() is None and rig.driver.closed()
    rig.settle(100)
    assert rig.driver.closed()
    rig.settle(100)
    assert not rig.driver.closed() and rig.driver.open() is True
    assert not rig.relay.closed


def with_monitor(**options):
    world = World()
    relay, monitor = Relay(world), Monitor(world)
    current = ResidualCurrent(monitor.trip, monitor.test, **options)
    contactor = Contactor(relay.coil, relay.feedback, test=current)

    class Both:
        def poll(self, now):
            contactor.poll(now)
            current.poll(now)

    return Rig(Both(), world), contactor, relay, monitor, current


def test_it_closes_after_the_self_test_of_the_monitor():
    rig, contactor, relay, _, _ = with_monitor()
    assert contactor.close() is None
    rig.settle(40)
    assert not relay.coil.level
    rig.settle(260)
    assert contactor.closed() and contactor.close_ms == 500


def test_it_stays_open_when_the_self_test_fails():
    rig, contactor, relay, monitor, current = with_monitor()
    monitor.deaf = True
    contactor.close()
    rig.settle()
    assert contactor.close() is False and relay.coil.changes == 0
    assert current.fault == "GroundFailure"


def test_a_trip_cuts_it_in_the_interrupt_and_for_good():
    rig, contactor, relay, monitor, current = with_monitor()
    current._on_trip = contactor.cut
    contactor.close()
    rig.settle()
    assert contactor.closed()
    monitor.spike()
    assert not relay.coil.level  # nobody has polled yet
    rig.settle()
    assert not relay.closed and not contactor.closed() and current.fault == "GroundFailure"
    contactor.close()
    rig.settle()
    assert not relay.coil.level and contactor.close() is False


def test_a_poll_does_not_allocate():
    contactor = Contactor(Output(), Input(1))
    contactor.close()
    for n in range(20):
        locked_heap(contactor.poll, 20 * n)
    locked_heap(lambda _: contactor.open(), None)
    locked_heap(lambda _: contactor.cut(), None)
