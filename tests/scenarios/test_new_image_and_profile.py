"""A new image and a new network profile at the same boot: one trial at a time."""

from typing import Any

import pytest

from tests.support.fake_updater import FakeUpdater, Flash
from tests.support.field import KEY, V16, V201, Field, on_new, on_old

BOTH = (V201, V16)
TRIAL_S = 900  # of a profile, and of the image


class Updated(Field):
    """`cut(BOTH)` boots the new image, on trial."""

    def __init__(self):
        self.flash = Flash("1.0.0")
        super().__init__(BOTH)

    def equip(self):
        station: Any = self.station
        station.updater = FakeUpdater(self.flash)

    def update(self):
        self.flash.other = self.flash.new_version, "trial"
        self.hellos = []
        self.cut(BOTH)


@pytest.fixture
def updated():
    station = Updated()
    station.run(5)
    station.change("AuthorizationKey", KEY)
    station.run(5)
    assert on_old(station)
    yield station
    station.close()


def test_the_image_is_accepted_where_the_last_one_was_and_then_the_profile_is_tried(updated):
    updated.choose()
    updated.update()
    updated.run(60)
    assert on_new(updated)
    assert updated.flash.running == "2.0.0" and not updated.flash.on_trial
    assert [host for host, _, _ in updated.hellos] == ["old.example", "new.example"]
    assert updated.told("FirmwareUpdated") == ["2.0.0"]


def test_a_profile_that_does_not_work_is_no_fault_of_the_image(updated):
    updated.boots["new.example"] = "Rejected"
    updated.choose()
    updated.update()
    updated.run(TRIAL_S + 60)
    assert on_old(updated)
    assert updated.flash.running == "2.0.0" and not updated.flash.on_trial
    assert len(updated.told("NetworkProfileFailed")) == 1
    assert updated.told("FirmwareUpdateFailed") == []


def test_where_the_last_image_was_accepted_may_be_gone(updated):
    updated.choose()
    updated.network.servers["old.example"] = None
    updated.update()
    updated.run(60)
    assert on_new(updated)
    assert not updated.flash.on_trial


def test_the_better_dialect_of_the_same_profile_comes_after_the_image(updated):
    updated.offered = BOTH
    updated.network.servers["old.example"] = (b"ocpp2.0.1", b"ocpp1.6")
    updated.update()
    updated.run(60)
    assert (updated.host, updated.spoken) == ("old.example", V201)
    assert [spoken for _, spoken, _ in updated.hellos] == [V16, V201]


def test_a_server_that_takes_its_time_is_not_left_for_the_other_one(updated):
    updated.boots["old.example"] = "Pending"
    updated.boot_interval_s = 60
    updated.choose()
    updated.update()
    updated.run(600)
    assert [host for host, _, _ in updated.hellos] == ["old.example"]
    updated.boots["old.example"] = "Accepted"
    updated.run(120)
    assert on_new(updated) and not updated.flash.on_trial
