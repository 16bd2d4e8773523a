"""The watchdog is fed while all parts are alive."""

from chargepoint.hal.watchdog import Watchdog


class Wdt:
    def __init__(self):
        self.fed = 0

    def feed(self):
        self.fed += 1


def test_it_is_fed_at_each_pass():
    wdt = Wdt()
    watchdog = Watchdog(wdt)
    assert watchdog.feed(0) and watchdog.feed(100000) and wdt.fed == 2


def test_a_part_that_is_dead_starves_it():
    wdt = Wdt()
    watchdog = Watchdog(wdt, ("hardware", "link"), 1000)
    assert watchdog.feed(0)  # patience begins here
    watchdog.alive("hardware", 900)
    assert watchdog.feed(1000)
    assert not watchdog.feed(1001) and wdt.fed == 2
    watchdog.alive("link", 1002)
    assert watchdog.feed(1003)


def test_a_part_that_was_not_named_is_an_error():
    try:
        Watchdog(Wdt(), ("link",)).alive("lnik", 0)
    except ValueError:
        return
    raise AssertionError("it was taken")
