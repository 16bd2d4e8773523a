"""What the STM32 boards have in common."""

import pyb
from machine import Pin

from chargepoint.hal.pilot import TimerPwm


def timer_pwm(timer: int, channel: int, pin: "Pin | str") -> TimerPwm:
    """The pilot's oscillator, steady high; not every version has machine.PWM there."""
    clock = pyb.Timer(timer, freq=1000)
    wide = clock.period() + 1
    return TimerPwm(clock, clock.channel(channel, pyb.Timer.PWM, pin=Pin(pin), pulse_width=wide))
