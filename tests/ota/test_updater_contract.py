"""What the station relies on of its updater, of the real one and of the fake that tests use."""

import asyncio

import pytest

from chargepoint.hal.sim import MemoryStore
from chargepoint.ota import slots, trial
from chargepoint.ota.updater import Updater
from tests.ota.test_installation import World
from tests.support.fake_updater import FakeUpdater, Flash

OLD, NEW = "1.0.0", "1.1.0"


class Real:
    """The updater on strict flash, and what boot.py decides."""

    def __init__(self):
        self.world = World()
        self.loop = asyncio.new_event_loop()
        self.running = 0
        self.boot()

    def close(self):
        self.loop.close()

    def boot(self, fails=False):
        """The station boots. fails: an image on trial does not come up, until it is given up."""
        while True:
            state = self.world.records.load()
            self.running, changed = slots.decide(state, (self.world.view(), self.world.view(1)))
            if changed:
                self.world.records.save(state)
            if not (fails and self.running == 1):
                break
        places = self.world.places(self.running)
        self.updater = Updater(places, MemoryStore(), None, (None, None, None))

    def put_on_trial(self):
        self.world.installed()
        trial.put_on_trial(self.world.records, 1, 3, 600)

    def call(self, function, *arguments):
        """On the loop, as the station's own code is."""
        errors = []

        def inside():
            try:
                function(*arguments)
            except ValueError as error:
                errors.append(error)

        self.loop.call_soon(inside)
        self.turn()
        if errors:
            raise errors[0]

    def turn(self):
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()


class Fake:
    """The updater without flash."""

    def __init__(self):
        self.flash = Flash(OLD)
        self.boot()

    def close(self):
        """It holds nothing."""

    def boot(self, fails=False):
        self.flash.boots = not fails
        self.updater = FakeUpdater(self.flash)

    def put_on_trial(self):
        self.flash.other = NEW, "trial"

    def call(self, function, *arguments):
        function(*arguments)

    def turn(self):
        self.updater.turn()


@pytest.fixture(params=[Real, Fake])
def station(request):
    made = request.param()
    yield made
    made.close()


def steps(count: int, log: list, result=None):
    for n in range(count):
        log.append(n)
        yield
    return result


def about(updater) -> tuple:
    return updater.version, updater.trial_s is not None, updater.fell_back


def test_a_generator_has_a_step_at_each_turn_and_its_value_is_news_once(station):
    updater, log, woken = station.updater, [], []
    updater.wake = lambda: woken.append(updater.news)
    station.call(updater.run, steps(3, log, "done"))
    for n in range(3):
        station.turn()
        assert log == list(range(n + 1)) and not updater.news and updater.take() is None
    station.turn()
    assert updater.news and woken == [True]
    assert updater.take() == ("ran", "done")
    assert not updater.news and updater.take() is None


def test_one_operation_at_a_time_until_its_news_is_taken(station):
    updater, log = station.updater, []
    station.call(updater.run, steps(1, log, 1))
    with pytest.raises(ValueError):
        station.call(updater.run, steps(1, log))
    for _ in range(3):
        station.turn()
    assert updater.news
    with pytest.raises(ValueError):
        station.call(updater.run, steps(1, log))
    assert updater.take() == ("ran", 1)
    station.call(updater.run, steps(0, log, 2))
    for _ in range(3):
        station.turn()
    assert updater.take() == ("ran", 2)
    assert log == [0]


def test_what_is_stopped_is_not_heard_of_again(station):
    updater, log = station.updater, []
    station.call(updater.run, steps(5, log))
    station.turn()
    updater.stop()
    for _ in range(5):
        station.turn()
    assert log == [0] and not updater.news and updater.take() is None
    station.call(updater.run, steps(0, log, 7))
    for _ in range(3):
        station.turn()
    updater.stop()  # and its news with it
    assert not updater.news and updater.take() is None


def test_an_error_of_ours_is_raised_where_the_result_is_taken(station):
    def wrong():
        yield
        raise KeyError("wrong")

    station.call(station.updater.run, wrong())
    for _ in range(3):
        station.turn()
    assert station.updater.news
    with pytest.raises(KeyError):
        station.updater.take()
    assert not station.updater.news and station.updater.take() is None


def test_nothing_is_on_trial_at_first(station):
    assert about(station.updater) == (OLD, False, None)
    station.boot()
    assert about(station.updater) == (OLD, False, None)


def test_a_new_image_is_on_trial_at_each_boot_until_it_is_confirmed(station):
    station.put_on_trial()
    for _ in range(2):
        station.boot()
        assert about(station.updater) == (NEW, True, None)
    station.updater.confirm()
    assert about(station.updater) == (NEW, False, None)
    station.boot()
    assert about(station.updater) == (NEW, False, None)


@pytest.mark.parametrize("deadline, why", [(True, "deadline passed"), (False, "given up")])
def test_one_that_is_given_up_does_not_boot_again(station, deadline, why):
    station.put_on_trial()
    station.boot()
    station.updater.give_up(deadline)
    assert station.updater.trial_s is None
    for _ in range(2):
        station.boot()
        assert about(station.updater) == (OLD, False, why)


def test_one_that_does_not_come_up_is_given_up(station):
    station.put_on_trial()
    station.boot(fails=True)
    assert about(station.updater) == (OLD, False, "boots used up")
    station.boot()
    assert about(station.updater) == (OLD, False, "boots used up")


def test_one_that_comes_up_once_and_then_no_more_is_given_up(station):
    station.put_on_trial()
    station.boot()
    station.boot(fails=True)
    assert about(station.updater) == (OLD, False, "boots used up")
