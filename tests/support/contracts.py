"""What every driver of a peripheral does, be it simulated or real: `hal/__init__.py` as tests.

Each takes a rig: `driver`; `settle()`, which lets all the time pass that a part may take, polling
the driver as `Hardware` does; and what the world does to the part.
"""

from chargepoint.station.record import Reading

POLL_MS = 20


class Rig:
    """Polls `driver` in a World of the fakes; a simulated driver has no need to wait."""

    def __init__(self, driver, world=None, settle_ms: int = 400):
        self.driver, self.world, self._settle_ms = driver, world, settle_ms

    def settle(self, settle_ms: int = 0) -> None:
        if self.world is None:
            return
        for _ in range((settle_ms or self._settle_ms) // POLL_MS):
            self.world.advance(POLL_MS)
            if hasattr(self.driver, "poll"):
                self.driver.poll(self.world.now)


def failure(function, *arguments) -> bool:
    """Whether it raises OSError."""
    try:
        function(*arguments)
    except OSError:
        return True
    return False


def pilot(rig) -> None:
    """rig.ev(state): what the EV shows, "A" for none."""
    driver = rig.driver
    rig.settle()
    assert driver.plugged() == 0 and driver.state() == "A"
    rig.ev("B")
    rig.settle()
    assert driver.plugged() == 1 and driver.state() == "B"
    assert driver.offer(16000) in (None, 16000)
    for state in "CDCB":
        rig.ev(state)
        rig.settle()
        assert driver.state() == state and driver.plugged() == 1
    assert driver.offer(0) in (None, 0)
    for state in "EF":
        rig.ev(state)
        rig.settle()
        assert driver.state() == state and driver.plugged() == 1
    rig.ev("A")
    rig.settle()
    assert driver.state() == "A" and driver.plugged() == 0


def contactor(rig) -> None:
    """rig.weld(welded)."""
    driver = rig.driver
    close_ms, open_ms = getattr(driver, "close_ms", 500), getattr(driver, "open_ms", 500)
    assert not driver.closed()
    for _ in range(2):
        assert driver.close() in (True, None)
        rig.settle(close_ms)
        assert driver.closed() and driver.close() is True
        assert driver.open() in (True, None)
        rig.settle(open_ms)
        assert not driver.closed() and driver.open() is True
    driver.close()
    rig.settle(close_ms)
    rig.weld(True)
    assert driver.open() in (False, None)
    rig.settle(open_ms)
    assert driver.closed() and driver.open() is False
    rig.weld(False)
    rig.settle(open_ms)
    assert not driver.closed() and driver.open() is True


def lock(rig) -> None:
    """rig.stick(stuck)."""
    driver = rig.driver
    assert not driver.locked()
    for _ in range(2):
        assert driver.lock() in (True, None)
        rig.settle()
        assert driver.locked() and driver.lock() is True
        assert driver.unlock() in (True, None)
        rig.settle()
        assert not driver.locked() and driver.unlock() is True
    driver.lock()
    rig.settle()
    rig.stick(True)
    assert driver.unlock() in (False, None)
    rig.settle()
    assert driver.locked()
    rig.stick(False)
    driver.unlock()
    rig.settle()
    assert not driver.locked()


def meter(rig) -> None:
    """rig.show(energy_wh, power_w, current_ma, voltage_mv): one phase; rig.break_down(broken)."""
    reading = Reading()
    reading.offered_ma = 7
    rig.show(123456, 3680, 16000, 230000)
    rig.reading = reading
    rig.settle()
    assert rig.driver.read(reading, rig.now()) is not False
    assert (reading.energy_wh, reading.power_w) == (123456, 3680)
    assert (reading.current_ma[0], reading.voltage_mv[0]) == (16000, 230000)
    assert reading.frequency_mhz == 50000 and reading.offered_ma == 7
    rig.break_down(True)
    rig.settle()
    for _ in range(3):  # each time, until it answers
        assert failure(rig.driver.read, reading, rig.now())
    assert reading.energy_wh == 123456
    rig.break_down(False)
    rig.settle()
    assert rig.driver.read(reading, rig.now()) is not False and reading.energy_wh == 123456


def register(rig) -> None:
    """rig.flow(power_w, duration_s): it flows while the time passes; rig.read() -> Reading."""
    rig.flow(0, 70)
    start_wh = rig.read().energy_wh
    rig.flow(3600, 20)
    reading = rig.read()
    assert 19 <= reading.energy_wh - start_wh <= 20 and abs(reading.power_w - 3600) <= 36
    rig.flow(0, 70)
    reading = rig.read()
    assert reading.energy_wh - start_wh == 20 and reading.power_w == 0
    rig.flow(7200, 10)
    reading = rig.read()
    assert 39 <= reading.energy_wh - start_wh <= 40 and abs(reading.power_w - 7200) <= 72
    assert rig.read().energy_wh == reading.energy_wh


def faults(rig) -> None:
    """rig.trip(tripped): a GroundFailure, and its repair."""
    driver = rig.driver
    rig.settle()
    assert driver.active() == ()
    rig.trip(True)
    rig.settle()
    assert driver.active() == ((0, "GroundFailure"),) == driver.active()
    rig.trip(False)
    rig.settle()
    assert driver.active() == ()


def reader(rig) -> None:
    """rig.present(uid in hex), rig.remove()."""
    driver = rig.driver
    rig.settle()
    assert driver.take() is None
    for uid in ("04A1B2C3D4E5F6", "DEADBEEF", "DEADBEEF"):
        rig.present(uid)
        rig.settle()
        assert driver.take() == (uid, "ISO14443", 0)
        assert driver.take() is None
        rig.settle()
        assert driver.take() is None  # it stays
        rig.remove()
        rig.settle()
        assert driver.take() is None
