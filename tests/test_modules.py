import sys

from chargepoint import modules
from chargepoint.compat import MICROPYTHON

modules._kept = False  # run_on_micropython.py keeps them, a small board does not
NAMES = "chargepoint.station.cache", "chargepoint.station.reset"


def loaded():
    return [name for name in NAMES if name in sys.modules]


def test_a_module_comes_when_it_is_used_and_goes_with_the_release():
    assert modules.use("station.cache").clear_cache
    assert "chargepoint.station.cache" in sys.modules
    modules.use("station.reset")
    modules.release()
    assert loaded() == ([] if MICROPYTHON else list(NAMES))
    parent = sys.modules["chargepoint.station"]
    assert hasattr(parent, "reset") != MICROPYTHON
    assert modules.use("station.reset").reset  # and comes again


def test_a_generator_of_a_dropped_module_goes_on():
    from tests.support.models import make_station

    configuration = modules.use("profiles.ocpp16.configuration")
    pieces = configuration.get_configuration(make_station(), {"key": ["HeartbeatInterval"]}, 0)
    del configuration
    modules.release()
    assert '"HeartbeatInterval"' in "".join(pieces)


def test_what_is_not_there_is_our_error():
    try:
        modules.use("station.nothing")
    except ImportError:
        return
    raise AssertionError("imported")


def test_no_module_stands_in_two_places_of_the_table():
    names = modules.RESIDENT.split() + modules.TRANSIENT.split() + modules.SHELL.split()
    assert len(names) == len(set(names))
