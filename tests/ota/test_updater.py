"""What the updater says of the running image; test_updater_contract.py has the rest."""

import pytest

from chargepoint.hal.sim import MemoryStore
from chargepoint.ota import slots, trial
from chargepoint.ota.updater import Updater
from tests.ota.test_installation import World


def made(world: World, running: int = 0) -> Updater:
    """The updater of a station that runs the image of this slot."""
    return Updater(world.places(running), MemoryStore(), None, (None, None, None))


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
