"""The control pilot of IEC 61851-1: offers current by the duty cycle, reads the EV's state.

Wiring: a 1 kHz PWM output drives the +/-12 V amplifier behind 1 kOhm; an ADC input sees the pilot
through a divider that shifts it into the ADC's range: `zero_mv` at 0 V, `slope_mv` more for each
volt at the pilot (less, if the amplifier inverts). With the oscillator off the pilot is steady at
+12 V.

Each sampling is one burst of ADC readings that is longer than a period of the PWM; its highest
and lowest are the two levels, whatever their phase. At 6 A the high level lasts 100 us, at 80 A
the low one 40 us, so a reading should take 60 us at most. A burst that misses the high level is
passed over.

C and D are told only after -12 V was seen on the running oscillator, which proves the EV's diode;
until then the EV counts as B, and no contactor closes. A low level that stays away is a
DiodeFailure: the state is F until the EV is unplugged. A level that no pilot can have raises
OSError (broken divider, no supply).

What this does not do: put the pilot to -12 V itself (state F towards the EV), digital
communication (5 %), or react faster than it is polled. IEC 61851-1 wants the power off 100 ms
after the EV leaves C or D, so poll every 20 ms.
"""

from errno import EIO

from ..compat import const

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from peripherals import ADC, PWM, Timer, TimerChannel

_FREQUENCY_HZ = const(1000)
_SAMPLE_MS = const(5)  # readings closer to each other would not be independent
_AGREE = const(2)  # samplings in a row that must show a state before it counts
_MISSED = const(8)  # samplings without a high level until that is the level
_NO_LOW = const(10)  # samplings without -12 V until the diode is missing
_IMPOSSIBLE_MV = const(14000)
_LEAST_MA = const(6000)
_BEND_MA = const(51000)
_MOST_MA = const(80000)
_FULL = const(65535)
_STATES = "ABCDEF"


class Pilot:
    """pwm: has freq(hz) and duty_u16(n); adc: read_uv() or else read_u16() of `full_scale_mv`.

    proximity: the Proximity of a socket, None for a fixed cable; inverted: the amplifier turns a
    high PWM level into -12 V; thresholds_mv: between A|B, B|C, C|D, D|E, E|F; low_mv: at most this
    is the -12 V of an EV with its diode.
    """

    def __init__(
        self,
        pwm: "PWM",
        adc: "ADC",
        zero_mv: int = 1650,
        slope_mv: int = 110,
        proximity=None,
        inverted: bool = False,
        connector_id: int = 1,
        full_scale_mv: int = 3300,
        thresholds_mv=(10500, 7500, 4500, 1500, -1500),
        low_mv: int = -10000,
        samples: int = 24,
    ):
        self._pwm = pwm
        self._read_uv = getattr(adc, "read_uv", None)
        self._adc = adc
        self._zero_mv, self._slope_mv, self._full_scale_mv = zero_mv, slope_mv, full_scale_mv
        self._proximity = proximity
        self._inverted = inverted
        self._connector_id = connector_id
        self._thresholds_mv = thresholds_mv
        self._low_mv = low_mv
        self._samples = samples
        self.high_mv = self.low_mv = 0  # of the latest burst, at the pilot
        self.fault: str | None = None
        self.offered_ma = 0
        self._asked_ma = 0
        self._plugged = 0
        self._level = "A"  # settled
        self._candidate, self._agreed = "A", 0
        self._missed = self._without_low = 0
        self._diode = False  # seen since the oscillator runs
        self._dead = False
        self._sampled_ms = -_SAMPLE_MS
        pwm.freq(_FREQUENCY_HZ)
        self._set_duty(_FULL)

    def plugged(self) -> int:
        if self._proximity is not None and not self._proximity.rating_ma:
            return 0
        return self._plugged

    def state(self) -> str:
        if self.fault is not None:
            return "F"
        return "B" if self._level in "CD" and not self._diode else self._level

    def offer(self, current_ma: int) -> int:
        """Returns what is offered: what cable and duty cycle allow of it, 0 below 6 A."""
        self._asked_ma = current_ma
        return self._apply()

    def poll(self, now: int) -> None:
        """Sample. Raises OSError if what is read can't come from a pilot."""
        if now - self._sampled_ms >= _SAMPLE_MS:
            self._sampled_ms = now
            if self._proximity is not None:
                self._proximity.poll(now)
                self._apply()
            self._burst()
            self._dead = self.high_mv > _IMPOSSIBLE_MV or self.low_mv < -_IMPOSSIBLE_MV
            if not self._dead:
                self._settle()
        if self._dead:
            raise OSError(EIO, "control pilot out of range")

    def _apply(self) -> int:
        current_ma = min(self._asked_ma, _MOST_MA)
        if self._proximity is not None:
            current_ma = min(current_ma, self._proximity.rating_ma)
        if current_ma < _LEAST_MA:
            current_ma = 0
        if current_ma != self.offered_ma:
            if not (current_ma and self.offered_ma):  # the oscillator starts or stops
                self._diode = False
                self._without_low = 0
            self.offered_ma = current_ma
            if not current_ma:
                self._set_duty(_FULL)
            elif current_ma <= _BEND_MA:
                self._set_duty((current_ma * _FULL + 30000) // 60000)
            else:
                self._set_duty(((current_ma + 160000) * _FULL + 125000) // 250000)
        return current_ma

    def _set_duty(self, duty: int) -> None:
        self._pwm.duty_u16(_FULL - duty if self._inverted else duty)

    def _burst(self) -> None:
        read_uv, adc = self._read_uv, self._adc
        highest, lowest = -_FULL, _FULL
        for _ in range(self._samples):
            if read_uv is not None:
                level_mv = read_uv() // 1000
            else:
                level_mv = adc.read_u16() * self._full_scale_mv >> 16
            if level_mv > highest:
                highest = level_mv
            if level_mv < lowest:
                lowest = level_mv
        zero_mv, slope_mv = self._zero_mv, self._slope_mv
        if slope_mv < 0:
            highest, lowest = lowest, highest
        self.high_mv = (highest - zero_mv) * 1000 // slope_mv
        self.low_mv = (lowest - zero_mv) * 1000 // slope_mv

    def _settle(self) -> None:
        at = 0
        for threshold_mv in self._thresholds_mv:
            if self.high_mv >= threshold_mv:
                break
            at += 1
        level = _STATES[at]
        if self.offered_ma:
            if self._level in "BCD":
                self._check_diode()
            if level == "F":
                self._missed += 1
                if self._missed < _MISSED:
                    return
            else:
                self._missed = 0
        if level != self._candidate:
            self._candidate, self._agreed = level, 0
        self._agreed += 1
        if self._agreed < _AGREE:
            return
        self._level = level
        if level == "A":
            self._plugged = 0
            self._without_low = 0
            self._diode = False
            self.fault = None
        elif level in "BCD":
            self._plugged = self._connector_id

    def _check_diode(self) -> None:
        if self.low_mv <= self._low_mv:
            self._without_low = 0
            self._diode = True
            return
        self._without_low += 1
        if self._without_low >= _NO_LOW:
            self.fault = "DiodeFailure"


class TimerPwm:
    """The oscillator on a pyb.Timer and its channel in PWM mode, where there is no machine.PWM."""

    def __init__(self, timer: "Timer", channel: "TimerChannel"):
        self._timer, self._channel = timer, channel

    def freq(self, frequency_hz: int) -> None:
        self._timer.freq(frequency_hz)

    def duty_u16(self, duty: int) -> None:
        # A pulse as wide as the whole period has no edge.
        self._channel.pulse_width(((self._timer.period() + 1) * (duty >> 1) + 0x3FFF) // 0x7FFF)
