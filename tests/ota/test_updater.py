"""The updater's operations, one at a time, and what it says of the running image."""

import asyncio

import pytest

from chargepoint.hal.sim import MemoryStore
from chargepoint.ota import slots, trial
from chargepoint.ota.updater import Updater
from tests.ota.test_installation import World


def made(world: World, running: int = 0) -> Updater:
    """The updater of a station that runs the image of this slot."""
    return Updater(world.places(running), MemoryStore(), None, (None, None, None))


def steps(count: int, log: list, result=None):
    for n in range(count):
        log.append(n)
        yield
    return result


async def news(updater: Updater):
    for _ in range(1000):
        if updater.news:
            return updater.take()
        await asyncio.sleep(0)
    raise AssertionError("no news")


def test_a_calculation_leaves_others_their_turn():
    async def play():
        updater = made(World())
        woken = []
        updater.wake = lambda: woken.append(updater.news)
        log = []
        updater.run(steps(3, log, "done"))
        for n in range(3):
            await asyncio.sleep(0)
            assert log == list(range(n + 1)) and updater.take() is None
        assert await news(updater) == ("ran", "done")
        assert woken == [True] and updater.take() is None

    asyncio.run(play())


def test_one_operation_at_a_time():
    async def play():
        updater = made(World())
        log = []
        updater.run(steps(5, log))
        with pytest.raises(ValueError):
            updater.run(steps(5, log))
        await asyncio.sleep(0)
        updater.stop()
        for _ in range(10):
            await asyncio.sleep(0)
        assert log == [0] and not updater.news and updater.take() is None
        updater.run(steps(1, log, 7))
        assert await news(updater) == ("ran", 7)

    asyncio.run(play())


def test_an_error_of_ours_is_raised_where_the_result_is_taken():
    def wrong():
        yield
        raise KeyError("wrong")

    async def play():
        updater = made(World())
        updater.run(wrong())
        with pytest.raises(KeyError):
            await news(updater)

    asyncio.run(play())


def test_what_it_says_of_the_running_image():
    world = World()
    updater = made(world)
    assert (updater.version, updater.trial_s, updater.fell_back) == ("1.0.0", None, None)
    world.installed()
    trial.put_on_trial(world.records, 1, 3, 600)
    updater = made(world)
    assert (updater.trial_s, updater.fell_back) == (None, "not booted")
    updater = made(world, 1)
    assert (updater.version, updater.trial_s, updater.fell_back) == ("1.1.0", 600, None)
    updater.give_up(True)
    assert updater.trial_s is None
    assert made(world).fell_back == "deadline passed"


def test_a_confirmed_image_has_not_fallen_back():
    world = World()
    world.installed()
    trial.put_on_trial(world.records, 1, 3, 600)
    updater = made(world, 1)
    updater.confirm()
    assert updater.trial_s is None
    assert world.states() == [slots.CONFIRMED, slots.CONFIRMED]
    assert (made(world, 1).trial_s, made(world, 1).fell_back) == (None, None)


@pytest.mark.parametrize(
    "why, text",
    [
        (slots.BOOTS_USED_UP, "boots used up"),
        (slots.DAMAGED, "damaged"),
        (slots.NOT_MOUNTED, "not mounted"),
        (slots.GIVEN_UP, "given up"),
    ],
)
def test_why_the_old_one_is_back(why, text):
    world = World()
    world.installed()
    state = world.records.load()
    state.slots[1].set(slots.BAD, why=why)
    world.records.save(state)
    assert made(world).fell_back == text


def test_without_record_or_header():
    world = World()
    places = world.places(0)
    places.record = None
    updater = Updater(places, MemoryStore(), None, (None, None, None))
    assert (updater.version, updater.trial_s, updater.fell_back) == ("1.0.0", None, None)
    assert trial.version(b"\xd2\xcd\x31" + bytes(8000)) is None
