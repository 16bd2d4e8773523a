"""The lights of an EVSE, and the word for its state."""

from chargepoint.hal.indicator import Indicator, status_of
from tests.support.fakes.pins import Output


def lights(**options):
    pins = [Output(), Output(), Output()]
    return pins, Indicator(pins[0], pins[1], pins[2], **options)


def shown(pins):
    return "".join(["rgb"[n] for n in range(3) if pins[n].level])


def test_the_colours():
    pins, indicator = lights()
    for status, colours in (
        ("Available", "g"),
        ("Charging", "b"),
        ("Reserved", "rg"),
        ("Unavailable", "rg"),
        ("Faulted", "r"),
    ):
        for now in (0, 250, 600, 2999):
            indicator.show(status, now)
            assert shown(pins) == colours


def test_blinking():
    pins, indicator = lights()
    for status, colour in (("Preparing", "g"), ("Suspended", "b")):
        for now, expected in ((0, colour), (499, colour), (500, ""), (999, ""), (1000, colour)):
            indicator.show(status, now)
            assert shown(pins) == expected


def test_offline_is_a_dark_gap():
    pins, indicator = lights()
    indicator.show("Available", 3050, False)
    assert shown(pins) == ""
    indicator.show("Available", 3150, False)
    assert shown(pins) == "g"


def test_lights_that_sink_and_lights_that_are_not_there():
    pins, indicator = lights(active_low=True)
    assert [pin.level for pin in pins] == [1, 1, 1]
    indicator.show("Faulted", 0)
    assert [pin.level for pin in pins] == [0, 1, 1]
    Indicator(green=Output()).show("Faulted", 0)


def test_pins_are_written_on_change_only():
    pins, indicator = lights()
    indicator.show("Charging", 0)
    pins[2].level = 7  # a second write would be noticed
    indicator.show("Charging", 20)
    assert pins[2].level == 7


def test_an_unknown_word_is_an_error():
    try:
        lights()[1].show("Finishing", 0)
    except ValueError:
        return
    raise AssertionError("it was shown")


class Evse:
    def __init__(self, status, authorized=None, transferring=False, charged=False):
        self.connector, self.connectors = None, [object(), object()]
        self._status = status
        self.authorized, self.transferring, self.charged = authorized, transferring, charged

    def status(self, station, connector):
        assert connector is self.connectors[0]
        return self._status


def test_the_word_for_a_state():
    assert status_of(None, Evse("Available")) == "Available"
    assert status_of(None, Evse("Available", authorized=1)) == "Preparing"
    assert status_of(None, Evse("Occupied")) == "Preparing"
    assert status_of(None, Evse("Occupied", transferring=True)) == "Charging"
    assert status_of(None, Evse("Occupied", charged=True)) == "Suspended"
    assert status_of(None, Evse("Faulted", authorized=1)) == "Faulted"
