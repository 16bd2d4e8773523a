"""What hangs on the pins: the pilot line with its EV, a relay, a motor lock, a residual current
monitor."""

from tests.support.fakes.pins import Input, Output, World

_LEVELS_MV = {"A": 12000, "B": 9000, "C": 6000, "D": 3000, "E": 0, "F": -12000}


class PilotLine:
    """The pilot behind its amplifier, with a little noise; `state` is what the EV makes of it."""

    def __init__(self, world: World, pwm, inverted: bool = False):
        self._world, self._pwm, self._inverted = world, pwm, inverted
        self.state = "A"
        self.diode = True
        self.offset_mv = 0  # a broken divider
        self._noise = 1

    def level_mv(self) -> int:
        """At the pilot."""
        duty = 65535 - self._pwm.duty if self._inverted else self._pwm.duty
        high = duty == 65535 or self._world.us % 1000 * 65535 < duty * 1000
        level_mv = _LEVELS_MV[self.state]
        if not high:
            level_mv = -12000 if self.diode and self.state != "E" else -level_mv
        self._noise = (self._noise * 75 + 74) % 65537
        return level_mv + self._noise % 300 - 150

    def adc_mv(self) -> int:
        """Behind a divider of 110 mV per volt around 1650 mV."""
        return min(3300, max(0, 1650 + self.level_mv() * 110 // 1000 + self.offset_mv))


class Relay:
    """A contactor that takes its time and bounces; its mirror contact reads 0 when closed."""

    def __init__(self, world: World, pull_in_ms: int = 25, release_ms: int = 18):
        self.coil, self.feedback = Output(), Input(1)
        self.pull_in_ms, self.release_ms = pull_in_ms, release_ms
        self.closed = False  # the main contacts
        self.welded = self.stuck = False
        self._coil_ms = self._level = 0
        self._moved_ms = -1000
        self._changes = 0
        world.parts.append(self)

    def tick(self, now: int) -> None:
        if self.coil.level != self._level:
            assert self.coil.changes == self._changes + 1, "the coil chatters"
            self._level, self._coil_ms, self._changes = self.coil.level, now, self.coil.changes
        elif self.coil.changes != self._changes:
            raise AssertionError("the coil was switched for nothing")
        since_ms = now - self._coil_ms
        moved = self.closed
        if self._level and not self.stuck and since_ms >= self.pull_in_ms:
            self.closed = True
        elif not self._level and not self.welded and since_ms >= self.release_ms:
            self.closed = False
        if moved != self.closed:
            self._moved_ms = now
        bouncing = 0 < now - self._moved_ms < 4 and (now - self._moved_ms) % 2
        self.feedback.set(int(self.closed) if bouncing else int(not self.closed))


class MotorLock:
    """A bolt with a motor that burns out when it is driven for too long or too often."""

    def __init__(self, world: World, travel_ms: int = 300):
        self.extend, self.retract, self.feedback = Output(), Output(), Input(0)
        self.travel_ms = travel_ms
        self.stuck = False
        self._place_ms = 0  # of the bolt, travel_ms: locked
        self._driven_ms = self._heat_ms = 0
        self.pulses = 0
        world.parts.append(self)

    def tick(self, now: int) -> None:
        direction = self.extend.level - self.retract.level
        assert not (self.extend.level and self.retract.level), "both directions at once"
        if not direction:
            self._driven_ms = 0
            self._heat_ms = max(0, self._heat_ms - 1)
            return
        if not self._driven_ms:
            self.pulses += 1
        self._driven_ms += 1
        self._heat_ms += 1
        assert self._driven_ms <= 1000, "the motor burns"
        assert self._heat_ms <= 1000, "the motor burns: too often"
        if not self.stuck:
            self._place_ms = min(self.travel_ms, max(0, self._place_ms + direction))
        self.feedback.set(int(self._place_ms == self.travel_ms))


class Solenoid:
    """A bolt that is out as long as the coil is on."""

    def __init__(self, world: World, travel_ms: int = 40):
        self.extend, self.feedback = Output(), Input(0)
        self.travel_ms, self.stuck = travel_ms, False
        self._since_ms = 0
        world.parts.append(self)

    def tick(self, now: int) -> None:
        if self.stuck or self.feedback.level == self.extend.level:
            self._since_ms = now
        elif now - self._since_ms >= self.travel_ms:
            self.feedback.set(self.extend.level)


class Monitor:
    """A residual current monitor with a test input."""

    def __init__(self, world: World, delay_ms: int = 30):
        self.trip, self.test = Input(0), Output()
        self.delay_ms = delay_ms
        self.leaking = self.deaf = self.sticky = False
        self._since_ms = 0
        world.parts.append(self)

    def tick(self, now: int) -> None:
        wanted = int(self.leaking or self.test.level and not self.deaf or self.sticky)
        if wanted == self.trip.level:
            self._since_ms = now
        elif now - self._since_ms >= self.delay_ms:
            self.trip.set(wanted)

    def spike(self) -> None:
        """A trip that is over before anybody looks."""
        self.trip.set(1)
        self.trip.set(0)
