"""What the cable may carry, by its resistor."""

from chargepoint.hal.proximity import Proximity
from tests.support.fakes.pins import Adc, World, locked_heap


class Plug:
    def __init__(self):
        self.ohm = 1000000

    def adc_mv(self):
        return 3300 * self.ohm // (self.ohm + 1000)


def made():
    plug = Plug()
    return plug, Proximity(Adc(World(), plug.adc_mv))


def rating(plug, proximity, ohm):
    plug.ohm = ohm
    proximity.poll(0)
    proximity.poll(20)
    return proximity.rating_ma


def test_the_four_cables():
    plug, proximity = made()
    for ohm, rating_ma in ((1500, 13000), (680, 20000), (220, 32000), (100, 63000)):
        for tolerance in (-5, 0, 5):
            assert rating(plug, proximity, ohm + ohm * tolerance // 100) == rating_ma
            assert proximity.fault is None


def test_between_two_cables_it_is_the_weaker_one():
    plug, proximity = made()
    for ohm, rating_ma in ((1000, 13000), (350, 20000), (150, 32000)):
        assert rating(plug, proximity, ohm) == rating_ma


def test_no_cable():
    plug, proximity = made()
    assert rating(plug, proximity, 100) == 63000
    for ohm in (3000, 4700, 1000000):
        assert rating(plug, proximity, ohm) == 0 and proximity.fault is None


def test_a_short_is_a_fault_and_no_cable():
    plug, proximity = made()
    assert rating(plug, proximity, 30) == 0 and proximity.fault == "Other"
    assert rating(plug, proximity, 220) == 32000 and proximity.fault is None


def test_one_odd_reading_changes_nothing():
    plug, proximity = made()
    rating(plug, proximity, 220)
    plug.ohm = 1000000
    proximity.poll(40)
    assert proximity.rating_ma == 32000
    plug.ohm = 220
    proximity.poll(60)
    plug.ohm = 100
    proximity.poll(80)
    assert proximity.rating_ma == 32000


def test_a_poll_does_not_allocate():
    class Steady:
        def read_uv(self):
            return 595000

    proximity = Proximity(Steady())
    for n in range(3):
        locked_heap(proximity.poll, n)
    assert proximity.rating_ma == 32000
