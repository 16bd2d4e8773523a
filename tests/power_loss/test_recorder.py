"""A cut that is made from the recording leaves the flash as a cut on the way does."""

import pytest

from tests.power_loss import scenarios
from tests.power_loss.recorder import Recorder, cuts, distinct_parts
from tests.power_loss.stores import STORES
from tests.power_loss.world import Watched
from tests.support.flash import PARTS, PowerCut


def test_a_recorded_cut_is_a_real_one():
    stores = STORES["small"]
    pair = Watched("ocpp2.0.1", stores, stores.flash(), is_recorded=True)
    scenarios.session(pair)
    pair.flash.stop()
    compared = 0
    for number, part, torn, mark in cuts(pair.flash, lambda number, parts: parts[-1:]):
        flash = stores.flash()
        flash.align = 1
        flash.cut_after(number, part)
        with pytest.raises((PowerCut, AssertionError)):  # or what follows from it
            scenarios.session(Watched("ocpp2.0.1", stores, flash))
        assert torn.data == flash.data
        compared += mark is not None
    assert compared == len(pair.flash.steps) > 30


def test_distinct_parts_are_those_that_leave_different_bytes():
    for count in (1, 2, 3, 4, 9):
        flash = Recorder(1, 64)
        flash.record(lambda: None)
        flash.writeblocks(0, bytes(count), 0)
        left = [bytes(flash.began.torn(flash.steps[0], part).data) for part in range(PARTS)]
        chosen = [left[part] for part in distinct_parts(flash.steps[0])]
        assert len(set(chosen)) == len(chosen) and set(chosen) == set(left)


def test_an_erase_is_cut_in_all_its_parts():
    flash = Recorder(1, 64)
    flash.writeblocks(0, bytes(64), 0)
    flash.record(lambda: "before")
    flash.ioctl(6, 0)
    found = [(number, part, mark) for number, part, _, mark in cuts(flash)]
    assert found == [(0, part, "before") for part in range(PARTS)]
