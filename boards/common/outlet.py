"""The drivers of one EVSE as most boards have them: a socket or a fixed cable with a contactor, a
residual current monitor and a pilot."""

from chargepoint.compat import const
from chargepoint.hal.contactor import Contactor
from chargepoint.hal.evse import EvseDrivers
from chargepoint.hal.lock import NoLock
from chargepoint.hal.pilot import Pilot
from chargepoint.hal.residual_current import ResidualCurrent

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from peripherals import ADC, PWM, InterruptPin, Pin


def outlet(
    pwm: "PWM",
    adc: "ADC",
    coil: "Pin",
    feedback: "Pin",
    trip: "InterruptPin",
    test: "Pin",
    meter,
    proximity=None,
    lock=None,
    zero_mv: int = 1650,
    slope_mv: int = 110,
    hard: bool = False,
):
    """pwm, adc, zero_mv, slope_mv: of the pilot; coil, feedback: of the contactor; trip, test: of
    the monitor; proximity and lock: of a socket, None for a fixed cable; hard: as the monitor's.

    A trip takes the coil's voltage in its interrupt; it holds until the EV is unplugged.
    """
    pilot = Pilot(pwm, adc, zero_mv, slope_mv, proximity)
    monitor = ResidualCurrent(
        trip,
        test,
        on_trip=lambda: contactor.cut(),
        cleared=lambda: not pilot.plugged(),
        hard=hard,
    )
    contactor = Contactor(coil, feedback, test=monitor)
    sensors = (monitor,) if proximity is None else (monitor, proximity)
    return EvseDrivers(pilot, contactor, lock or NoLock(), meter, sensors)
