"""What the STM32 boards have in common."""

import pyb
from machine import Pin


class TimerPwm:
    """A timer's channel as the pilot wants its PWM; not every version has machine.PWM there."""

    def __init__(self, timer: int, channel: int, pin: str):
        self._timer = pyb.Timer(timer, freq=1000)
        self._channel = self._timer.channel(channel, pyb.Timer.PWM, pin=Pin(pin), pulse_width=0)

    def freq(self, frequency_hz: int) -> None:
        self._timer.freq(frequency_hz)

    def duty_u16(self, duty: int) -> None:
        self._channel.pulse_width((self._timer.period() + 1) * duty // 65535)
