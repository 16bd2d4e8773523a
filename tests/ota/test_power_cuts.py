"""The power-cut sweep over an update, and that it finds faults. SOAK=1: all pairs of cuts."""

import os

import pytest

from chargepoint.ota import installation, slots
from tests.ota.sweep import KINDS, sweep
from tests.ota.update import Update

PAIRS = None if os.environ.get("SOAK") else 24


@pytest.mark.parametrize("kind", KINDS, ids=[f"{how}-{int(a)}{int(b)}" for how, a, b in KINDS])
def test_the_station_boots_one_whole_image_and_never_the_wrong_one(kind, record_property):
    result = sweep(*kind, pairs=PAIRS)
    print(result)
    record_property("cuts", str(result))
    assert result.failures == []
    assert result.singles >= 190 and result.pairs >= (PAIRS or 1000)


def over_the_newer_copy(self, state):
    found = self._copies()
    place = 1 if found[1] and (not found[0] or found[1].sequence > found[0].sequence) else 0
    state.sequence += 1
    self._device.ioctl(6, place)
    self._device.writeblocks(place, state.packed(), 0)


def test_it_finds_a_record_that_is_written_over_the_newer_copy(monkeypatch):
    monkeypatch.setattr(slots.Records, "save", over_the_newer_copy)
    assert sweep("used_up", False, False, pairs=0).failures


def test_it_finds_a_trial_that_is_not_counted(monkeypatch):
    right = slots.decide

    def decide(*arguments):
        return right(*arguments)[0], False

    monkeypatch.setattr(slots, "decide", decide)
    assert sweep("used_up", False, False, pairs=0).failures


def test_it_finds_a_slot_that_is_not_checked(monkeypatch):
    right = slots.is_whole
    monkeypatch.setattr(slots, "is_whole", lambda data, digest=None: right(data) or bool(digest))
    assert sweep("changed", False, False, pairs=0).failures


def test_it_finds_progress_that_is_believed_after_a_cut(monkeypatch):
    """What lies behind the last note may be half programmed."""
    right = installation.Installation.resuming

    def resuming(self, written, is_torn):
        yield from right(self, written, False)

    monkeypatch.setattr(installation.Installation, "resuming", resuming)
    assert sweep("accepted", False, False, pairs=0).failures


def test_it_finds_an_image_that_is_confirmed_too_early(monkeypatch):
    right = slots.Slot.set

    def early(self, state, boots=0, why=0, deadline_s=0):
        right(self, slots.CONFIRMED if state == slots.TRIAL else state, boots, why, deadline_s)

    monkeypatch.setattr(slots.Slot, "set", early)
    with pytest.raises(AssertionError):
        Update("used_up").run()
