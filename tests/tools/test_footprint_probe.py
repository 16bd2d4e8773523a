"""What every station stands on, and what is the simulator's, measured on the emulated board."""

from tools import footprint_images, footprint_probe


def test_the_simulators_parts_and_the_stations_ground():
    simulator, resting = footprint_probe.measure(footprint_images.firmware())
    assert set(simulator) == {footprint_probe.DRIVERS, footprint_probe.LINE}
    assert set(resting) == {footprint_probe.INTERPRETER, footprint_probe.DEFINITIONS}
    assert min(simulator.values()) > 500 and min(resting.values()) > 1000


def test_the_drivers_are_named_also_as_linking_may_call_them():
    names = footprint_probe.names()
    assert {"SimEvse", "sim_SimEvse", "SimClock", "sim_clock_SimClock"} <= set(names)
